"""Files are written beside and moved: whole, or the last good one stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventnet.errors import DataError
from eventnet.files import beside, write_beside


def test_the_file_is_there_when_the_block_has_ended(tmp_path: Path) -> None:
    with beside(tmp_path / "a") as file:
        file.write(b"new")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_bytes() == b"new"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644


def broken(path: Path) -> None:
    with beside(path) as file:
        file.write(b"half")
        raise KeyError("why")


def test_a_block_that_fails_leaves_the_last_good_file_alone(tmp_path: Path) -> None:
    write_beside(tmp_path / "a", b"old")
    with pytest.raises(KeyError, match="why"):
        broken(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written: No such file"):
        write_beside(tmp_path / "no" / "where", b"")
