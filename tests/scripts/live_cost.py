"""How often a live page is updated, and the processor time that each part takes for an update.

python tests/scripts/live_cost.py --seconds 20                 # brunel, as fast as it goes
python tests/scripts/live_cost.py --seconds 20 --scenario dvs-gyro --speed 1

Counts hold on any machine; updates a second want a quiet one, which processor times, by thread, do not.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import browser

from eventnet.scenarios.shared.scenario import Asked, find
from eventnet.view.live_board import LiveWork
from eventnet.view.live_page import SPEEDS
from eventnet.view.live_server import LiveServer

LEAST_S = 0.05
COUNT = """Bokeh.documents[0].on_change(e => { if (e.attr == 'data' && e.model.name == '%s') window.n = (window.n || 0) + 1 });
(function frame() { window.frames_n = (window.frames_n || 0) + 1; requestAnimationFrame(frame); })()"""
WORDS = browser.found(".words") + ".shadowRoot.textContent"


def main() -> None:
    """Measure, and say it."""
    words = argparse.ArgumentParser()
    words.add_argument("--seconds", type=float, default=20.0)
    words.add_argument("--scenario", default="brunel")
    words.add_argument("--picture", default="raster")
    words.add_argument("--speed", type=float)
    asked = words.parse_args()
    scenario = find(asked.scenario)
    assert scenario.live is not None
    server = LiveServer(LiveWork(scenario.name, scenario.live, scenario.defaults(Asked()), scenario.orders))
    try:
        with browser.browser() as reader:
            measure(reader, server, asked)
    finally:
        server.end()


def measure(reader: browser.Browser, server: LiveServer, asked: Any) -> None:
    """Open the page, let the run begin again and again, and count."""
    reader.size(1400, 1000)
    reader.visit(server.address, "!!window.Bokeh && Bokeh.documents.length > 0 && !!" + browser.found(".words"))
    name = next(name for name, speed in SPEEDS.items() if speed == asked.speed)
    reader.js(f"void (Bokeh.documents[0].get_model_by_name('speed').value = {name!r})")
    reader.wait(f"{WORDS}.includes('runs')", patience=120)
    reader.js(COUNT % f"image {asked.picture}")
    seen, begun, before, done = facts(reader), time.monotonic(), browser.times(), 0
    while time.monotonic() - begun < asked.seconds:
        time.sleep(0.25)
        now = facts(reader)
        if now[2] < seen[2]:  # it began again
            seen = now
        done += now[2] - seen[2]
        seen = (seen[0], seen[1], now[2])
        if "has ended" in reader.js(WORDS):
            reader.click(".again")
    seconds, after = time.monotonic() - begun, browser.times()
    updates, frames = (b - a for a, b in zip(seen[:2], facts(reader)[:2]))
    print(
        f"{updates / seconds:.1f} updates, {frames / seconds:.1f} frames and {done / seconds:,.0f} deliveries a second"
    )
    spent = Counter({who: value - before.get(who, 0.0) for who, value in after.items()})
    for who, value in spent.most_common():
        if value > LEAST_S:
            print(f"{1000 * value / max(updates, 1):7.1f} ms an update  {value / seconds:5.2f} of a core  {who}")


def facts(reader: browser.Browser) -> tuple[int, int, int]:
    """Updates, frames, and deliveries of the first run."""
    said = str(reader.js(WORDS)).partition(" deliveries")[0].split()
    count = said[-1].replace(",", "") if said else "0"
    return reader.js("window.n || 0"), reader.js("window.frames_n || 0"), int(count) if count.isdigit() else 0


if __name__ == "__main__":
    main()
