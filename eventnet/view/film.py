"""Frames of a film: the camera's events, an answer beside the truth, and what is spent, up to each moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eventnet.plotting.style import BLACK, BLUE, COLOURS, ORANGE, RED, blank, heading, legend, number, plain
from eventnet.view.pictures import NOTHING, OFF, ON
from eventnet.view.shots import Shot

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 7.0, 2.8
"""Inches; at `DPI_SHOWN` a frame is 700 pixels wide."""
DPI_SHOWN = 100
TRUTH = "truth"
MOST_LINES = 4
AXIS = "y"
"""Of answers that are x, y and z, the one that is drawn."""
GREYS = frozenset({NOTHING, ON, OFF})


def frames(shots: Sequence[Shot], axis: str = AXIS, names: Sequence[str] | None = None) -> Iterator[NDArray[np.uint8]]:
    """Pictures uint8 [height, width, 3], one a shot. names: answers that are drawn; see `chosen`."""
    lines = chosen(shots, axis, names)
    spent, label = cost_of(shots)
    has_axes = any(isinstance(shots[0].numbers.get("answers", {}).get(name), dict) for name in lines)
    yield from _Page(shots, lines, spent, label, f"answers, {axis}" if has_axes else "").frames()


def chosen(shots: Sequence[Shot], axis: str, names: Sequence[str] | None) -> dict[str, NDArray[np.float64]]:
    """Lines of answers by name, [shots]: those that are named; else the first beside the truth, or the first few."""
    first: Mapping[str, Any] = next((shot.numbers["answers"] for shot in shots if "answers" in shot.numbers), {})
    drawn = {name: of for name, of in first.items() if not isinstance(of, list)}
    if names is None:
        others = [name for name in drawn if name != TRUTH]
        names = [TRUTH, *others[:1]] if TRUTH in drawn else others[:MOST_LINES]
    return {name: np.array([_value(shot, name, axis) for shot in shots]) for name in names if name in drawn}


def _value(shot: Shot, name: str, axis: str) -> float:
    found = shot.numbers.get("answers", {}).get(name, np.nan)
    return float(found.get(axis, np.nan) if isinstance(found, dict) else found)


def cost_of(shots: Sequence[Shot]) -> tuple[NDArray[np.float64], str]:
    """Additions a second at each shot, or events a second where a recording is shown, and the unit in words."""
    if any("cost" in shot.numbers for shot in shots):
        return np.array([shot.numbers.get("cost", {}).get("all", np.nan) for shot in shots]), "additions a second"
    return np.array([shot.numbers.get("rates", {}).get("events", np.nan) for shot in shots]), "events a second"


class _Page:
    """One figure, whose lines grow from frame to frame."""

    def __init__(
        self, shots: Sequence[Shot], lines: Mapping[str, NDArray[np.float64]], spent: NDArray[np.float64], label: str,
        answers: str,
    ) -> None:  # fmt: skip
        self.shots, self.times = shots, 1e-6 * np.array([shot.t_us for shot in shots])
        self.figure = blank(WIDTH, HEIGHT)
        self.figure.set_dpi(DPI_SHOWN)
        grid = self.figure.add_gridspec(2 if lines else 1, 2, width_ratios=(1, 1.25))
        picture = self.figure.add_subplot(grid[:, 0])
        picture.set(xticks=[], yticks=[])
        self.image = picture.imshow(coloured(shots[0].picture), interpolation="nearest")
        heading(picture, " ")
        self.picture = picture
        self.drawn: list[tuple[Any, NDArray[np.float64]]] = []
        if lines:
            axes = self.figure.add_subplot(grid[0, 1])
            heading(axes, answers)
            for k, (name, values) in enumerate(lines.items()):
                colour = BLACK if name == TRUTH else BLUE if TRUTH in lines else COLOURS[k]
                self._line(axes, values, colour, "--" if name == TRUTH else "-", name)
            axes.tick_params(labelbottom=False)
            legend(axes, "above")
        axes = self.figure.add_subplot(grid[-1, 1])
        heading(axes, label)
        self._line(axes, spent, ORANGE, "-", "")
        axes.set(xlabel="seconds")
        axes.set_ylim(bottom=0)

    def _line(self, axes: Axes, values: NDArray[np.float64], colour: str, dash: str, name: str) -> None:
        """A line without points yet, with room for all of them."""
        (line,) = axes.plot([], [], color=colour, linestyle=dash, linewidth=1.6, label=name)
        self.drawn.append((line, values))
        known = np.concatenate([of for one, of in self.drawn if one.axes is axes])
        known = known[np.isfinite(known)]
        if len(known):
            low, high = float(known.min()), float(known.max())
            room = 0.08 * (high - low) or 1.0
            axes.set_ylim(low - room, high + room)
        axes.set_xlim(0 if self.times[0] < 1 else self.times[0] - 0.001, self.times[-1])
        axes.yaxis.set_major_formatter(lambda value, _: _short(value))
        axes.locator_params(axis="y", nbins=4)
        plain(axes)

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Draw one after the other."""
        canvas: Any = self.figure.canvas
        for k, shot in enumerate(self.shots):
            self.image.set_data(coloured(shot.picture))
            heading(self.picture, f"{shot.name}, {self.times[k]:.2f} s")
            for line, values in self.drawn:
                line.set_data(self.times[: k + 1], values[: k + 1])
            canvas.draw()
            yield np.asarray(canvas.buffer_rgba())[:, :, :3].copy()


def coloured(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture of events in colours, ON blue and OFF red; any other stays grey; [height, width, 3]."""
    made = np.repeat(picture[:, :, None], 3, axis=2)
    greys = set(np.unique(picture).tolist())
    if NOTHING in greys <= GREYS:
        for grey, colour in ((NOTHING, "#ffffff"), (ON, BLUE), (OFF, RED)):
            made[picture == grey] = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    return made


def _short(value: float) -> str:
    """A tick: 2 M, 500 k, 20."""
    for size, letter in ((1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return number(value)
