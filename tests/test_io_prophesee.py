"""The text header of RAW and DAT files."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventnet.io.prophesee import read_prophesee_header


@pytest.mark.parametrize(
    ("lines", "size"),
    [
        ("% Width 304\n% Height 240\n", (304, 240)),
        ("% geometry 1280x720\n", (1280, 720)),
        ("% format EVT3;height=720;width=1280\n", (1280, 720)),
        ("% plugin_name hal_plugin_gen3_fx3\n", (640, 480)),
        ("% plugin_name hal_plugin_imx636_evk4\n", (1280, 720)),
        ("% plugin_name hal_plugin_other\n", (None, None)),
        ("% geometry 0x99999\n", (None, None)),
        ("% Width 304\n", (None, None)),
    ],
)
def test_the_sensors_size(tmp_path: Path, lines: str, size: tuple[int | None, int | None]) -> None:
    (tmp_path / "a.raw").write_text(lines)
    header = read_prophesee_header(tmp_path / "a.raw")
    assert (header.width, header.height) == size
    assert header.start == len(lines)


def test_the_header_ends_at_its_end_though_a_line_like_its_own_follows(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(b"% evt 3.0\n% end\n% 0\n")
    header = read_prophesee_header(tmp_path / "a.raw")
    assert header.start == 16
    assert header.fields["evt"] == "3.0"


def test_binary_bytes_after_the_mark_are_no_header(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(b"% evt 3.0\n% \0\x01\n")
    assert read_prophesee_header(tmp_path / "a.raw").start == 10
