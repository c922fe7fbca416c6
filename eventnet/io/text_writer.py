"""Write CSV: comments that state the unit and the sensor's size, the columns' names, and an event a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from eventnet.event import Events


def write_csv(file: BinaryIO, packets: Iterator[Events], size: tuple[int, int] | None) -> int:
    """Write events packet by packet as `text` reads them; returns how many there were."""
    file.write(b"# unit: us\n" + (f"# size: {size[0]}x{size[1]}\n".encode() if size else b"") + b"t,x,y,p\n")
    count = 0
    for events in packets:
        columns = [events[name].tolist() for name in ("t", "x", "y")] + [events["p"].astype(int).tolist()]
        file.write("".join(map("%d,%d,%d,%d\n".__mod__, zip(*columns))).encode())
        count += len(events)
    return count
