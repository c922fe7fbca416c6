"""`eventnet run flow-law`: what flow sums cost by events, beside the same sums on a clock."""

from __future__ import annotations

import math
from collections.abc import Iterator

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
from eventnet.scenarios.fusion.flow_law import VERSIONS, LawParameters, LawResult, Row, break_even, law, side_by_side
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
    at = [even for row in rows if not math.isnan(even := break_even(row))]
    right = sum((row["ratios"]["thin"] < 1) == (row["events a block a look"] < break_even(row)) for row in rows)
    yield (
        f"Thin costs what its twin does at {min(at):.2f} to {max(at):.2f} events a block a look: on the side that this "
        f"says in {right} of {len(rows)} rows."
    )
    yield LIMITS


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
    for k, camera in enumerate(dict.fromkeys(row["camera"] for row in rows)):
        mine, look = (
            [row for row in rows if row["camera"] == camera],
            {"color": COLOURS[k % len(COLOURS)], "ls": "", "ms": 5},
        )
        left.plot(
            [100 * row["active part"] for row in mine], [row["ratios"]["thinnest"] for row in mine],
            marker=MARKERS[k % len(MARKERS)], label=f"{camera} pixels", **look,
        )  # fmt: skip
        for name, filled in (("thin", True), ("fine", False)):
            at = [row["by"][name]["events a block a look"] for row in mine]
            fill = {} if filled else {"mfc": "none"}
            right.plot(at, [row["ratios"][name] for row in mine], marker=MARKERS[k % len(MARKERS)], **look | fill)
    for axes, words in ((left, "blocks with events in a look, %"), (right, "events a block a look")):
        axes.axhline(1, color=BLACK, linewidth=1)
        axes.set(xscale="log", yscale="log", xlabel=words)
        plain(axes)
    left.set(ylabel="operations beside the same sums on a clock")
    right.annotate("as much as the clock", (0.02, 1), xycoords=("axes fraction", "data"), xytext=(0, 3),
                   textcoords="offset points", fontsize=NOTE, color=GREY)  # fmt: skip
    heading(left, "Thinnest, with a list of active blocks")
    heading(right, "Thin (filled) and fine (open), at each event")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False, fontsize=NOTE)
    title(figure, "Sums over events cost what is active; on a clock, all blocks")
    return png(figure)


SCENARIO = Scenario(
    name="flow-law", summary="sums over a camera's events, by events and on a clock: what is active decides",
    defaults=defaults, run=run, tables=[costs, errors, memories], sentences=sentences, numbers=numbers,
    figures={"flow-law.png": against_clock}, options=USUAL | WATCHED, watch=watch_law,
)  # fmt: skip
