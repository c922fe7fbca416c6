"""`eventnet run flow-law`: what flow sums cost by events, beside the same sums on a clock."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.table import Table

from eventnet.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    MARKERS,
    NOTE,
    ORANGE,
    RED,
    blank,
    heading,
    plain,
    png,
    title,
)
from eventnet.scenarios.fusion.flow_law import (
    ACTIVE,
    ADDED,
    BLOCK,
    LISTED,
    VERSIONS,
    LawParameters,
    LawResult,
    Row,
    break_even,
    law,
    side_by_side,
)
from eventnet.scenarios.fusion.named import LIMITS
from eventnet.scenarios.fusion.watching import watch_law
from eventnet.scenarios.shared.scenario import USUAL, WATCHED, Asked, Desk, ResultNumber, Scenario, short

QUANTITIES = {
    "events/s": "1/s", "operations/s": "1/s", "active part": "", "events a block a look": "", "inner blocks": "",
    "memory kB": "kB", "fused error": "deg/s", "camera error": "deg/s",
}  # fmt: skip


def defaults(asked: Asked) -> LawParameters:
    """The small camera; in full three, at three speeds and periods."""
    return LawParameters.in_full() if asked.full else LawParameters()


def run(parameters: LawParameters, desk: Desk) -> LawResult:
    """Run all."""
    p = parameters
    cameras = ", ".join(f"{w} x {h}" for w, h in zip(p.law.widths, p.law.heights))
    desk.say(f"flow-law: cameras of {cameras} pixels, {p.run.duration_s:g} s of each scene, seed {p.run.seed}")
    with desk.progress("running every version") as progress:
        return law(parameters, processes=desk.asked.processes, progress=progress)


def costs(found: LawResult) -> Table:
    """Millions of operations a second of every version, by scene and period."""
    made = Table(title="Millions of operations a second by period of looks; active: of the blocks of 2 x 2 pixels")
    made.add_column("scene", no_wrap=True)
    for name in ("events/s", "ms", "active", *VERSIONS):
        made.add_column(name, justify="right", no_wrap=True)
    for row in side_by_side(found):
        cells = [short(1e-6 * row["by"][name]["operations/s"]) for name in VERSIONS]
        made.add_row(
            row["scene"],
            f"{row['events/s']:,.0f}",
            f"{row['period ms']:g}",
            f"{100 * row['active part']:.3g} %",
            *cells,
        )
    return made


def errors(found: LawResult) -> Table:
    """Of the camera alone, by scene and period."""
    made = Table(title="Error of the camera alone, deg/s, by period of looks")
    made.add_column("scene", no_wrap=True)
    for name in ("ms", *VERSIONS):
        made.add_column(name, justify="right")
    for row in side_by_side(found):
        if row["kind"] == "turning":
            made.add_row(
                row["scene"], f"{row['period ms']:g}", *(short(row["by"][name]["camera error"]) for name in VERSIONS)
            )
    return made


def memories(found: LawResult) -> Table:
    """Of every version, by camera."""
    made = Table(title="State and weights, kB, 4 bytes a value")
    made.add_column("camera", no_wrap=True)
    for name in VERSIONS:
        made.add_column(name, justify="right")
    for camera, row in {row["camera"]: row for row in side_by_side(found)}.items():
        made.add_row(f"{camera} pixels", *(short(row["by"][name]["memory kB"]) for name in VERSIONS))
    return made


def sentences(found: LawResult) -> Iterator[str]:
    """The law's numbers as they came out."""
    rows = side_by_side(found)
    everywhere = [row for row in rows if row["kind"] == "everywhere"]
    others = [row for row in rows if row["kind"] != "everywhere"]
    most, worst = (max(some, key=_thinnest) for some in (others, everywhere))
    least = min(rows, key=_thinnest)
    yield (
        f"Thinnest costs at most {_thinnest(most):.2f} times its twin in a scene ({_where(most)}), "
        f"{_thinnest(worst):.2f} times with an event in every block ({_where(worst)}), "
        f"and least {1 / _thinnest(least):,.0f} times less ({_where(least)})."
    )
    for name in BLOCK:
        low, high = level(rows, name)
        right = sum((row["ratios"][name] < 1) == (_each(row, name) < break_even(row, name)) for row in rows)
        yield (
            f"{name.capitalize()} costs what its twin does at {low:.2f} to {high:.2f} events a block a look: on the "
            f"side that this says in {right} of {len(rows)} rows."
        )
    yield LIMITS


def level(rows: list[Row], version: str) -> tuple[float, float]:
    """The least and the most break-even of the rows."""
    at = [even for row in rows if not math.isnan(even := break_even(row, version))]
    return min(at), max(at)


