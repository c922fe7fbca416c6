"""What objects say of themselves: a few lines of text, or a table and a picture; the same facts in both."""

from __future__ import annotations

import threading
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.base.summary import LINES, ROWS, Summarized, Summary, amount


class Texts(HTMLParser):
    """The texts of a page, and whether its tags are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag != "script"
        if tag != "br":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_text_is_a_title_and_a_table_in_columns() -> None:
    found = Summary("Thing, 2 parts", ("name", "n"), [("a", 1_000), ("bcde", 7)])
    assert found.text() == "<Thing, 2 parts>\n  name      n\n  a     1,000\n  bcde      7"
    assert Summary("Thing").text() == "<Thing>"


def test_both_are_short_for_any_number_of_rows() -> None:
    found = Summary("Thing", ("name", "n"), [("x" * 500, k) for k in range(10_000)])
    assert len(found.text().splitlines()) == LINES + 3
    assert found.text().endswith(f"  ... {10_000 - LINES:,} more")
    assert len(found.html()) < 20_000
    assert f"... {10_000 - ROWS:,} more" in Texts(found.html()).texts


def test_a_page_has_the_title_the_table_and_the_picture() -> None:
    found = Summary("A & <b>", ("name <i>", "n"), [("<script>", 1.5), ("b", 2.0)], lambda: "<svg></svg>")
    texts = Texts(found.html()).texts
    assert texts == ["A & <b>", "name <i>", "n", "<script>", "1.5", "b", "2"]
    assert "<svg></svg>" in found.html()
    assert Texts(Summary("A").html()).texts == ["A"]


def test_the_picture_is_drawn_for_a_page_alone() -> None:
    def picture() -> str:
        raise AssertionError

    assert Summary("A", picture=picture).text() == "<A>"


def test_what_is_half_made_or_broken_still_has_a_name() -> None:
    for kind in (en.Network, en.Simulation, en.Run, en.CostLedger):
        assert repr(kind.__new__(kind)).startswith(
            f"<eventnet.{kind.__module__.removeprefix('eventnet.')}.{kind.__name__}"
        )


def test_one_and_many() -> None:
    assert [amount(n, "module") for n in (0, 1, 1200)] == ["0 modules", "1 module", "1,200 modules"]
    assert amount(2, "delivery", "deliveries") == "2 deliveries"


# --- what the package's own say --------------------------------------------------------------------------------------
@pytest.fixture
def run() -> en.Run:
    net = en.Network()
    eye = net.add(en.Relay(3, name="eye"))
    layer = net.add(en.Herding(2, net.weights(np.full((3, 2), 0.6)), name="<layer>"))
    net.connect(eye, layer, 5)
    inputs = [(t, "eye.spikes", t % 3, 1) for t in range(40)]
    return en.simulate(net, inputs, engine="reference", record=True, roots=True)


def test_a_network_says_its_modules_and_wires(run: en.Run) -> None:
    net = run.simulation.net
    assert repr(net).splitlines() == [
        "<Network, float32: 2 modules, 5 units, 1 wire, 6 weights>",
        "  module   kind     units  weights  wires to",
        "  eye      Relay        3        0  <layer>.spikes (+5)",
        "  <layer>  Herding      2        6",
    ]
    texts = Texts(net._repr_html_()).texts
    assert {"<layer>.spikes (+5)", "eye.out to <layer>.spikes, 5 ticks"} <= set(texts)
    assert repr(en.Network()) == "<Network, float32: 0 modules, 0 units, 0 wires, 0 weights>"
    assert "<svg" not in en.Network()._repr_html_()


def test_a_large_network_is_not_drawn() -> None:
    net = en.Network()
    for _ in range(25):
        net.add(en.Relay(1))
    assert "<svg" not in net._repr_html_()
    assert len(repr(net).splitlines()) == LINES + 3


def test_a_run_says_where_it_is_and_what_each_module_did(run: en.Run) -> None:
    lines = repr(run).splitlines()
    assert lines[0] == "<Run, t=45: 2 modules, breadth order, reference engine, 80 deliveries>"
    assert lines[1].split() == ["module", "deliveries", "spikes", "adds"]
    by_module = run.tally.by_module()
    assert lines[3].split()[:3] == ["<layer>", "40", str(by_module["<layer>"]["spikes"])]
    assert repr(run.simulation).splitlines()[1:] == lines[1:]
    assert {"eye.spikes", "<layer>.spikes"} <= set(Texts(run._repr_html_()).texts)


def test_a_simulation_without_a_log_has_no_raster_and_one_that_has_not_run_says_so(run: en.Run) -> None:
    sim = en.Simulation(run.simulation.net, engine="reference")
    assert repr(sim) == "<Simulation, idle, not run yet: 2 modules, breadth order, reference engine, 0 deliveries>"
    sim.inject([(0, "eye.spikes", 0, 1)])
    assert "1 delivery" in repr(sim.run(until=3))
    assert "<svg" not in sim._repr_html_()
    kept = en.Simulation(run.simulation.net, engine="reference", record=True)
    assert "<svg" not in kept._repr_html_()


def test_a_look_changes_nothing(run: en.Run) -> None:
    before = (run.log.tobytes(), str(run.tally.to_dict()))
    for thing in (run, run.simulation, run.tally, run.simulation.net):
        assert repr(thing)
        assert thing._repr_html_()
    assert (run.log.tobytes(), str(run.tally.to_dict())) == before


def test_a_simulation_that_runs_is_named_by_its_own_thread_and_by_others() -> None:
    said: list[str] = []

    class Looking(en.PythonModule):
        spikes = en.Port(accepts="units")

        def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
            said.append(repr(sim))
            other = threading.Thread(target=lambda: said.append(repr(sim)))
            other.start()
            other.join()

    net = en.Network()
    module = net.add(Looking())
    sim = en.Simulation(net, engine="reference", record=True)
    sim.inject([(0, module.spikes, 0, 1)])
    sim.run()
    assert said == ["<Simulation, running: 1 module, breadth order, reference engine>"] * 2


def test_a_ledger_is_a_few_lines_for_any_number_of_inputs(run: en.Run) -> None:
    book = en.CostLedger.of(run)
    lines = repr(book).splitlines()
    assert (
        lines[0] == f"<CostLedger, triggering blame: 40 inputs, {run.tally.adds:,} adds, {run.tally.spikes:,} spikes>"
    )
    assert len(lines) == 10
    costliest = book.costliest(1)[0]
    assert lines[2].split()[:3] == [f"{costliest.id:,}", f"{costliest.t:,}", "eye.spikes"]
    assert "adds by time of the input; most:" in " ".join(Texts(book._repr_html_()).texts)
    many = en.simulate(
        run.simulation.net, [(t, "eye.spikes", 0, 1) for t in range(1000)], engine="reference", roots=True
    )
    assert len(repr(en.CostLedger.of(many))) < 1_000
    assert len(en.CostLedger.of(many)._repr_html_()) < 10_000
    limited = en.simulate(run.simulation.net, [(t, "eye.spikes", 0, 1) for t in range(9)], engine="reference", roots=True, root_limit=4)  # fmt: skip
    assert "4 inputs of 9" in repr(en.CostLedger.of(limited))
    empty = en.CostLedger.of(en.simulate(run.simulation.net, engine="reference", roots=True))
    assert repr(empty) == "<CostLedger, triggering blame: 0 inputs, 0 adds, 0 spikes>"
    assert "<svg" not in empty._repr_html_()


def test_a_tally_is_one_line_and_a_page_has_its_modules(run: en.Run) -> None:
    assert repr(run.tally) == f"Tally(deliveries=80, spikes={run.tally.spikes}, adds={run.tally.adds})"
    texts = Texts(run.tally._repr_html_()).texts
    assert {"eye", "<layer>", "adds by module"} <= set(texts)
    empty = en.Simulation(run.simulation.net, engine="reference").tally
    assert "<svg" not in empty._repr_html_()


def test_a_class_must_say_what_it_is() -> None:
    with pytest.raises(NotImplementedError):
        Summarized()._repr_html_()
