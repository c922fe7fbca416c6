"""Text lines before binary events."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eventnet.io.header import find_size, read_header

END = re.compile(rb"#end")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"#a\n#b\r\nX#c\n", "#a\n#b\r\n"),
        (b"#a\n#end\n#c\n", "#a\n#end\n"),
        (b"#a\n#b\x00\n", "#a\n"),
        (b"#a\n#unfinished", "#a\n"),
        (b"#a\xff\n", "#a\ufffd\n"),
        (b"", ""),
    ],
)
def test_where_a_header_ends(tmp_path: Path, data: bytes, text: str) -> None:
    (tmp_path / "a").write_bytes(data)
    found, start = read_header(tmp_path / "a", b"#", END)
    assert found == text
    assert start == len(text.encode("latin-1", "replace"))


@pytest.mark.parametrize(("text", "size"), [("3x4", (3, 4)), ("0x4", (None, None)), ("x", (None, None))])
def test_a_size_that_makes_sense_is_found(text: str, size: tuple[int | None, int | None]) -> None:
    assert find_size(r"(\d+)x(\d+)", text) == size
    assert find_size(r"(\d+)x(\d+)", "70000x1") == (None, None)
