"""The live page: controls, and beside each other what is known of each run, drawn by Bokeh (the extra `live`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from eventnet.errors import DataError
from eventnet.plotting.style import BLACK, BLUE, COLOURS, RED
from eventnet.view.live_board import MOST_ROWS, LiveBoard, ShownRun
from eventnet.view.live_run import COLUMN_US, MOST_COLUMNS
from eventnet.view.pictures import NOTHING, OFF, ON

PERIOD_MS = 25
"""From update to update of a page: less than a thirtieth of a second."""
SLOWER = 8
"""Lines and words, which take five times as long to draw as pictures, are updated each so many times."""
FOLLOWED_S, LEFT_S = 2.0, 1.0
"""Simulated seconds that lines show, and that are left of them when there is no more room."""
SHARED = {"flex": "1 1 330px", "min-width": "0"}
"""Styles of plots, and runs, that share a row: without room for two, one stands below the other."""
SHORT = """const size = Math.abs(tick) >= 1e6 ? [1e6, " M"] : Math.abs(tick) >= 1e3 ? [1e3, " k"] : [1, ""];
return +(tick / size[0]).toPrecision(3) + size[1];"""
"""Ticks as 2 M, 500 k, 20."""
WORDS = 60
"""Pixels of what is said of a run, so that plots of two stand beside each other."""
HIGH = 190
"""Pixels of a plot."""
WIDE = 260
"""Of a camera's picture."""
AXIS = "y"
TRUTH = "truth"
SHORT_NAMES = 80
"""Letters of all names of lines up to which four stand beside each other."""
SPEEDS = {"1 % of real time": 0.01, "10 %": 0.1, "real time": 1.0, "as fast as it goes": None}
GREYS = [f"#{k:02x}{k:02x}{k:02x}" for k in range(256)]
EVENTS = [RED if k == OFF else BLUE if k == ON else "#ffffff" if k == NOTHING else GREYS[k] for k in range(256)]
TEMPLATE = "{% block preamble %}<style>html { overflow-y: scroll }</style>{% endblock %}"
"""Nothing changes its width when there is more to see."""
ABOUT = (
    "A step is one delivery of the network; what sensors send, and looks, between two deliveries go on by themselves. "
    "Times are simulated ones. Closing this page stops nothing."
)


def bokeh() -> Any:
    """The library. Raises DataError where it is not there."""
    try:
        import bokeh.application
        import bokeh.application.handlers
        import bokeh.layouts
        import bokeh.models
        import bokeh.plotting
        import bokeh.server.server
    except ImportError as error:
        raise DataError(
            f'a live page is drawn by Bokeh, which is not here ({error}): pip install "eventnet[live]"'
        ) from error
    return bokeh


class LivePage:
    """One document, in one browser window, of a board that all windows share."""

    def __init__(self, board: LiveBoard, document: Any) -> None:
        self.board, self.document, self.bokeh = board, document, bokeh()
        self.controls = _Controls(board)
        self.runs = self.bokeh.layouts.row([], sizing_mode="stretch_width", name="runs", styles={"flex-wrap": "wrap"})
        self.panels: list[RunPanel] = []
        document.title = f"{board.work.title} - eventnet"
        document.template = TEMPLATE
        document.add_root(self.bokeh.layouts.column(*self.controls.parts, self.runs, sizing_mode="stretch_width"))
        self.update()
        document.add_periodic_callback(self.update, PERIOD_MS)

    def update(self) -> None:
        """Show what has come since the last time."""
        self.controls.update()
        made = {panel.key: panel for panel in self.panels}
        if list(made) != (wanted := [RunPanel.key_of(run) for run in self.board.runs]):
            self.panels = [made.get(key) or RunPanel(run) for key, run in zip(wanted, self.board.runs, strict=True)]
            self.runs.children = [panel.column for panel in self.panels]
        for panel in self.panels:
            panel.update(self.board.beside_the_first(panel.run))


