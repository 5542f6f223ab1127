"""The page about a rehearsal: valid HTML, complete, and readable in a browser of any width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import html5lib
import pytest

from efa_constructs.cluster.finding import Finding, Level
from efa_constructs.rehearsal.report_page import report_page
from efa_constructs.rehearsal.result import RehearsalResult
from efa_constructs.rehearsal.result.rehearsed_cluster import RehearsedCluster

from ...browser import NO_CHROMIUM, Browser, has_chromium, open_browser
from ..deployments import cluster, interface, node, node_group
from ..results import result
from ..snapshots import JOB, event_object, job_object, node_object, pod_object, rehearsed_cluster, snapshot

LONG = "EfaNodes-NodeGroupPlacementGroupA2C3836B-71MWTJXBB2QZ"
P5 = (
    interface(0, 0, "interface"),
    interface(0, 1, "efa-only"),
    *(interface(card, 0, "efa-only") for card in range(1, 32)),
)


def healthy() -> RehearsalResult:
    return result(
        cluster(node_group(node("i-0a"), node("i-0b"))),
        kubernetes=(rehearsed_cluster(),),
        executed=("kube-scheduler 1.36.3",),
        computed=("EFA traffic: no packet was sent",),
    )


def unhealthy() -> RehearsalResult:
    """Names that are long or look like HTML, nodes of 32 cards, nothing offered, pods without a node."""
    nodes = [node(name, instance_type="p5.48xlarge", interfaces=P5) for name in ("i-0a", "i-0b")]
    stuck = snapshot(
        nodes=[node_object("i-0a", efas=0, gpus=0), node_object("i-0b", ready=False)],
        pods=[pod_object(f"{JOB}-worker-0", None, role="worker", unschedulable="<b>0/2 nodes</b> are available" * 9)],
        events=[event_object("FailedScheduling", LONG * 3, LONG * 4)],
        mpi_jobs=[job_object("Created", "Failed")],
    )
    finding = Finding(code="a", level=Level.FAULT, problem=f"<script>alert(1)</script> {LONG * 3}", fix="& mend it")
    return result(
        cluster(node_group(*nodes, name=LONG * 2, instance_type="p5.48xlarge"), name="training"),
        kubernetes=(RehearsedCluster(running=stuck, ended=stuck, findings=(finding,)),),
        refusals=("Nodes (AWS::EKS::Nodegroup): <refused>",),
    )


def without_kubernetes() -> RehearsalResult:
    many = [node(f"i-{number:04d}") for number in range(300)]
    return result(cluster(node_group(*many)))


def many_nodes() -> RehearsalResult:
    """Every second one is unlike the next, so that the matrix is as wide as it gets."""
    nodes = [node(f"i-{number:04d}", availability_zone=f"us-east-1{'abcdef'[number % 6]}") for number in range(48)]
    deployed = cluster(*(node_group(*nodes[first : first + 6], name=f"group-{first}") for first in range(0, 48, 6)))
    return result(deployed)


RESULTS = {one.__name__: one for one in (healthy, unhealthy, without_kubernetes, many_nodes)}


@pytest.fixture(params=RESULTS)
def found(request: pytest.FixtureRequest) -> RehearsalResult:
    return RESULTS[request.param]()


def test_is_valid_html(found: RehearsalResult) -> None:
    # Raises at the first error of the specification's parser.
    html5lib.HTMLParser(strict=True).parse(report_page(found))


def test_the_parser_of_these_tests_is_strict() -> None:
    with pytest.raises(html5lib.html5parser.ParseError):
        html5lib.HTMLParser(strict=True).parse("<!doctype html><title>t</title><p><b></p>")


def test_needs_no_other_file_and_no_script(found: RehearsalResult) -> None:
    page = report_page(found)
    assert "<script" not in page
    assert "@import" not in page
    assert set(re.findall(r'(?:src|href)="([^"]*)"', page)) == {"data:,"}
    assert not re.search(r"url\(", page)


def test_draws_every_device_in_the_colour_of_the_pod_that_holds_it() -> None:
    page = report_page(healthy())
    # Of each of two nodes: four EFAs and eight GPUs of a worker, and one ENA.
    assert page.count('class="chip held pod-1"') == 2 * (4 + 8)
    assert page.count('class="chip ena"') == 2
    assert 'class="chip unadvertised"' not in page
    assert 'class="chip free"' not in page


def test_marks_devices_that_the_node_does_not_offer() -> None:
    page = report_page(unhealthy())
    # One node offers nothing: 32 EFAs and 8 GPUs. The other offers 4 of 32 EFAs, and 8 GPUs.
    assert page.count('class="chip unadvertised"') == 32 + 8 + 28
    assert page.count('class="chip free"') == 4 + 8
    assert "offers no device" in page
    assert "not ready" in page


def test_shows_what_is_wrong_as_text_and_never_as_html() -> None:
    page = report_page(unhealthy())
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<b>0/2" not in page
    assert "Fix: &amp; mend it" in page
    assert "&lt;refused&gt;" in page


def test_shows_one_of_nodes_that_are_alike() -> None:
    page = report_page(without_kubernetes())
    assert page.count("<article>") == 1
    assert "and 299 more like it" in page


def test_says_no_bandwidth(found: RehearsalResult) -> None:
    assert not re.search(r"\d ?(Gbps|GB/s|Gbit)", report_page(found))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if not has_chromium():
        pytest.skip(f"{NO_CHROMIUM}: the page is only checked by a strict HTML parser")
    with open_browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_browser_shows_it_without_errors_requests_or_overflow(
    browser: Browser, found: RehearsalResult, width: int, dark: bool, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(report_page(found), encoding="utf-8")
    browser.open(file.as_uri(), width=width, dark=dark)
    assert browser.events("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded") == []
    urls = [event["request"]["url"] for event in browser.events("Network.requestWillBeSent")]
    assert [url for url in urls if not url.startswith("data:")] == [file.as_uri()]
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    text = browser.evaluate("document.body.innerText")
    for rehearsed in found.kubernetes:
        for item in (*rehearsed.running.nodes, *rehearsed.running.pods):
            assert item["metadata"]["name"] in text
    background = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(18, 22, 27)" if dark else "rgb(255, 255, 255)")


def test_the_browser_of_these_tests_sees_requests_errors_and_overflow(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text('<img src="http://127.0.0.1:9/x"><p style="width:3000px">x</p><script>console.error(1)</script>')
    browser.open(file.as_uri(), width=400)
    urls = [event["request"]["url"] for event in browser.events("Network.requestWillBeSent")]
    assert "http://127.0.0.1:9/x" in urls
    assert browser.events("Runtime.consoleAPICalled")
    assert browser.evaluate("document.documentElement.scrollWidth") > 400
