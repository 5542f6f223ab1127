"""Writing cluster facts files."""

from __future__ import annotations

from pathlib import Path

import pytest

from efa_constructs.errors import InvalidConfigurationError
from efa_constructs.lookups.cluster_facts_file import check_target, write_text


def test_leaves_the_file_of_before_whole_when_the_new_one_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "facts.json"
    file.write_text("before")

    def disk_full(self: Path, target: Path) -> Path:
        assert self.read_text() == "after"
        assert file.read_text() == "before"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", disk_full)
    with pytest.raises(InvalidConfigurationError, match=r"facts\.json' cannot be written: No space left on device"):
        write_text(file, "after")
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_writes_where_a_link_points_to(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "facts.json"
    target.write_text("before")
    link = tmp_path / "facts.json"
    link.symlink_to(target)
    assert write_text(link, "after")
    assert link.is_symlink()
    assert target.read_text() == "after"


@pytest.mark.parametrize("content", [None, "", "{}"])
def test_may_write_where_there_is_nothing(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "facts.json"
    if content is not None:
        file.write_text(content)
    check_target(file)


def test_does_not_take_a_binary_file_for_a_facts_file(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_bytes(b"\xff\x00")
    with pytest.raises(InvalidConfigurationError, match="is no cluster facts file"):
        check_target(file)
