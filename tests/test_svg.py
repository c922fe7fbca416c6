"""Small pictures: well-formed, escaped, bounded, in colours that can be read on white and on black."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventnet.base.svg import MARKS, MINUS, PLUS, Band, Box, bars, boxes, columns, raster, shortened, steps

SVG = "{http://www.w3.org/2000/svg}"


def parsed(text: str) -> ElementTree.Element:
    found = ElementTree.fromstring(text)
    assert found.tag == f"{SVG}svg"
    return found


def words(text: str) -> list[str]:
    return ["".join(found.itertext()) for found in parsed(text).iter(f"{SVG}text")]


def band(name: str, units: int, rows: list[tuple[int, int, int]]) -> Band:
    t, index, sign = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return Band(name, units, t, index, sign)


def strokes(text: str, colour: str) -> list[tuple[float, float, float]]:
    """Where the strokes of a colour begin, and how long they are."""
    paths = [p for p in parsed(text).iter(f"{SVG}path") if p.get("stroke") == colour]
    found = [re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)", p.get("d", "")) for p in paths]
    return [(float(x), float(y), float(long)) for path in found for x, y, long in path]


def test_a_mark_stands_where_and_when_something_arrived() -> None:
    text = raster([band("eye", 4, [(0, 0, 1), (99, 3, -1)]), band("sink", 1, [(50, 0, 1)])], 0, 99)
    (early, middle), (late,) = strokes(text, PLUS), strokes(text, MINUS)
    assert early[0] < middle[0] < late[0]
    assert early[1] < late[1] < middle[1]  # index 0 above index 3, and the next port below
    assert words(text)[:2] == ["eye", "sink"]
    assert words(text)[-3:] == ["0", "99 ticks", "+1 −1"]


def test_what_arrives_at_each_of_neighbouring_ticks_is_one_stroke() -> None:
    text = raster([band("a", 1, [(t, 0, 1) for t in range(10, 20)])], 0, 29)
    assert len(strokes(text, PLUS)) == 1


@pytest.mark.parametrize("end", [0, 1, 10**6, 2**61])
@pytest.mark.parametrize("n", [1, 5_000])
def test_a_raster_is_bounded_whatever_arrived(end: int, n: int) -> None:
    rng = np.random.default_rng(3)
    bands = [
        Band(f"p{k}", 300, rng.integers(0, end + 1, n), rng.integers(0, 300, n), rng.choice([-1, 1], n))
        for k in range(30)
    ]
    text = raster(bands, 0, end)
    assert 1 <= len(strokes(text, PLUS)) + len(strokes(text, MINUS)) <= MARKS
    assert "18 more ports" in words(text)[-1]


def test_a_port_may_be_told_fewer_units_than_arrive() -> None:
    assert len(strokes(raster([band("a", 1, [(0, 0, 1), (5, 40, 1)])], 0, 9), PLUS)) == 2


# --- boxes -----------------------------------------------------------------------------------------------------------
def test_boxes_stand_right_of_those_that_lead_to_them() -> None:
    assert columns([(0, 1), (1, 2), (0, 2)], 3) == [0, 1, 2]
    assert columns([(0, 1), (1, 0)], 2) == [0, 1]
    assert columns([(0, 0)], 1) == [0]
    assert columns([(2, 1), (1, 0)], 3) == [2, 1, 0]
    assert columns([], 2) == [0, 0]


@given(st.integers(1, 9), st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=30))
@settings(deadline=None)
def test_where_no_circle_is_every_arrow_goes_right(n: int, arrows: list[tuple[int, int]]) -> None:
    shown = [(min(a, b) % n, max(a, b) % n) for a, b in arrows]
    acyclic = [(a, b) for a, b in shown if a < b]
    found = columns(acyclic, n)
    assert all(found[a] < found[b] for a, b in acyclic)
    assert sorted(set(found)) == list(range(max(found) + 1))
    assert len(columns(shown, n)) == n  # circles are no trouble


def test_boxes_and_arrows_say_what_they_are() -> None:
    text = boxes(
        [Box("eye", "Relay, 3"), Box("hidden", "Herding, 5")], [(0, 1, "eye.out to hidden.spikes"), (1, 1, "x")]
    )
    assert words(text) == ["eye", "Relay, 3", "hidden", "Herding, 5"]
    titles = [found.text for found in parsed(text).iter(f"{SVG}title")]
    assert "eye.out to hidden.spikes" in titles
    boxes([], [])


# --- amounts ---------------------------------------------------------------------------------------------------------
def test_bars_are_as_long_as_their_amounts() -> None:
    text = bars([("a", 100.0), ("b", 50.0), ("c", 0.0)], "adds")
    wide = [float(found.get("width", "0")) for found in parsed(text).iter(f"{SVG}rect")]
    assert wide[0] == pytest.approx(2 * wide[1], rel=1e-3)
    assert wide[2] == 1
    assert words(text) == ["a", "100", "b", "50", "c", "0", "adds"]
    bars([], "adds")
    bars([("a", 0)], "adds")


def test_steps_are_as_high_as_their_amounts() -> None:
    text = steps([1.0, 4.0, 0.0], "0", "30 ticks", "adds")
    path = next(parsed(text).iter(f"{SVG}path")).get("d", "")
    low, high, none = (float(v) for v in re.findall(r"V([\d.]+)h", path))
    assert (none - low) * 4 == pytest.approx(none - high, rel=1e-3)
    assert words(text) == ["adds; most: 4", "0", "30 ticks"]
    steps([], "0", "0", "adds")


# --- all of them -----------------------------------------------------------------------------------------------------
WICKED = "</title><script>alert('&\")</script>"


def test_text_is_escaped() -> None:
    made = [
        raster([band(WICKED, 1, [(0, 0, 1)])], 0, 0), boxes([Box(WICKED, WICKED)] * 2, [(0, 1, WICKED)]),
        bars([(WICKED, 1)], WICKED), steps([1], WICKED, WICKED, WICKED),
    ]  # fmt: skip
    for text in made:
        parsed(text)
        assert "<script" not in text
        assert any(shortened(WICKED)[:9] in said for said in parsed(text).itertext())


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_marks_can_be_seen_on_white_and_on_black_and_text_takes_the_colour_around_it() -> None:
    for colour, ground in ((colour, ground) for colour in (PLUS, MINUS) for ground in ("#ffffff", "#111111")):
        assert contrast(colour, ground) >= 3, (colour, ground)  # WCAG 2.1, 1.4.11: graphics
    text = raster([band("a", 1, [(0, 0, 1), (0, 0, -1)])], 0, 0) + bars([("a", 1)], "adds")
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', text)) <= {"currentColor", "none", PLUS, MINUS}


def test_a_long_name_is_cut() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "ab…"
    assert all(len(shortened("x" * a, 5)) <= len(shortened("x" * b, 5)) for a, b in pairwise(range(9)))
