"""The documentation builds without a warning, reads nothing from elsewhere, and its links lead somewhere."""

from __future__ import annotations

import enum
import inspect
import os
import re
import subprocess

import pytest
import yaml

from efa_constructs import aws, k8s

from .pages import ROOT, pages, prose


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """``make docs``, and where its site is."""
    target = tmp_path_factory.mktemp("site")
    # Of the make that runs the tests.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "--silent", "docs", f"SITE={target}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr, target


@pytest.fixture(scope="module")
def site(built):
    return built[1]


def test_builds_without_a_warning(built):
    lines = [line for line in built[0].splitlines() if line.strip()]
    assert [line for line in lines if not line.startswith("INFO ")] == []
    assert any("Documentation built" in line for line in lines)


def test_loads_no_script_style_or_font_from_elsewhere(site):
    loaded = re.compile(r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=[\"']?(?:https?:)?//[^\"'> ]+")
    found = {match for page in site.rglob("*.html") for match in loaded.findall(page.read_text())}
    assert found == set()


def test_documents_the_parameters_of_the_constructs(site):
    page = (site / "reference" / "constructs" / "index.html").read_text()
    # From a docstring, from a role in one, and from the comment above a field.
    assert "The private subnet of all the nodes: EFA traffic does not cross Availability Zones" in page
    assert ":class:" not in page
    catalogue = (site / "reference" / "catalogue" / "index.html").read_text()
    assert "It is not the number of cards." in catalogue


PUBLIC = [
    (f"{module.__name__}.{name}", page, getattr(module, name))
    for module, page in ((aws, "constructs"), (k8s, "kubernetes-constructs"))
    for name in module.__all__
]


@pytest.mark.parametrize(("name", "page", "thing"), PUBLIC, ids=[name for name, _, _ in PUBLIC])
def test_documents_every_parameter_of_what_is_public(site, name, page, thing):
    text = (site / "reference" / page / "index.html").read_text()
    _, found, rest = text.partition(f'id="{name}"')
    assert found
    package, _, own = name.rpartition(".")
    # Up to what follows in the package.
    part = re.split(rf'id="{re.escape(package)}\.(?!{own}[".])', rest)[0]
    if isinstance(thing, type) and issubclass(thing, enum.Enum):
        names = [member.name for member in thing]
    else:
        # Of a class of jsii, the signature is that of its metaclass.
        call = thing.__init__ if isinstance(thing, type) else thing
        names = [*inspect.signature(call).parameters] if callable(call) and call is not object.__init__ else []
    missing = [each for each in names if f"<code>{each}</code>" not in part and f'id="{name}.{each}"' not in part]
    # What every construct has.
    assert set(missing) <= {"self", "scope", "id"}


def test_every_part_of_the_documentation_is_in_the_navigation():
    text = (ROOT / "mkdocs.yml").read_text()
    parts = [name for part in yaml.safe_load(text)["nav"] for name in part]
    assert parts == [
        "Home", "Tutorial", "How-to guides", "Troubleshooting", "Reference", "Explanation", "Beside others", "Decisions"
    ]  # fmt: skip


def slug(heading: str) -> str:
    """As MkDocs and GitHub make it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_relative_links_lead_to_files_and_headings(name):
    # Those of the other pages are MkDocs' business.
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", prose(ROOT / name)) if "://" not in target]
    missing = []
    for target in targets:
        path, _, anchor = target.partition("#")
        page = ROOT / (path or name)
        headings = re.findall(r"^#+ (.*)", prose(page), re.MULTILINE) if anchor else []
        if not page.exists() or (anchor and anchor not in map(slug, headings)):
            missing.append(target)
    assert missing == []


def test_names_no_path_of_a_machine():
    for page in pages():
        assert not re.search(r"/(?:home|root|tmp|work|Users)/", page.read_text()), page


def page_of(site, name):
    return (site / name / "index.html").read_text()


@pytest.mark.parametrize("name", ["reference/security", "troubleshooting", "comparison", "eks-guide"])
def test_pages_of_wide_tables_have_no_list_of_contents_beside_them(site, name):
    assert "<table" in page_of(site, name)
    assert re.search(r'md-sidebar--secondary"[^>]*\shidden', page_of(site, name))
    assert not re.search(r'md-sidebar--secondary"[^>]*\shidden', page_of(site, "reference/rules"))


def test_names_in_tables_break_between_their_words(site):
    page = page_of(site, "reference/security")
    assert "<code>Kubectl<wbr>Access<wbr>Role</code>" in page
    assert "<code>AWS<wbr>Lambda<wbr>Basic<wbr>Execution<wbr>Role</code>" in page
    assert "<code>logs:<wbr>Put<wbr>Log<wbr>Events</code>" in page
    # Nowhere else, and nothing is lost.
    assert "<wbr>" not in re.sub(r"<td\b.*?</td>", "", page, flags=re.S)
    assert "<code>kubeflow.<wbr>org/<wbr>mpijobs</code>" in page
    assert "stylesheets/tables.css" in page


def test_the_list_of_contents_of_the_rules_has_ids_and_titles_and_links_go_to_ids(site):
    page = page_of(site, "reference/rules")
    assert 'id="efa-sg-001"' in page
    (contents,) = re.findall(r'<nav class="md-nav md-nav--secondary".*?</nav>\s*</div>', page, re.S)[:1]
    text = re.sub(r"<[^>]+>", " ", contents)
    assert "EFA-SG-001: A security group of EFA interfaces lets all traffic out to itself" in text
