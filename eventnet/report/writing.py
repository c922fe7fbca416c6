"""Write the page of a run into a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventnet.base.files import write_beside
from eventnet.report.description import describe
from eventnet.report.page import render
from eventnet.simulation import Run, Simulation


@dataclass(frozen=True)
class Report:
    """A page that has been written: its size in bytes, and what it leaves out, in words."""

    path: Path
    bytes: int
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {"path": str(self.path), "bytes": self.bytes, "notes": list(self.notes)}

    def __str__(self) -> str:
        return " ".join([f"{self.bytes / 1e6:.2f} MB.", *self.notes])


def write_report(run: Run | Simulation, path: str | Path, **options: Any) -> Report:
    """Write the page of a finished run that kept its log; options are those of `describe`.

    The same run gives the same bytes. Raises DataError where the file cannot be written, EngineError without a log.
    """
    described = describe(run, **options)
    page = render(described)
    write_beside(path, page)
    return Report(Path(path), len(page), tuple(described["notes"]))
