"""What is mutated, and by which tests it is judged."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = "efa_constructs"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Area:
    """Some modules, and the tests whose work it is to notice a change of them.

    :param mutated: Patterns of the files, from the package's folder.
    :param spared: Patterns of files among them that stay as they are.
    :param tests: Files and folders of tests, as pytest takes them.
    :param without: Files, folders and tests among them that are not run.
    :param beside: Folders that these tests read.
    :param one_at_a_time: Whether its tests need Node.js, of which all mutants share one process.
    """

    name: str
    mutated: tuple[str, ...]
    spared: tuple[str, ...] = ()
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    one_at_a_time: bool = False

    def files(self, root: Path = ROOT) -> Iterator[Path]:
        """The mutated files, from the root."""
        package = root / PACKAGE
        spared = {path for pattern in self.spared for path in package.glob(pattern)}
        for pattern in self.mutated:
            yield from sorted(path.relative_to(root) for path in set(package.glob(pattern)) - spared)

    @property
    def test_selection(self) -> list[str]:
        """The same tests as arguments of pytest."""
        return [*self.tests, *(f"--{'deselect' if '::' in path else 'ignore'}={path}" for path in self.without)]


AREAS = {
    area.name: area
    for area in (
        Area(
            name="log-parser",
            mutated=("verify/*.py",),
            spared=("verify/plot.py",),
            tests=("tests/verify", "tests/cli/test_verify.py", "tests/cli/test_verify_bandwidth.py"),
            without=(
                "tests/verify/test_fuzz.py",
                "tests/verify/test_plot.py",
                "tests/cli/test_verify_bandwidth.py::test_draws_both_logs_beside_what_others_published",
                "tests/cli/test_verify_bandwidth.py::test_a_log_with_any_name_is_drawn",
                # A process of its own, and a file without end.
                "tests/cli/test_verify.py::test_ends_as_others_do_when_nobody_reads_on",
                "tests/cli/test_verify.py::test_a_device_without_end_is_binary",
                # Every letter that there is.
                "tests/cli/test_verify.py::test_nothing_in_a_log_steers_the_terminal",
                "tests/cli/test_verify.py::test_shows_what_the_terminal_cannot_in_another_way",
                # These measure time and memory, and
                "tests/verify/test_json_report.py::test_empty_lines_cost_nothing_where_a_report_never_ends",
                "tests/verify/test_log_lines.py::test_lines_that_cut_rows_do_not_take_longer_the_more_hosts_there_are",
                "tests/verify/test_log_lines.py::test_memory_does_not_grow_with_the_log",
                "tests/verify/test_log_reader.py::test_what_is_binary_is_not_read_to_an_end_that_it_may_not_have",
                # these read whole logs a thousand times: together as long as all others.
                "tests/verify/test_prefixes.py::test_says_the_same_with_a_prefix_on_every_line",
                "tests/verify/test_real_logs.py::test_a_log_that_ends_anywhere_never_has_a_better_verdict",
            ),
        ),
        Area(
            name="catalogue",
            mutated=("catalogue/*.py",),
            spared=("catalogue/generate*.py", "catalogue/interfaces.py"),
            tests=("tests/catalogue",),
            without=("tests/catalogue/test_generate.py", "tests/catalogue/test_generate_resource_schemas.py"),
        ),
        Area(
            name="layout",
            mutated=("catalogue/interfaces.py", "aws/launch_plan.py", "aws/launch_template.py"),
            tests=(
                "tests/catalogue/test_interfaces.py",
                "tests/aws/test_launch_template.py",
                "tests/aws/test_node_group.py",
                "tests/aws/test_user_data.py",
            ),
            one_at_a_time=True,
        ),
        Area(
            name="rules",
            mutated=("review/*.py", "review/checks/*.py", "review/comparison/*.py", "review/reading/*.py", "pods/*.py"),
            # What it does is to be seen in pods that constructs make.
            spared=("pods/pod_template.py",),
            tests=("tests/review", "tests/pods"),
            without=(
                "tests/review/formats",
                "tests/review/page/test_odd_templates.py",
                "tests/review/page/test_page_in_browser.py",
                # Needs Node.js, of which the forks would share one process.
                "tests/review/test_clusters_of_cdk.py",
                # Put odd things in every place of a template, and take twice as long as all others.
                "tests/review/test_odd_functions.py",
                "tests/review/test_odd_templates.py",
            ),
            beside=("examples/cloudformation_and_kubectl",),
        ),
    )
}
