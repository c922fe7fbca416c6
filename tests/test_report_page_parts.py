"""In a browser: the flame graph, the flow from sensors to modules, the search in tables, and all of it on a phone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from report_cases import two_sensors
from test_report_page import rows

from eventnet.analysis import count_operations
from eventnet.report import describe, render

FRAMES = "[...document.querySelectorAll('#flame .frame')]"
TAKEN = (
    "window.taken = []; window.real = URL.createObjectURL; URL.createObjectURL = (blob) => { taken.push(blob.text());"
    " return real(blob); }; HTMLAnchorElement.prototype.click = function () { taken.push(this.download); };"
)


@pytest.fixture(scope="module")
def described() -> Any:
    sim, counts = two_sensors(60, count=count_operations)
    return json.loads(json.dumps(describe(sim, counts=counts)))


@pytest.fixture(scope="module")
def page(described: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("report") / "parts.html"
    path.write_bytes(render(described))
    return path


def totals(found: Any, column: str) -> list[int]:
    """Of each frame, with what stands on it."""
    sums = list(found[column])
    for k in range(len(sums) - 1, -1, -1):
        if found["parent"][k] >= 0:
            sums[found["parent"][k]] += sums[k]
    return sums


@pytest.mark.slow
@pytest.mark.parametrize("column", ["adds", "deliveries"])
def test_frames_are_as_wide_as_what_went_that_way(reader: Any, page: Path, described: Any, column: str) -> None:
    reader.open(page)
    reader.click(f"#flames button[data-by={column}]")
    found = described["flames"]
    sums, every = totals(found, column), sum(found[column])
    drawn = reader.js(f"{FRAMES}.map((e) => [e.dataset.frame, parseFloat(e.style.width), e.textContent])")
    assert drawn[0] == ["all", 100, "all"]
    assert {int(k) for k, _, _ in drawn[1:]} == {k for k, n in enumerate(sums) if n >= 0.0015 * every}
    for k, wide, name in drawn[1:]:
        assert wide == pytest.approx(100 * sums[int(k)] / every, abs=1e-3)  # a style has six digits
        assert name == found["names"][found["label"][int(k)]]
    inside = "(() => { const b = document.getElementById('flame'); return b.scrollWidth <= b.clientWidth + 1; })()"
    assert reader.js(inside)
    assert reader.complaints() == []


@pytest.mark.slow
def test_a_click_zooms_and_a_frame_says_its_figures(reader: Any, page: Path, described: Any) -> None:
    reader.open(page)
    found = described["flames"]
    sums = totals(found, "adds")
    number = next(k for k, below in enumerate(found["parent"]) if below >= 0 and 0 < sums[k] < sums[below])
    reader.click(f"#flame [data-frame='{number}']")
    assert reader.js(f"document.querySelector('#flame [data-frame=\"{number}\"]').style.width") == "100%"
    said = reader.js("document.getElementById('flame-said').textContent")
    assert f"{sums[number]:,} add" in said
    assert f"{found['names'][found['label'][found['parent'][number]]]} › " in said
    assert not reader.js("document.getElementById('flame-out').disabled")
    reader.click(f"#flame [data-frame='{number}']")
    assert reader.js(f"parseFloat(document.querySelector('#flame [data-frame=\"{number}\"]').style.width)") < 100


def test_keys_walk_through_the_flame_graph(reader: Any, page: Path) -> None:
    reader.open(page)
    reader.js("document.querySelector('#flame [tabindex=\"0\"]').focus()")
    now = "document.activeElement.dataset.frame"
    assert reader.js(now) == "all"
    reader.press("ArrowDown")
    first = reader.js(now)
    reader.press("ArrowRight")
    assert reader.js(now) not in ("all", first)
    reader.press("ArrowLeft")
    assert reader.js(now) == first
    reader.press("ArrowDown")
    reader.press("Enter")
    zoomed = reader.js(now)
    assert reader.js("document.activeElement.style.width") == "100%"
    reader.press("Escape")
    reader.press("Escape")
    assert reader.js("document.getElementById('flame-out').disabled")
    assert reader.js(now) == zoomed
    reader.press("Home")
    assert reader.js(now) == "all"
    assert reader.js(f"{FRAMES}.filter((e) => e.tabIndex === 0).length") == 1


def test_the_table_of_frames_has_all_of_them(reader: Any, page: Path, described: Any) -> None:
    reader.open(page)
    shown, found = rows(reader, "flame graph"), described["flames"]
    assert len(shown) == len(found["parent"])
    adds, deliveries = totals(found, "adds"), totals(found, "deliveries")
    for k, row in enumerate(shown):
        assert row[1:] == [f"{n:,}" for n in (found["adds"][k], adds[k], found["deliveries"][k], deliveries[k])]


@pytest.mark.parametrize("column", ["deliveries", "adds", "energy"])
def test_streams_are_as_wide_as_their_sums(reader: Any, page: Path, described: Any, column: str) -> None:
    reader.open(page)
    reader.click(f"#flow button[data-by={column}]")
    at = 2 + ["deliveries", "adds", "energy"].index(column)
    streams = {(s[0], s[1]): s[at] for s in described["flow"]["streams"] if s[at]}
    drawn = reader.js(
        "[...document.querySelectorAll('#flow .stream')].map((e) => [e.dataset.from, e.dataset.to, parseFloat(/v([\\d.]+)C/.exec(e.getAttribute('d'))[1])])"
    )
    assert {(a, b) for a, b, _ in drawn} == set(streams)
    scale = max(wide for _, _, wide in drawn) / max(streams.values())
    for a, b, wide in drawn:
        assert wide == pytest.approx(max(0.8, scale * streams[a, b]), rel=1e-6)  # 0.8: the thinnest line
    assert rows(reader, "flow") != []


def test_a_search_shows_the_rows_with_all_of_its_words(reader: Any, page: Path, described: Any) -> None:
    reader.open(page)
    reader.js("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    whole = rows(reader, "flame graph")
    reader.click('#flames input[type="search"]')
    reader.js(
        "(() => { const e = document.activeElement; e.value = 'EAR both'; e.dispatchEvent(new Event('input', { bubbles: true })); })()"
    )
    wanted = [row for row in whole if "ear" in row[0] and "both" in row[0]]
    assert 0 < len(wanted) < len(whole)
    assert rows(reader, "flame graph") == wanted
    said = reader.js("document.querySelector('#flames .search [role=status]').textContent")
    assert said == f"{len(wanted)} of {len(whole)}"
    reader.js(TAKEN + "[...document.querySelectorAll('#flames .tools button')][2].click()")
    assert len(json.loads(reader.js("Promise.all(taken)")[0])) == len(whole)  # files hold all
    reader.press("Escape")
    assert rows(reader, "flame graph") == whole
    assert reader.js("document.activeElement.value") == ""
    assert reader.complaints() == []


def test_events_and_deliveries_can_be_searched(reader: Any, page: Path, described: Any) -> None:
    reader.open(page)
    seek = "(() => {{ const e = document.querySelector({!r}); e.focus(); e.value = {!r}; e.dispatchEvent(new Event('input')); }})()"
    reader.js(seek.format("#cascades input[aria-label*='input events']", "ear.spikes +1"))
    listed = reader.js("[...document.querySelectorAll('#events li')].map((e) => e.firstChild.textContent)")
    wanted = [
        e
        for e in described["cascades"]["events"]
        if e["sign"] > 0 and described["ports"][e["port"]]["name"] == "ear.spikes"
    ]
    assert len(listed) == len(wanted) > 1
    assert all(words.startswith("ear.spikes") and words.endswith("+1") for words in listed)
    reader.press("Tab")
    assert reader.js("document.activeElement.getAttribute('role')") == "option"
    reader.press("ArrowDown")
    assert reader.js("document.querySelector('[aria-selected=true]').textContent").startswith("ear.spikes")
    whole = reader.js("document.querySelectorAll('#deliveries tbody tr').length")
    reader.js(seek.format("#cascades input[aria-label*='deliveries']", "ear.spikes"))
    assert reader.js("document.querySelectorAll('#deliveries tbody tr').length") == 1 < whole
    reader.press("Escape")
    assert reader.js("document.querySelectorAll('#deliveries tbody tr').length") == whole


PHONE = """(() => {
  const wide = document.documentElement.clientWidth;
  const out = [...document.querySelectorAll('body *')].filter((e) => {
    if (!e.getClientRects().length || e.closest('.unseen, .skip')) return false;
    if (e.parentElement.closest('.scroll, .listbox')) return false;
    const b = e.getBoundingClientRect();
    return b.right > wide + 1 || b.left < -1;
  });
  const small = [...document.querySelectorAll('body *')].filter((e) => {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length || ['SCRIPT', 'STYLE', 'TITLE', 'NOSCRIPT'].includes(e.tagName.toUpperCase())) return false;
    const svg = e.closest('svg'), scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    return parseFloat(getComputedStyle(e).fontSize) * scale < 8.9;
  });
  return [document.documentElement.scrollWidth <= wide, out.map((e) => e.outerHTML.slice(0, 90)), small.map((e) => e.outerHTML.slice(0, 90))];
})()"""


def test_on_a_phone_all_is_inside_the_screen_and_can_be_read(reader: Any, page: Path) -> None:
    reader.open(page, width=390, height=844)
    reader.js("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert reader.js(PHONE) == [True, [], []]


def test_a_run_of_which_little_is_known_says_so(reader: Any, tmp_path: Path) -> None:
    sim, _ = two_sensors(12)
    path = tmp_path / "page.html"
    path.write_bytes(render(describe(sim)))
    reader.open(path)
    assert "Adds are not known delivery by delivery" in reader.js("document.getElementById('flames').textContent")
    assert "Not known by sensor and module: adds and energy." in reader.js(
        "document.getElementById('flow').textContent"
    )
    assert reader.complaints() == []
