"""Bytes come in blocks of whole records, from files that are whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eventnet.base.files import opened
from eventnet.errors import DataError
from eventnet.io.source import CutError, at_byte, before_cut, blocks, check_whole


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "a").write_bytes(b"headabcdef")
    return tmp_path / "a"


@pytest.mark.parametrize(
    ("chunk", "found"),
    [
        (1, [(4, b"ab"), (6, b"cd"), (8, b"ef")]),
        (5, [(4, b"abcd"), (8, b"ef")]),
        (100, [(4, b"abcdef")]),
    ],
)
def test_blocks_are_whole_records_with_their_place(path: Path, chunk: int, found: list[tuple[int, bytes]]) -> None:
    assert list(blocks(path, 4, 2, chunk)) == found


def test_a_rest_of_a_record_is_no_block_of_its_own(path: Path) -> None:
    assert [block for _, block in blocks(path, 4, 4, 4)] == [b"abcd", b""]


def test_whole_records_pass_and_others_do_not(path: Path) -> None:
    check_whole(path, 4, 3)
    check_whole(path, 10, 3)
    with pytest.raises(DataError, match="cut off: the last record, at byte 8, has 2 of 4 bytes"):
        check_whole(path, 4, 4)
    with pytest.raises(DataError, match="ends inside its header, after 10 bytes; its events begin at byte 11"):
        check_whole(path, 11, 1)


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file .*absent"), opened(tmp_path / "absent"):
        pass


def test_places_are_counted_from_the_first_record() -> None:
    assert at_byte(1_000, 8)(3) == "byte 1,024"


def test_a_rest_may_be_left_over_where_that_is_asked(path: Path) -> None:
    assert check_whole(path, 4, 4, partial=True) == 2
    assert check_whole(path, 4, 3, partial=True) == 0
    with pytest.raises(DataError, match="ends inside its header"):
        check_whole(path, 11, 1, partial=True)


def test_what_comes_before_a_cut_is_given() -> None:
    def parts() -> Iterator[int]:
        yield from (1, 2)
        raise CutError("a is cut off", 3)

    assert list(before_cut(parts())) == [1, 2]
    with pytest.raises(DataError, match="a is cut off") as found:
        list(parts())
    assert found.value.left == 3
