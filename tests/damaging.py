"""Damage drawn by hypothesis: a file that ends early, or bits of it turned."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st


def damage(path: Path, data: st.DataObject) -> None:
    """Cut a file off anywhere, or turn eight of its bits."""
    raw = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        raw = raw[: data.draw(st.integers(0, len(raw) - 1))]
    else:
        for _ in range(8):
            raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(raw)
