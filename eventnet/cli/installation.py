"""The installation: `eventnet info` without a file, which imports no compiler (`starting.ONLY_INSTALLATION`)."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import platformdirs

from eventnet import __version__
from eventnet.cli.results import Screen
from eventnet.data.digits import digits
from eventnet.data.mnist import SHA256
from eventnet.given import ENGINES, NUMBER_TYPES
from eventnet.kernels.code_folder import folder_in
from eventnet.order import LISTING

PACKAGES = ("numpy", "numba", "networkx", "simpy", "matplotlib")


def info(as_json: bool) -> None:
    """Tell what is installed, where nothing else is asked of the command `info`."""
    code = folder_in(os.environ.get("NUMBA_CACHE_DIR", ""))  # as numba reads it
    screen, found = Screen(as_json), about_installation(code)
    screen.give(found)
    show(screen, found)


def about_installation(code: Path | None) -> dict[str, Any]:
    """Versions, engines, orders, number types, compiled code, which lies in the folder `code`, and data."""
    return {
        "versions": {
            "eventnet": __version__,
            **{name: version(name) for name in PACKAGES},
            "python": platform.python_version(),
        },
        "engines": list(ENGINES),
        "orders": LISTING.names(),
        "number types": list(NUMBER_TYPES),
        "compiled code": _compiled(code),
        "data": {"embedded digits": repr(digits()).strip("<>"), "MNIST": _mnist()},
    }


def _compiled(folder: Path | None) -> dict[str, Any]:
    """The folder of compiled code, the number of functions in it, and its size in MB."""
    if folder is None:
        return {"folder": None, "functions": 0, "MB": 0.0}
    files = [path for path in folder.iterdir() if path.is_file()]
    return {
        "folder": str(folder), "functions": sum(path.suffix == ".nbi" for path in files),
        "MB": round(sum(path.stat().st_size for path in files) / 1e6, 1),
    }  # fmt: skip


def _mnist() -> str:
    folder = Path(platformdirs.user_cache_dir("eventnet")) / "mnist"  # pooch's os_cache, which takes long to import
    present = sum((folder / name).is_file() for name in SHA256)
    return f"{present} of {len(SHA256)} files in {folder}" + ("" if present else "; fetched when asked for")


# --- telling ---
def show(screen: Screen, found: dict[str, Any]) -> None:
    """Print a description."""
    for name, value in found.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            _show_rows(screen, name, value)
        elif isinstance(value, dict):
            screen.say(f"{name}")
            width = max(17, *(len(key) for key in value))
            for key, inner in value.items():
                screen.say_path(f"  {key:<{width}}", _text(inner))
        else:
            screen.say_path(f"{name:<19}", _text(value))


def _text(value: Any) -> str:
    """A number with its thousands apart; a list with commas."""
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, float):
        return f"{value:,.3f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _show_rows(screen: Screen, title: str, rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(*rows[0], title=title, title_justify="left")
    for row in rows:
        table.add_row(*(", ".join(value) if isinstance(value, list) else str(value) for value in row.values()))
    screen.out.print(table)
