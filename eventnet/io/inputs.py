"""Inputs of a network in a file: an array of EVENT records, or lines of text."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from eventnet.base.files import map_npy, opened
from eventnet.errors import DataError
from eventnet.event import EVENT, Events
from eventnet.io.text import MAX_LINE, decoded
from eventnet.kernels.prediction_heap import LATEST, SOONEST
from eventnet.network import Network


def read_inputs(path: Path, net: Network) -> Events:
    """Inputs of a file: .npy of EVENT records, or CSV rows t, port (number or module.port), index, sign."""
    found, where = (_inputs_of_array(path), None) if path.suffix == ".npy" else _inputs_of_lines(path, net)
    ports = list(net.ports())
    most = np.array([2**31 - 1 if port.accepts is None else port.accepts for port in ports], np.int64)
    known = (found["port"] >= 0) & (found["port"] < len(ports))
    fits = (found["index"] >= 0) & (found["index"] < most[np.where(known, found["port"], 0)]) if len(ports) else known
    for sound, wanted in (
        ((found["t"] > SOONEST) & (found["t"] < LATEST), "times within 2^61 ticks of 0"),
        (np.abs(found["sign"]) == 1, "signs of 1 or -1"),
        (known, f"ports from 0 to {len(ports) - 1}"),
        (fits, "an index that the port takes"),
    ):
        if not sound.all():
            k = int(np.argmin(sound))
            row, port = found[k], str(ports[found["port"][k]]) if known[k] else ""
            wanted += f": {port} takes 0 to {most[row['port']] - 1}" if wanted.startswith("an index") else ""
            place = f"record {k}" if where is None else f"line {where[k]}"
            raise DataError(f"{path}, {place}: (t, port, index, sign) is {tuple(row.tolist())}; wanted {wanted}")
    return found


def _inputs_of_array(path: Path) -> Events:
    array = map_npy(path)
    if array.dtype != EVENT or array.ndim != 1:
        raise DataError(f"{path} holds {array.dtype} {list(array.shape)}; wanted EVENT records [n], {EVENT}")
    return np.array(array)


def _inputs_of_lines(path: Path, net: Network) -> tuple[Events, list[int]]:
    """The inputs of a CSV file, and the line of each."""
    numbers = {str(port): int(port) for port in net.ports()}
    made, where = bytearray(), []
    with opened(path) as file:
        rows = csv.DictReader(_lines(file, path))
        try:
            for row in rows:
                port = numbers[row["port"]] if row["port"] in numbers else int(row["port"])
                values = (int(row["t"]), port, int(row["index"]), int(row["sign"]))
                made += np.array(values, EVENT).tobytes()
                where.append(rows.line_num)
        except (KeyError, TypeError, ValueError, OverflowError, csv.Error) as error:
            raise DataError(
                f"{path}, line {rows.line_num}: {error}; wanted the columns t, port, index, sign in whole numbers, "
                f"where port may be a name: {', '.join(numbers)}"
            ) from error
    return np.frombuffer(made, EVENT), where


def _lines(file: BinaryIO, path: Path) -> Iterator[str]:
    """The lines of a text. Raises DataError for one that is no text, or too long to be an input."""
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        yield decoded(line, path, number, "utf-8")