def _each(row: Row, version: str) -> float:
    """Events a block a look, of the version's blocks."""
    return float(row["by"][version]["events a block a look"])


def _thinnest(row: Row) -> float:
    return float(row["ratios"]["thinnest"])


def _where(row: Row) -> str:
    return f"{row['scene']}, looks each {row['period ms']:g} ms"


def numbers(found: LawResult) -> Iterator[ResultNumber]:
    """Every number of the result folder."""
    for row in found.rows:
        at = f"{row['version']}, {row['period ms']:g} ms"
        for quantity, unit in QUANTITIES.items():
            if not math.isnan(row[quantity]):
                yield ResultNumber(row["scene"], quantity, row[quantity], unit, at)
    for row in side_by_side(found):
        for name, value in row["ratios"].items():
            yield ResultNumber(
                row["scene"], "operations beside the twin's", value, "", f"{name}, {row['period ms']:g} ms"
            )


# --- the picture ---
COLOURS = (BLUE, ORANGE, GREEN, RED)


def against_clock(found: LawResult) -> bytes:
    """Thinnest by the active part of blocks, thin and fine by events a block a look; each beside its twin."""
    figure = blank(height=4.6)
    left, right = figure.subplots(1, 2, sharey=True)
    rows = side_by_side(found)
    _draw_law(left, right, rows)
    for k, camera in enumerate(dict.fromkeys(row["camera"] for row in rows)):
        look: dict[str, Any] = {
            "color": COLOURS[k % len(COLOURS)], "marker": MARKERS[k % len(MARKERS)], "ls": "", "ms": 5
        }  # fmt: skip
        left.plot([], [], label=f"{camera} pixels", **look)
        for row in (row for row in rows if row["camera"] == camera):
            own: dict[str, Any] = look | {"mec": BLACK} if row["kind"] == "window" else look
            left.plot(100 * row["active part"], row["ratios"]["thinnest"], **own)
            right.plot(_each(row, "thin"), row["ratios"]["thin"], **own)
            right.plot(_each(row, "fine"), row["ratios"]["fine"], mfc="white", **own)
    left.plot([], [], "o", color="white", mec=BLACK, ms=5, label="black edge: through a window")
    for axes, words in ((left, "blocks with events in a look, %"), (right, "events a block a look")):
        axes.axhline(1, color=BLACK, linewidth=1)
        axes.set(xscale="log", yscale="log", xlabel=words)
        plain(axes)
    left.set(ylabel="operations beside the same sums on a clock")
    right.annotate("as much as the clock", (0.02, 1), xycoords=("axes fraction", "data"), xytext=(0, 3),
                   textcoords="offset points", fontsize=NOTE, color=GREY)  # fmt: skip
    heading(left, "Thinnest, with a list of active blocks")
    heading(right, "Thin (filled) and fine (open), at each event")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=NOTE)
    title(figure, "Sums over events cost what is active; on a clock, all blocks")
    return png(figure)


def _draw_law(left: Any, right: Any, rows: list[Row]) -> None:
    """The law without what both have alike, and where thin and fine are level with their clocks."""
    part, look = np.geomspace(1e-3, 1, 50), {"color": GREY, "lw": 1, "zorder": 0}
    pale: dict[str, Any] = {"color": GREY, "alpha": 0.2, "lw": 0, "zorder": 0}
    low, high = (each * part / (BLOCK["thin"] + ACTIVE * part) for each in LISTED)
    left.fill_between(100 * part, low, high, label="the law, less what both have alike", **pale)
    for name, line in (("thin", "-"), ("fine", "--")):
        most = max(_each(row, name) for row in rows)
        n, cost = np.geomspace(1e-3, most, 50), np.mean([row["operations an event"][name] for row in rows])
        on_clock = BLOCK[name] + ACTIVE * np.minimum(n, 1) + ADDED * n  # a block may be active once a look
        right.plot(n, n * cost / on_clock, line, label=f"the law, {name}", **look)
        ends = level(rows, name)
        right.axvspan(*ends, **pale)
        right.annotate(
            f"{name}: level at\n{ends[0]:.2f} to {ends[1]:.2f}", (ends[0] if name == "fine" else ends[1], 0.002),
            xytext=(-3 if name == "fine" else 3, 0), textcoords="offset points",
            ha="right" if name == "fine" else "left", fontsize=NOTE,
        )  # fmt: skip
    right.legend(loc="upper left", frameon=False, fontsize=NOTE)


SCENARIO = Scenario(
    name="flow-law", summary="sums over a camera's events, by events and on a clock: what is active decides",
    defaults=defaults, run=run, tables=[costs, errors, memories], sentences=sentences, numbers=numbers,
    figures={"flow-law.png": against_clock}, options=USUAL | WATCHED, watch=watch_law,
)  # fmt: skip
