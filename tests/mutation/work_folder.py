"""The copy of the project that mutmut works in: one for each area, since it keeps one set of verdicts in a folder."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from .areas import PACKAGE, ROOT, Area
from .undecorated import undecorated

WORK = ROOT / ".mutation"
HERE = Path(__file__).parent
PYTEST = [
    *("--strict-markers", "-p", "tests.mutation.pytest_plugin"),
    # These only take time at the start and the end of each of thousands of runs.
    *("-p", "no:cacheprovider", "-p", "no:unraisableexception"),
]
# What mutmut writes beside the files that it mutates.
_OF_MUTMUT = {".meta", ".spans"}


class WorkFolder:
    """Where the mutants of an area are, with what became of each."""

    def __init__(self, area: Area, work: Path = WORK) -> None:
        self.area = area
        self.path = work / area.name
        self.mutants = self.path / "mutants"

    def bring_up_to_date(self, *, believe_kills: bool = False) -> None:
        """Copy what has changed. Verdicts stay where neither the function nor a test that reaches it has changed.

        :param believe_kills: Whether a mutant that was killed is taken for killed, whatever has changed of the tests.
        """
        self._copy_package()
        before, now = self._recorded_tests(), {}
        for name in ("tests", *self.area.beside):
            now |= _hashes(ROOT / name)
            for copy in (self.path / name, self.mutants / name):
                shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(ROOT / name, self.path / name, ignore=shutil.ignore_patterns("__pycache__"))
        _write(self.path / "pyproject.toml", self._configuration().encode())
        if before != now:
            changed = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
            self._forget_verdicts(set() if believe_kills else changed)
            if not believe_kills:
                (self.path / "tests.json").write_text(json.dumps(now, indent=1))

    def verdict_files(self) -> list[Path]:
        files = (self.mutants / f"{path}.meta" for path in self.area.files())
        return [file for file in files if file.exists()]

    def _copy_package(self) -> None:
        mutated = set(self.area.files())
        sources = {path.relative_to(ROOT) for path in (ROOT / PACKAGE).rglob("*") if path.is_file() and _is_ours(path)}
        for copy in (self.path, self.mutants):
            for gone in {path.relative_to(copy) for path in (copy / PACKAGE).rglob("*.*") if _is_ours(path)} - sources:
                if gone.suffix not in _OF_MUTMUT:
                    (copy / gone).unlink()
        for path in sources:
            text = (ROOT / path).read_bytes()
            changed = _write(self.path / path, undecorated(text.decode()).encode() if path in mutated else text)
            if changed and path.suffix != ".py":
                # mutmut copies these once, and not again.
                (self.mutants / path).unlink(missing_ok=True)

    def _recorded_tests(self) -> dict[str, str]:
        recorded = self.path / "tests.json"
        return json.loads(recorded.read_text()) if recorded.exists() else {}

    def _forget_verdicts(self, changed: set[str]) -> None:
        """Of mutants that lived, which new tests may kill, and of those that a changed test may have killed."""
        statistics = self.mutants / "mutmut-stats.json"
        if not statistics.exists():
            return
        tests_of = json.loads(statistics.read_text())["tests_by_mangled_function_name"]
        # Which functions a test reaches is recorded anew.
        statistics.unlink()
        (self.path / "import-time.json").unlink(missing_ok=True)
        helpers = any(not Path(path).name.startswith("test_") for path in changed)
        for file in self.verdict_files():
            verdicts = json.loads(file.read_text())
            for mutant, code in verdicts["exit_code_by_key"].items():
                tests = tests_of.get(mutant.partition("__mutmut_")[0], [])
                if code != 1 or helpers or any(test.partition("::")[0] in changed for test in tests):
                    verdicts["exit_code_by_key"][mutant] = None
            file.write_text(json.dumps(verdicts, indent=1))

    def _configuration(self) -> str:
        settings: dict[str, object] = {
            "source_paths": [PACKAGE],
            "only_mutate": [str(path) for path in self.area.files()],
            "also_copy": list(self.area.beside),
            "pytest_add_cli_args_test_selection": self.area.test_selection,
            "pytest_add_cli_args": PYTEST,
            # Beside other work on the same cores a test takes several times as long as when it was measured.
            "timeout_constant": 1.5,
            "timeout_multiplier": 6.0,
            # Data of the package decide what its functions do.
            "use_git_change_detection": False,
            "cache_invalidation_files": [f"{PACKAGE}/**/*.json"],
            "on_dependency_change": "rerun",
        }
        # Strings, numbers, booleans and lists of them are written in JSON as in TOML.
        lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
        return "\n".join(["[tool.mutmut]", *lines, "", "[tool.pytest]", 'filterwarnings = ["error"]', ""])


def _is_ours(path: Path) -> bool:
    return "__pycache__" not in path.parts


def _write(path: Path, text: bytes) -> bool:
    """Write what differs: mutmut tells by the time of a file whether it has changed."""
    if path.exists() and path.read_bytes() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return True


def _hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and _is_ours(path) and path.parent != HERE
    }
