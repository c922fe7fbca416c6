"""Members of an archive are read in memory, as many bytes as they may have."""

from __future__ import annotations

import io
import lzma
import re
import tarfile
from pathlib import Path

import pytest

from eventnet.data.archive import read_members
from eventnet.errors import DataError


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as made:
        for name, content in (("a/1", b"one"), ("a/2", b"two"), ("../a/1", b"not this")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("a/3")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(link)
    (tmp_path / "a.tar.xz").write_bytes(lzma.compress(file.getvalue()))
    return tmp_path / "a.tar.xz"


def test_files_whose_whole_name_matches_and_no_links(archive: Path) -> None:
    assert read_members(archive, re.compile(r"a/\d"), 1 << 20, 3) == {"a/1": b"one", "a/2": b"two"}


def test_more_than_may_be_is_not_unpacked(archive: Path) -> None:
    with pytest.raises(DataError, match="unpacks to more than 1,000 bytes"):
        read_members(archive, re.compile("a/1"), 1000, 3)
    with pytest.raises(DataError, match="a/1 declares 3 bytes; it may have at most 2"):
        read_members(archive, re.compile("a/1"), 1 << 20, 2)
