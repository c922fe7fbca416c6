"""A file's first bytes tell its format, else its name does."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from io_cases import damaged, random_events, read_or_refuse

from eventnet.errors import DataError
from eventnet.io import READERS, WRITTEN, format_of, write_events


@pytest.mark.parametrize("format", ["aedat2", "npy", "npz"])
def test_the_first_bytes_decide(tmp_path: Path, format: str) -> None:
    write_events(tmp_path / "a.csv", random_events(3), format)
    assert format_of(tmp_path / "a.csv") == format


@pytest.mark.parametrize(("name", "format"), [("a.csv", "csv"), ("a.TXT", "text")])
def test_else_the_name_does(tmp_path: Path, name: str, format: str) -> None:
    (tmp_path / name).write_bytes(b"1 2 3 1\n")
    assert format_of(tmp_path / name) == format


def test_a_file_of_no_known_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mov").write_bytes(b"moov")
    with pytest.raises(DataError, match=r"of no format that is known by its first bytes \[6d 6f 6f 76\] or its suffix"):
        format_of(tmp_path / "a.mov")


def test_an_absent_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file .*absent"):
        format_of(tmp_path / "absent")
    with pytest.raises(DataError, match="cannot be read: it is a folder"):
        format_of(tmp_path)


def test_an_empty_file_is_read_or_refused_in_every_format(tmp_path: Path) -> None:
    for format in READERS:
        read_or_refuse(tmp_path / "empty", b"", format=format, unit="us")


def test_any_format_may_be_taken_for_any_other(tmp_path: Path) -> None:
    for written in WRITTEN:
        if written == "hdf5" and find_spec("h5py") is None:
            continue
        write_events(tmp_path / "a", random_events(30), written)
        data = (tmp_path / "a").read_bytes()
        for format in READERS:
            for made in [data, *damaged(data, 5, seed=3)]:
                read_or_refuse(tmp_path / "b", made, format=format, unit="us")


@pytest.mark.parametrize("head", ["% evt 4.0\n", "% date 2026-01-01 00:00:00\n% format EVT4;height=720;width=1280\n"])
def test_evt_4_is_refused_by_an_error_that_names_a_converter(tmp_path: Path, head: str) -> None:
    (tmp_path / "a.raw").write_text(head)
    with pytest.raises(
        DataError, match="in the encoding EVT 4.*, which is not read: Prophesee's metavision_file_to_csv"
    ):
        format_of(tmp_path / "a.raw")
