"""CSV says what its columns are and what its times count."""

from pathlib import Path

from io_cases import pixel_events

from eventnet.io import write_events

EVENTS = pixel_events([(-3, 0, 65535, 1), (1 << 60, 7, 8, 0)])


def test_a_line_an_event(tmp_path: Path) -> None:
    write_events(tmp_path / "a.csv", EVENTS)
    assert (tmp_path / "a.csv").read_text() == f"# unit: us\nt,x,y,p\n-3,0,65535,1\n{1 << 60},7,8,0\n"


def test_the_size_stands_at_the_top(tmp_path: Path) -> None:
    write_events(tmp_path / "a.csv", EVENTS[:0], width=240, height=180)
    assert (tmp_path / "a.csv").read_text() == "# unit: us\n# size: 240x180\nt,x,y,p\n"
