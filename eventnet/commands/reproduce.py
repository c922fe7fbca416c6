"""`eventnet reproduce`: the thesis's own experiments, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from eventnet.commands.common import SeedOption
from eventnet.errors import ModelError

REPRODUCTIONS: dict[str, Callable[[Path | None, bool, Path, int], Any]] = {}
"""By name: functions of (data, quick, out, seed)."""


def reproduce(
    name: Annotated[str, typer.Argument(help="Which experiment.")],
    quick: Annotated[bool, typer.Option("--quick", help="A reduced form that takes minutes.")] = False,
    data: Annotated[Path | None, typer.Option("--data", help="Folder of the full data set.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for pictures and numbers.")] = Path("eventnet-reproduce"),
    seed: SeedOption = 1234,
) -> None:
    """Repeat an experiment of the thesis and compare its numbers with the printed ones."""
    if name not in REPRODUCTIONS:
        raise ModelError(f"unknown reproduction {name!r}; there are: {', '.join(REPRODUCTIONS) or 'none yet'}")
    REPRODUCTIONS[name](data, quick, out, seed)