class _Controls:
    """Controls of the runs: pause, step, begin again, speed and order."""

    def __init__(self, board: LiveBoard) -> None:
        models, layouts = bokeh().models, bokeh().layouts
        self.board = board
        self.pause = models.Button(label="Pause", name="pause", css_classes=["pause"], width=90)
        self.pause.on_click(lambda: board.pause(not board.paused))
        step = models.Button(label="Step one delivery", name="step", css_classes=["step"], width=140)
        step.on_click(board.step)
        again = models.Button(label="Begin again", name="again", css_classes=["again"], width=110)
        again.on_click(board.again)
        self.speed = models.Select(
            options=list(SPEEDS), name="speed", width=160, title="speed, at most", css_classes=["speed"]
        )
        self.speed.on_change("value", lambda _, old, new: self._speed(new))
        wanted = [step, again, self.speed]
        if len(board.work.orders) > 1:
            order = models.Select(
                options=[("", "choose"), *((name, name) for name in board.work.orders)], value="", name="order",
                width=160, title="beside it, in the order", css_classes=["order"],
            )  # fmt: skip
            order.on_change("value", lambda _, old, new: board.beside(new) if new else None)
            wanted.append(order)
        title = models.Div(text=f"<b>{escape(board.work.title)}</b>", styles={"font-size": "18px"})
        told = models.Div(text=ABOUT, sizing_mode="stretch_width")
        row = layouts.row(
            self.pause, *wanted, styles={"flex-wrap": "wrap", "align-items": "end", "gap": "8px"},
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.parts = [title, row, told]
        self.update()

    def _speed(self, name: str) -> None:
        if SPEEDS[name] != self.board.speed:
            self.board.set_speed(SPEEDS[name])

    def update(self) -> None:
        """As the board is: another window may have changed it."""
        self.pause.label = "Go on" if self.board.paused else "Pause"
        self.pause.button_type = "primary" if self.board.paused else "default"
        self.speed.value = next(name for name, speed in SPEEDS.items() if speed == self.board.speed)


class RunPanel:
    """The panel of one run: words, pictures and lines."""

    def __init__(self, run: ShownRun) -> None:
        models, layouts = bokeh().models, bokeh().layouts
        self.run, self.key, self.shown, self.seen = run, self.key_of(run), 0, 0
        self.turn = self.idle = SLOWER  # pictures since lines were drawn, and times without one
        self.words = models.Div(text="", sizing_mode="stretch_width", css_classes=["words"], min_height=WORDS)
        self.images = {name: _Image(name, picture.shape) for name, picture in run.pictures.items()}
        if run.raster is not None:
            self.images["raster"] = _Image("raster", run.raster.shape)
        self.lines = models.ColumnDataSource({name: [] for name in ("t", *run.names)}, name="lines")
        figures = [image.figure for image in self.images.values()]
        self.span = models.Range1d(0.0, FOLLOWED_S)
        self.plots = [_Lines(title, names, self.lines, self.span) for title, names in groups(list(run.names)).items()]
        figures += [plot.figure for plot in self.plots]
        alone = [layouts.column(figure, styles=SHARED, sizing_mode="stretch_width") for figure in figures]
        plots = layouts.row(alone, sizing_mode="stretch_width", styles={"flex-wrap": "wrap"})
        self.column = layouts.column(self.words, plots, styles=SHARED, sizing_mode="stretch_width")

    @staticmethod
    def key_of(run: ShownRun) -> Any:
        """The key of a panel: the run, and the names of its lines and pictures. If it changes, a new panel is made."""
        return id(run), tuple(run.names), tuple(run.pictures), run.raster is None

    def update(self, beside: str = "") -> None:
        """Show what is new. beside: what is said of it beside the first run."""
        run = self.run
        if run.row != self.seen:
            self.seen, self.turn, self.idle = run.row, self.turn + 1, 0
            for name, image in self.images.items():
                image.show(run.raster if name == "raster" and run.raster is not None else run.pictures[name])
        else:
            self.idle += 1
        if max(self.turn, self.idle) >= SLOWER:
            self.turn = self.idle = 0
            self._update_lines(beside)

    def _update_lines(self, beside: str) -> None:
        run, new = self.run, self.run.row - self.shown
        if self.words.text != (words := words_of(run, beside)):
            self.words.text = words
        if not new:
            return
        rows = list(run.rows)[-new:]
        self.shown = run.row
        self.lines.stream(
            {name: [row.get(name, np.nan) for row in rows] for name in ("t", *run.names)}, rollover=MOST_ROWS
        )
        if not self.span.start <= rows[-1]["t"] <= self.span.end:
            self.span.update(start=rows[-1]["t"] - LEFT_S, end=rows[-1]["t"] - LEFT_S + FOLLOWED_S)
        for plot in self.plots:
            plot.fit(rows)


def words_of(run: ShownRun, beside: str = "") -> str:
    """The state of a run in words, as HTML."""
    order = f"<b>{escape(run.order)}</b> order, " if run.order else ""
    made = (
        f"{order}{escape(run.state)}: {1e-6 * run.t_us:.3f} s, {run.deliveries:,} deliveries, {run.adds:,} additions, "
        f"{run.queued:,} wait; {run.merged:,} looks of {run.looks + run.merged:,} were merged"
    )
    if beside:
        made += f"<br>beside the first: <b>{beside}</b>"
    if run.step:
        step = run.step
        made += (
            f"<br>step {step['steps']}: a delivery at {escape(step['port'])} in tick {step['tick']:,}, "
            f"{step['adds']:,} additions, {step['spikes']:,} spikes"
        )
    return made


def groups(names: Sequence[str]) -> dict[str, list[str]]:
    """Names of numbers by the title of the plot that they are in."""
    answers = [name for name in names if name.startswith("answers.")]
    with_axes = [name for name in answers if name.endswith((".x", ".y", ".z"))]
    shown = [name for name in answers if name not in with_axes or name.endswith(f".{AXIS}")]
    made = {
        f"answers, {AXIS}" if with_axes else "answers": shown,
        "additions a second by cause": [n for n in names if n.startswith("by_input.")],
        "additions a second by module": [name for name in names if name.startswith("adds.")],
        "deliveries that wait": [name for name in names if name == "queue"],
    }
    return {title: found for title, found in made.items() if found}


def label_of(name: str) -> str:
    """Of a line in a legend."""
    return name.partition(".")[2].removesuffix(f".{AXIS}") or name


class _Image:
    """A picture, in which rows go from above to below."""

    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        models, (height, width) = bokeh().models, shape
        raster = name == "raster"
        self.source = models.ColumnDataSource({"image": [np.full(shape, NOTHING, np.uint8)]}, name=f"image {name}")
        x_range = (-1e-3 * MOST_COLUMNS * COLUMN_US, 0.0) if raster else (0.0, float(width))
        size: dict[str, Any] = {"height": HIGH, "sizing_mode": "stretch_width"}
        if not raster:
            size = {"frame_width": WIDE, "frame_height": round(WIDE * height / width)}
        self.figure = bokeh().plotting.figure(
            title=f"spikes of {height} units, the last {MOST_COLUMNS} ms" if raster else name, name=name,
            toolbar_location=None, tools="", x_range=x_range, y_range=(0.0, float(height)), min_border_left=48, **size,
        )  # fmt: skip
        self.figure.grid.visible = False
        self.figure.yaxis.visible = False
        self.figure.xaxis.visible = False
        palette = GREYS if raster else EVENTS
        self.mapper = models.LinearColorMapper(palette=palette, low=0, high=255)
        left, right = x_range
        self.figure.image(
            image="image", x=left, y=0, dw=right - left, dh=height, source=self.source, color_mapper=self.mapper
        )

    def show(self, picture: Any) -> None:
        """This one from now on; Bokeh's pictures go upwards."""
        self.source.data = {"image": [np.ascontiguousarray(picture[::-1])]}


class _Lines:
    """A plot of numbers over simulated time. Axes change seldom, since a new axis is dear to draw."""

    def __init__(self, title: str, names: Sequence[str], source: Any, span: Any) -> None:
        models = bokeh().models
        self.names, self.range = names, models.Range1d(0.0, 1.0)
        self.figure = bokeh().plotting.figure(
            title=title, height=HIGH, sizing_mode="stretch_width", toolbar_location=None, tools="", x_range=span,
            y_range=self.range, name=title, min_border_left=48,
        )  # fmt: skip
        colours = iter(COLOURS * len(names))
        legend = []
        for name in names:
            true = label_of(name) == TRUTH
            line = self.figure.line(
                "t", name, source=source, color=BLACK if true else next(colours), line_width=1.5,
                line_dash="dashed" if true else "solid",
            )  # fmt: skip
            legend.append((label_of(name), [line]))
        if len(names) > 1:
            side_by_side = 4 if sum(map(len, names)) < SHORT_NAMES else 2
            self.figure.add_layout(models.Legend(
                items=legend, ncols=side_by_side, border_line_width=0, padding=0, margin=0, spacing=6,
                label_text_font_size="11px", glyph_width=14, glyph_height=12, label_height=12,
            ), "above")  # fmt: skip
        self.figure.yaxis.formatter = models.CustomJSTickFormatter(code=SHORT)
        self.figure.yaxis.ticker.desired_num_ticks = 4

    def fit(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Make room for new rows."""
        values = [row[name] for row in rows for name in self.names if name in row]
        if not values:
            return
        low, high = min(0.0, *values), max(0.0, *values)
        if low < self.range.start or high > self.range.end:
            room = 0.2 * (high - low)
            low, high = min(low - (room if low else 0), self.range.start), max(high + room, self.range.end)
            self.range.update(start=low, end=high)
