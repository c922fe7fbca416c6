"""Tables of a run as columns by name, and how they become Parquet files and blocks of neo."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import beside
from eventnet.errors import DataError

if TYPE_CHECKING:
    import neo

ROWS = 1 << 20
"""Rows of a group in a Parquet file."""


class ColumnTable(dict[str, NDArray[Any]]):
    """Columns [n] by name; `pandas.DataFrame(table)` and `polars.DataFrame(table)` take it."""

    def to_parquet(self, path: str | PathLike[str]) -> Path:
        """Write a Parquet file, beside it first and moved when all went well.

        Raises DataError where pyarrow is absent, and where the file cannot be written.
        """
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise DataError(f'a Parquet file needs pyarrow ({error}): pip install "eventnet[table]"') from error
        path, length = Path(path), len(next(iter(self.values()), ()))
        with beside(path) as file:
            writer = None
            for first in range(0, max(length, 1), ROWS):
                part = {name: column[first : first + ROWS] for name, column in self.items()}
                made = pa.table({name: _arrow(pa, column) for name, column in part.items()})
                writer = writer or pq.ParquetWriter(file, made.schema, compression="zstd")
                writer.write_table(made)
            if writer is not None:
                writer.close()
        return path


def neo_block(name: str) -> neo.Block:
    """A block of neo with one segment of this name. Raises DataError where neo is absent."""
    try:
        import neo
    except ImportError as error:
        raise DataError(f'spike trains and signals need neo ({error}): pip install "eventnet[neo]"') from error
    block = neo.Block(name="eventnet")
    block.segments.append(neo.Segment(name=name))
    return block


def named(names: list[str], numbers: NDArray[Any]) -> NDArray[Any]:
    """The name of each number; one object a name, however many lines have it. Number -1 has the last."""
    found: NDArray[Any] = np.array(names, dtype=object)[numbers]
    return found


def _arrow(pa: Any, column: NDArray[Any]) -> Any:
    """Names by their place in a list of them, numbers as they are."""
    if column.dtype == object:
        return pa.array(column, pa.string()).dictionary_encode()
    return pa.array(np.ascontiguousarray(column))
