"""Read CSV, and write it: comments that state unit and sensor's size, the columns' names, and an event a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from eventnet.event import Events
from eventnet.io.source import Format
from eventnet.io.text import open_csv


def write_csv(
    file: BinaryIO, path: Path, packets: Iterator[Events], size: tuple[int, int] | None, samples: Events
) -> int:
    """Write events packet by packet as `open_csv` reads them; returns how many there were."""
    file.write(b"# unit: us\n" + (f"# size: {size[0]}x{size[1]}\n".encode() if size else b"") + b"t,x,y,p\n")
    count = 0
    for events in packets:
        columns = [events[name].tolist() for name in ("t", "x", "y")] + [events["p"].astype(int).tolist()]
        file.write("".join(map("%d,%d,%d,%d\n".__mod__, zip(*columns))).encode())
        count += len(events)
    return count


FORMAT = Format(open_csv, suffixes=(".csv",), write=write_csv)
