"""Runs a script of the gallery in the process it is called in, and tells of the figures that it leaves."""

from __future__ import annotations

import json
import runpy
import time
from pathlib import Path
from typing import Any

import numpy as np

WIDTH = 700.0
"""Pixels that a picture is wide where it is judged."""


def watch(script: str) -> None:
    """Run it, and print as one line of JSON its processor time in seconds and, of each figure, what `seen` says."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.show = lambda *given, **named: None
    begin = time.process_time()
    runpy.run_path(script, run_name="__main__")
    seconds = time.process_time() - begin
    figures = [seen(pyplot.figure(number)) for number in pyplot.get_fignums()]
    print(json.dumps({"seconds": seconds, "figures": figures}))


def seen(figure: Any) -> dict[str, float]:
    """Axes with data in a figure, the share of its pixels that are not white, and its smallest text in pixels."""
    from matplotlib.text import Text

    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    points = WIDTH / (72 * figure.get_figwidth())
    return {
        "axes": sum(axes.has_data() for axes in figure.axes),
        "ink": float((pixels.min(axis=2) < 250).mean()),
        # An exponent is drawn at seven tenths of its text's size.
        "text": min(points * text.get_fontsize() * (0.7 if "^" in text.get_text() else 1.0) for text in texts),
    }


def read_printed(printed: str, script: Path) -> dict[str, Any]:
    """What `watch` has printed, in the last line of what the script wrote."""
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    assert found["figures"], f"{script.name} made no figure"
    return found
