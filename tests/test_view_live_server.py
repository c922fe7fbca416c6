"""The live page in a browser: controls, two runs side by side, no request outside, and nothing waits for it."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import browser
import live_cases
import pytest
from pace import slower

from eventnet.errors import DataError
from eventnet.view.live_board import LiveWork
from eventnet.view.live_server import HOST, LiveServer, free_port

pytest.importorskip("bokeh", reason="the extra live is not installed")
ORDERS = ("breadth", "depth")
WORDS = browser.found(".words") + ".shadowRoot.textContent"
READY = "!!window.Bokeh && Bokeh.documents.length > 0 && !!" + browser.found(".words")
UPDATES = "Bokeh.documents[0].on_change(e => { if (e.attr == 'data' && e.model.name == 'image camera') window.n = (window.n || 0) + 1 })"


@contextmanager
def served(
    parameters: tuple[int, int], orders: tuple[str, ...] = ORDERS, begin: Any = live_cases.busy
) -> Iterator[LiveServer]:
    server = LiveServer(LiveWork("busy <b>", begin, parameters, orders))
    try:
        yield server
    finally:
        server.end()


def words(reader: Any) -> list[str]:
    """What stands above each run."""
    return reader.js(
        "(function look(root, found) { for (const e of root.querySelectorAll('*')) { if (e.matches('.words') && e.shadowRoot)"
        " found.push(e.shadowRoot.querySelector('.bk-clearfix').textContent); else if (e.shadowRoot) look(e.shadowRoot, found); } return found; })(document, [])"
    )


def wait(reader: Any, of: Any, patience: float = 60.0) -> list[str]:
    end = time.monotonic() + patience
    while not of(found := words(reader)):
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found


QUEUE = "deliveries that wait"


def figures(reader: Any) -> list[str]:
    """Names of all that is drawn."""
    return reader.js(
        "Bokeh.documents[0].get_model_by_name('runs').children.flatMap(c => c.children[1].children.map(f => f.children[0].name))"
    )


def choose(reader: Any, name: str, value: str) -> None:
    """What a reader does with a list: choose, and leave it."""
    reader.js(
        f"(() => {{ const e = {browser.found('.' + name)}.shadowRoot.querySelector('select'); e.value = {value!r};"
        " e.dispatchEvent(new Event('change')); })()"
    )


# --- in a browser ---
@pytest.mark.slow
def test_controls_pause_step_and_go_on_and_nothing_is_asked_of_others(reader: Any) -> None:
    with served((100, 4000)) as server:
        reader.size(1400, 1000)
        reader.visit(server.address, READY)
        wait(reader, lambda found: "runs" in found[0])
        assert "busy <b>" in reader.js("document.title")
        reader.click(".pause")
        reader.wait("Bokeh.documents[0].get_model_by_name('pause').label == 'Go on'")
        time.sleep(1.0)
        (still,) = words(reader)
        time.sleep(1.0)
        assert words(reader) == [still]
        reader.click(".step")
        (said,) = wait(reader, lambda found: "step 1" in found[0])
        assert "a delivery at eye.spikes" in said or "a delivery at answer.spikes" in said
        reader.click(".step")
        reader.click(".step")
        wait(reader, lambda found: "step 3" in found[0])
        reader.click(".pause")
        wait(reader, lambda found: "runs" in found[0] and found[0].split(" s,")[0] > still.split(" s,")[0])
        assert reader.complaints() == []
        asked = {url for url in reader.requests() if not url.startswith("data:")}
        assert all(url.startswith(server.address.rsplit("/", 1)[0]) for url in asked)
        assert len(asked) > 2


@pytest.mark.slow
def test_another_order_begins_the_same_inputs_anew_beside_the_first(reader: Any) -> None:
    with served((20, 40)) as server:
        reader.size(1400, 1000)
        reader.visit(server.address, READY)
        choose(reader, "speed", "as fast as it goes")
        wait(reader, lambda found: "has ended" in found[0])
        choose(reader, "order", "depth")
        first, second = wait(reader, lambda found: len(found) == 2 and all("has ended" in one for one in found))
        assert "breadth order, has ended: 0.200 s, 1,600 deliveries" in first
        assert "depth order, has ended: 0.200 s, 1,600 deliveries" in second
        assert second.endswith("beside the first: all that was seen is equal")
        assert figures(reader) == 2 * ["camera", "raster", "answers", QUEUE]  # what costs nothing has no line
        assert reader.js("document.documentElement.scrollWidth <= innerWidth")
        reader.click(".again")
        wait(reader, lambda found: len(found) == 2 and all("has ended" in one for one in found))
        reader.size(390, 800)
        reader.wait("document.documentElement.scrollWidth <= 390")


@pytest.mark.slow
def test_a_scenario_of_one_order_has_no_choice_of_orders(reader: Any) -> None:
    with served((20, 10), orders=()) as server:
        reader.visit(server.address, READY)
        assert reader.js("Bokeh.documents[0].get_model_by_name('order')") is None
        assert "order" not in wait(reader, lambda found: "ended" in found[0])[0]


@pytest.mark.slow
def test_what_went_wrong_is_said_on_the_page(reader: Any) -> None:
    with served((1, 1), begin=live_cases.fails) as server:
        reader.visit(server.address, READY)
        wait(reader, lambda found: "failed: ValueError: of no use" in found[0])


@pytest.mark.slow
def test_closing_the_page_stops_nothing(reader: Any) -> None:
    with served((20, 600)) as server:  # three seconds
        reader.visit(server.address, READY)
        reader._ask("Page.navigate", url="about:blank")
        begun = time.monotonic()
        server.wait(for_ever=False)
        assert time.monotonic() - begun < 60
        reader.visit(server.address, READY)  # what was is there to see
        assert "has ended: 3.000 s, 24,000 deliveries" in wait(reader, lambda found: "ended" in found[0])[0]


SECONDS = 20.0


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processor times of threads are those of Linux")
def test_thirty_updates_a_second_on_average_at_a_million_deliveries_a_second(reader: Any) -> None:
    """At real time. Where others have the machine, one core is enough for the page: the run has the other."""
    with served((3000, 200_000)) as server:
        reader.size(1400, 1000)
        reader.visit(server.address, READY)
        reader.js(UPDATES)
        wait(reader, lambda found: "runs" in found[0])
        time.sleep(2.0)  # scripts are compiled at first
        before, begun = (reader.js("window.n || 0"), _deliveries(reader)), time.monotonic()
        spent, idle, own = browser.times(), _idle(), server.child.process.pid
        time.sleep(SECONDS)
        after, seconds = (reader.js("window.n || 0"), _deliveries(reader)), time.monotonic() - begun
        used = {who: now - spent.get(who, 0.0) for who, now in browser.times().items()}
        idle = _idle() - idle
    updates, deliveries = ((b - a) / seconds for a, b in zip(before, after))
    page = sum(value for who, value in used.items() if not who.startswith("python") or f" {own}," in who)
    each = page / max(1, after[0] - before[0])
    print(f"{updates:.1f} updates and {deliveries:,.0f} deliveries a second; {1000 * each:.1f} ms of a core an update, "
          f"{idle / seconds:.2f} cores were idle")  # fmt: skip
    assert each < 1 / 30 * slower()
    if idle > 0.4 * seconds:  # nobody took what it wanted, or not often
        assert updates >= 30
        assert deliveries >= 1e6


def _idle() -> float:
    """Seconds for which cores of this machine have had nothing to do."""
    return int(Path("/proc/stat").read_text().split()[4]) / browser.TICK


def _deliveries(reader: Any) -> int:
    return int(words(reader)[0].partition(" deliveries")[0].split()[-1].replace(",", ""))


# --- without one ---
@pytest.mark.slow
def test_only_who_knows_the_path_and_comes_from_the_page_is_heard(tmp_path: Path) -> None:
    tornado = pytest.importorskip("tornado.websocket")
    from tornado.httpclient import HTTPClientError, HTTPRequest
    from tornado.ioloop import IOLoop

    with served((20, 20)) as server:
        with urllib.request.urlopen(server.address, timeout=20) as answer:
            page = answer.read().decode()
        host, path = server.address.removeprefix("http://").split("/")
        assert "http://" not in page.replace(f"http://{host}", "").replace("http://www.w3.org", "")
        for other in ("", "x", path[:-1]):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://{host}/{other}", timeout=20)
        assert host.startswith(f"{HOST}:")

        async def connect(origin: str) -> int:
            token = page.split('"token":"')[1].split('"')[0]
            request = HTTPRequest(f"ws://{host}/{path}/ws", headers={"Origin": origin})
            try:
                made = await tornado.websocket_connect(request, subprotocols=["bokeh", token])
            except HTTPClientError as error:
                return int(error.code)
            made.close()
            return 101

        loop = IOLoop(make_current=False)
        codes = [
            loop.run_sync(lambda o=o: connect(o))
            for o in (f"http://{host}", "http://elsewhere.example", f"http://elsewhere.example:{host.split(':')[1]}")
        ]
        assert codes == [101, 403, 403]


@pytest.mark.slow
def test_a_port_that_is_taken_is_refused() -> None:
    with served((20, 20)) as server:
        port = int(server.address.split(":")[2].split("/")[0])
        with pytest.raises(DataError, match=f"port {port} of 127.0.0.1 cannot be had"):
            LiveServer(LiveWork("x", live_cases.busy, (1, 1)), port)
    assert free_port(port) == port


@pytest.mark.slow
def test_a_page_whose_process_has_died_is_said() -> None:
    with served((20, 20)) as server:
        server.child.process.kill()
        with pytest.raises(DataError, match="has died"):
            server.wait(for_ever=True)


def test_without_bokeh_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "bokeh.models", None)
    with pytest.raises(DataError, match=r'pip install "eventnet\[live\]"'):
        LiveServer(LiveWork("x", live_cases.busy, (1, 1)))
