"""The page of a report in a browser: what it shows, hears, prints and keeps to itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from report_cases import NASTY, tangle, unfolded

from eventnet import analysis
from eventnet.cost.pricing import in_units
from eventnet.report import Curve, Mark, Panel, describe, render

ROWS = "[...document.querySelectorAll('#deliveries tbody tr')]"


@pytest.fixture(scope="module")
def described() -> Any:
    """A run with all that a page can show; a module's name and the title try to break out of it."""
    sim, adds = tangle(names=("eye", NASTY, "two", "end"))
    feed = sim.log[sim.log["source"] < 0][["t", "port", "index", "sign"]].tolist()
    return describe(
        sim, title=NASTY, about=[NASTY], adds=adds, orders=analysis.orders(sim.net, feed, coalesce=(None,)),
        panels=[Panel("half of it", sim.tally, 2, "a sample")], marks=[Mark("twin", 40.0, 0.3)],
        curves=[Curve("breadth", [10, 100], [0.5, 0.25], "adds", [0.4, 0.2], [0.6, 0.3]), Curve("depth", [12, 90], [0.6, 0.25]), Curve("depth", [2, 4], [0.6, 0.25], "deliveries")],
        manifest={"command_line": "eventnet report 'a b'", "options": {"x": NASTY}, "seed": 77, "versions": {"eventnet": "1.2.3"}},
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(described: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("report") / "page.html"
    path.write_bytes(render(described))
    return path


# --- without a browser ---
def test_a_page_holds_its_data_and_names_no_address(described: Any, page: Path) -> None:
    text = page.read_text("utf-8")
    assert (
        "</script>"
        not in re.search(r'<script type="application/json" id="data">(.*)</script>\n<script>', text, re.S)[1]
    )  # type: ignore[index]
    data = re.search(r'id="data">(.*?)</script>', text, re.S)
    assert data is not None
    assert json.loads(data[1]) == json.loads(json.dumps(described))
    outside = text.replace(data[1], "").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|src=|url\(|@import|fetch\(|XMLHttpRequest|WebSocket|import\(", outside)
    assert "<script>alert" not in text
    assert text.count("<script") == 2


def test_the_policy_allows_its_own_script_and_styles_alone(page: Path) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page.read_text("utf-8"))
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    assert re.findall(r"(script|style)-src 'sha256-[A-Za-z0-9+/]{43}='", policy[1]) == ["script", "style"]


def test_the_same_description_gives_the_same_bytes(described: Any) -> None:
    assert render(described) == render(described)


# --- in a browser ---
@pytest.mark.slow
def test_it_opens_without_a_word_in_the_console_and_asks_for_nothing(reader: Any, page: Path) -> None:
    reader.open(page)
    reader.click("#by-time")
    reader.click("#play")
    assert reader.complaints() == []
    assert reader.requests() == [page.as_uri()]
    # And could not: the policy forbids it.
    assert reader.js("fetch('http://localhost:9/').then(() => 'asked', () => 'refused')") == "refused"
    assert any("Content Security Policy" in words for words in reader.complaints())


def test_texts_of_users_stay_texts(reader: Any, page: Path) -> None:
    reader.open(page)
    assert reader.js("document.querySelector('h1').textContent") == NASTY.replace("\u2028", "\u2028")
    assert reader.js("document.title").startswith("<script>alert(1)</script>")
    assert reader.js("document.querySelectorAll('script').length") == 2
    assert reader.js("document.querySelectorAll('#network [data-module]')[1].dataset.module") == NASTY


def test_numbers_on_the_page_are_the_tallys(reader: Any, page: Path, described: Any) -> None:
    reader.open(page)
    shown = dict(
        reader.js(
            "[...document.querySelectorAll('.figures div')].map((d) => [d.children[0].textContent, d.children[1].firstChild.textContent])"
        )
    )
    for name, key in (
        ("Deliveries", "deliveries"),
        ("Spikes", "spikes"),
        ("Adds", "adds"),
        ("Multiplications", "multiplies"),
        ("Input events", "inputs"),
    ):
        assert shown[name] == f"{described['run'][key]:,}"
    ports = rows(reader, "ports")
    assert ports[-1] == ["all", *(f"{described['costs'][0]['totals'][c]:,}" for c in described["columns"])]
    named = {p["name"]: [f"{p[c]:,}" for c in described["columns"]] for p in described["ports"]}
    for name, *counts in ports[:-1]:
        assert named[name] == counts
    modules = {row[0]: row for row in rows(reader, "modules")}
    for module in described["costs"][0]["modules"]:
        assert modules[module["name"]][6] == f"{module['adds']:,}"
    orders = rows(reader, "orders")
    assert [row[0] for row in orders] == [o["order"] for o in described["orders"]]
    assert all(row[6].startswith(f"{o['adds']:,}") for row, o in zip(orders, described["orders"], strict=True))
    assert reader.js("document.getElementById('command').textContent") == "eventnet report 'a b'"
    assert "eventnet 1.2.3" in reader.js("document.getElementById('summary').textContent")
    assert "Seed: 77" in reader.js("document.getElementById('summary').textContent")


def test_every_energy_has_one_with_comparisons_beside_it(reader: Any, page: Path, described: Any) -> None:
    reader.open(page)
    short = in_units(described["energy"][0]["comparisons too"]).replace("u", "µ")
    assert f"; {short} with comparisons too" in reader.js("document.getElementById('summary').textContent")
    listed = [in_units(one["comparisons too"]).replace("u", "µ") for one in described["energy"]]
    assert [row[5] for row in rows(reader, "energy")] == listed
    whole = described["costs"][0]["comparisons too"]
    assert rows(reader, "costs This run")[-1][-1] == _count(whole)
    assert f"; {short} with comparisons too." in reader.js("document.getElementById('cost').textContent")
    shown = ["–" if stream[5] is None else _count(stream[5]) for stream in described["flow"]["streams"]]
    assert [row[5] for row in rows(reader, "flow")] == shown
    compared = [_count(o["energy_comparisons_too"]) for o in described["orders"]]
    assert all(row[8].startswith(value) for row, value in zip(rows(reader, "orders"), compared, strict=True))


def _count(value: float) -> str:
    """As the page shows a number below 1,000."""
    assert value < 1000
    return f"{value:.3g}"


def rows(reader: Any, name: str) -> list[list[str]]:
    found: list[list[str]] = reader.js(
        f"[...document.querySelectorAll('table[data-name={json.dumps(name)}] tbody tr')].map((r) => [...r.children].map((c) => c.textContent))"
    )
    return found


def steps(reader: Any) -> list[int]:
    """Delivery numbers of the list, in its order."""
    found: list[int] = reader.js(f"{ROWS}.map((r) => Number(r.dataset.id))")
    return found


def test_a_click_unfolds_the_cascade_in_the_order_of_the_log(reader: Any, page: Path, described: Any) -> None:
    reader.open(page, calm=False)
    number = max(range(len(described["cascades"]["events"])), key=lambda k: described["cascades"]["events"][k]["held"])
    wanted = unfolded(described, number)
    reader.js("document.getElementById('speed').value = '8'")
    reader.click(f"#event-{number}")
    assert reader.js("document.getElementById('said').textContent").startswith("Input event")
    assert reader.js("document.getElementById('play').getAttribute('aria-label')") == "Pause"
    reader.wait("Number(document.getElementById('step').value) >= 2")  # it plays by itself
    reader.click("#begin")
    assert steps(reader) == [d["id"] for d in wanted]
    causes = reader.js(f"{ROWS}.map((r) => r.children[5].textContent)")
    ids = [d["id"] for d in wanted]
    assert causes == ["–", *(f"step {ids.index(d['parent'])}" for d in wanted[1:])]
    ports = [p["module"] for p in described["ports"]]
    for k, delivery in enumerate(wanted[:12]):
        assert reader.js("document.querySelector('#deliveries tr.now').dataset.id") == str(delivery["id"])
        assert reader.js("document.querySelector('.quiet .lit[data-module]').dataset.module") == ports[delivery["port"]]
        assert len(reader.js(f"{ROWS}.filter((r) => r.className === 'ahead').map(() => 1)")) == len(wanted) - k - 1
        reader.click("#next")
    reader.click("#back")
    assert reader.js("document.getElementById('step').value") == str(min(11, len(wanted) - 2))


def test_a_reader_who_wants_no_motion_sees_the_whole_cascade(reader: Any, page: Path) -> None:
    reader.open(page, calm=True)
    reader.click("#event-1")
    assert reader.js("document.getElementById('step').value === document.getElementById('step').max")
    assert reader.js("document.getElementById('play').getAttribute('aria-label')") == "Play"


def test_keys_alone_reach_an_event_and_walk_through_it(reader: Any, page: Path, described: Any) -> None:
    reader.open(page)
    reached = []
    for _ in range(200):
        reader.press("Tab")
        reached.append(reader.js("document.activeElement.id || document.activeElement.textContent"))
        if reader.js("document.activeElement.getAttribute('role') === 'option'"):
            break
    assert reached[0] == "Skip to the report"
    assert reader.js("document.activeElement.getAttribute('role')") == "option"
    assert reader.js("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    reader.press("ArrowDown")
    chosen = reader.js("Number(document.querySelector('[aria-selected=true]').dataset.event)")
    assert reader.js("Number(document.activeElement.dataset.event)") == chosen
    assert steps(reader) == [d["id"] for d in unfolded(described, chosen)]
    reader.press("Home")
    assert reader.js("document.activeElement === document.querySelector('#events').firstElementChild")
    for _ in range(12):
        reader.press("Tab")
        if reader.js("document.activeElement.id") == "step":
            break
    reader.press("Home")
    assert reader.js("document.getElementById('said').textContent").startswith("Input event")
    reader.press("ArrowRight")
    assert reader.js("document.getElementById('said').textContent").startswith("Step 1:")
    assert reader.js("document.getElementById('live').textContent").startswith("Step 1:")
    reader.press("End")
    assert reader.js("document.getElementById('step').value === document.getElementById('step').max")
    reader.press("ArrowLeft")
    reader.js("document.getElementById('next').focus()")  # arrows mean the same on a button of the player
    before = reader.js("Number(document.getElementById('step').value)")
    reader.press("ArrowLeft")
    assert reader.js("Number(document.getElementById('step').value)") == before - 1
    reader.js("document.getElementById('step').focus()")
    reader.press(" ")
    assert reader.js("document.getElementById('play').getAttribute('aria-label')") == "Pause"
    assert reader.complaints() == []


def test_every_picture_has_words_and_a_table_and_every_control_a_name(reader: Any, page: Path) -> None:
    reader.open(page)
    unnamed = reader.js(
        "[...document.querySelectorAll('button, select, input, [role=img], [role=region], [role=listbox]')]"
        ".filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length)).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert unnamed == []
    pictures = reader.js(
        "[...document.querySelectorAll('svg')].filter((e) => e.getAttribute('role') !== 'img' && e.getAttribute('aria-hidden') !== 'true').length"
    )
    assert pictures == 0
    bare = reader.js(
        "[...document.querySelectorAll('section')].filter((e) => e.querySelector('[role=img]') && !e.querySelector('table')).map((e) => e.id)"
    )
    assert bare == []
    assert reader.js(
        "new Set([...document.querySelectorAll('[id]')].map((e) => e.id)).size === document.querySelectorAll('[id]').length"
    )
    for target in reader.js("[...document.querySelectorAll('nav a')].map((a) => a.getAttribute('href'))"):
        assert reader.js(f"document.querySelector({target!r}) !== null")


CONTRASTS = """(() => {
  const colour = (text) => text.match(/[\\d.]+/g).map(Number);
  const bright = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((s, v, k) => s + v * [0.2126, 0.7152, 0.0722][k], 0);
  const ratio = (a, b) => { const [x, y] = [bright(colour(a)), bright(colour(b))].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const ground = (e) => { for (; e; e = e.parentElement) {
    const box = e.tagName === 'g' && e.querySelector(':scope > .box');
    if (box) return getComputedStyle(box).fill;
    const c = getComputedStyle(e).backgroundColor;
    if (colour(c)[3] !== 0) return c;
  } return 'rgb(255, 255, 255)'; };
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || ['SCRIPT', 'STYLE', 'TITLE', 'NOSCRIPT'].includes(e.tagName.toUpperCase()) || e.disabled || !e.getClientRects().length) continue;
    const style = getComputedStyle(e), svg = e instanceof SVGElement;
    found.push([ratio(svg ? style.fill : style.color, ground(e)), 4.5, e.textContent.slice(0, 30), e.outerHTML.slice(0, 90)]);
  }
  for (const e of document.querySelectorAll('svg .wire:not(.idle), svg [class^=f-], svg .plus, svg .minus, svg .curve, svg .range, svg .dot, svg .axis')) {
    const style = getComputedStyle(e), drawn = style.stroke !== 'none' && !e.getAttribute('class').startsWith('f-') ? style.stroke : style.fill;
    found.push([ratio(drawn, ground(e)), 3, 'graphic', e.outerHTML.slice(0, 90)]);
  }
  return [found.length, found.filter(([r, least]) => !(r >= least))];
})()"""


@pytest.mark.parametrize("dark", [False, True])
def test_text_and_graphics_stand_out_in_light_and_dark(reader: Any, page: Path, dark: bool) -> None:
    reader.open(page, dark=dark)
    assert reader.js("document.documentElement.hasAttribute('data-dark')") == dark
    reader.js("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    seen, faint = reader.js(CONTRASTS)
    assert seen > 300
    assert faint == []


def test_colours_can_be_chosen_whatever_the_system_prefers(reader: Any, page: Path) -> None:
    reader.open(page, dark=True)
    light = "getComputedStyle(document.body).backgroundColor === 'rgb(246, 247, 248)'"
    assert not reader.js(light)
    reader.click("button[data-theme=light]")
    assert reader.js(light)
    reader.click("button[data-theme=auto]")
    assert not reader.js(light)
    reader.prefer(dark=False)
    reader.wait(light)


def test_paper_shows_everything_in_light_colours_and_no_buttons(reader: Any, page: Path) -> None:
    reader.open(page, dark=True)
    reader.prefer(dark=True, media="print")
    assert reader.js("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    reader.js("dispatchEvent(new Event('beforeprint'))")
    hidden = reader.js(
        "[...document.querySelectorAll('section table, section [role=img], section h2')].filter((e) => !e.getClientRects().length).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert hidden == []
    cut = reader.js(
        "[...document.querySelectorAll('.scroll')].filter((e) => e.scrollHeight > e.clientHeight + 1 && getComputedStyle(e).overflow !== 'visible').length"
    )
    assert cut == 0
    assert reader.js(
        "[...document.querySelectorAll('.tools, .player, nav, .theme, #events')].every((e) => !e.getClientRects().length)"
    )
    reader.js("dispatchEvent(new Event('afterprint'))")
    assert reader.js("document.querySelectorAll('details[open]').length") == 0
    reader.prefer()
    assert len(reader.print()) > 20_000


@pytest.mark.parametrize("width", [1400, 800, 400])
def test_no_width_makes_the_page_wider_than_the_window(reader: Any, page: Path, width: int) -> None:
    reader.open(page, width=width)
    assert reader.js("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_tables_can_be_taken_along(reader: Any, page: Path, described: Any) -> None:
    reader.open(page)
    reader.js(
        "window.taken = []; window.real = URL.createObjectURL; URL.createObjectURL = (blob) => { taken.push(blob.text()); return real(blob); };"
        "HTMLAnchorElement.prototype.click = function () { taken.push(this.download); };"
    )
    click = "[...document.querySelectorAll('[role=group]')].find((g) => g.getAttribute('aria-label')?.includes('%s')).querySelectorAll('button')[%d].click()"
    reader.js(click % ("“ports”", 1))
    text, name = reader.js("Promise.all(taken)")
    assert name == "ports.csv"
    lines = text.splitlines()
    assert lines[0] == "port," + ",".join(c.replace("_", " ", 1) for c in described["columns"])
    assert lines[-1] == "all," + ",".join(str(described["costs"][0]["totals"][c]) for c in described["columns"])
    reader.js("taken.length = 0; " + click % ("“cascade”", 2))
    saved = json.loads(reader.js("Promise.all(taken)")[0])
    chosen = reader.js("Number(document.querySelector('[aria-selected=true]').dataset.event)")
    assert [row["delivery"] for row in saved] == [d["id"] for d in unfolded(described, chosen)]
    reader.js("taken.length = 0; document.getElementById('all').click()")
    assert json.loads(reader.js("Promise.all(taken)")[0]) == json.loads(json.dumps(described))


def test_a_cell_that_a_spreadsheet_would_run_is_text(reader: Any, tmp_path: Path) -> None:
    sim, _ = tangle(names=("=1+1", "b", "c", "d"))
    path = tmp_path / "page.html"
    path.write_bytes(render(describe(sim)))
    reader.open(path)
    reader.js(
        "window.taken = []; window.real = URL.createObjectURL; URL.createObjectURL = (blob) => { taken.push(blob.text()); return real(blob); };"
        "[...document.querySelectorAll('[role=group]')].find((g) => g.getAttribute('aria-label')?.includes('“modules”')).querySelectorAll('button')[1].click()"
    )
    assert reader.js("Promise.all(taken)")[0].splitlines()[1].startswith("'=1+1,Relay")


@pytest.mark.slow
def test_a_cascade_that_was_cut_says_so_and_a_run_without_inputs_has_no_explorer(reader: Any, tmp_path: Path) -> None:
    sim, adds = tangle()
    path = tmp_path / "cut.html"
    path.write_bytes(render(describe(sim, adds=adds, limit=3)))
    reader.open(path)
    assert "What this page leaves out" in reader.js("document.querySelector('.notes').textContent")
    reader.press("Tab")
    reader.click("#event-1")
    assert "not in this page" in reader.js("document.getElementById('said').textContent")
    import eventnet as en

    net = en.Network()
    net.add(en.Relay(1, name="a"))
    path.write_bytes(render(describe(en.Simulation(net, engine="reference", record=True).run())))
    reader.open(path)
    assert reader.js("document.getElementById('cascades')") is None
    assert reader.complaints() == []
