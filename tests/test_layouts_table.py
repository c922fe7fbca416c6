"""The table of layouts: the page has what the script writes, and the script counts what the files hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from io_cases import random_events
from test_io_other_decoders import script

from eventnet.io import READERS, write_events

PAGE = script.PAGE.read_text("utf-8")


def test_the_page_has_every_row_of_the_script_and_no_other() -> None:
    rows = script.rows_of(PAGE)
    assert list(rows) == [row.layout for row in script.ROWS]
    for row in script.ROWS:
        made, real, words = rows[row.layout]
        assert made == row.made
        assert (real == script.NONE) == (not row.real)
        assert row.words in words
        assert [part.partition(":")[0] for part in words.split("; ")][: len(row.decoders)] == list(row.decoders)
        assert "differs" not in words


def test_every_reader_has_a_row() -> None:
    named = " ".join(row.layout for row in script.ROWS)
    assert [name for name in READERS if f"`{name}`" not in named and f"`.{name}`" not in named] == []


@pytest.mark.slow
def test_the_page_is_what_the_script_writes_now(shared: Path) -> None:
    assert script.written(PAGE, shared / "data") == PAGE


def test_facts_are_those_of_the_file(tmp_path: Path) -> None:
    events = random_events(50, seed=3)
    write_events(tmp_path / "a.npz", events)
    said = script.Real("a.npz").said(tmp_path)
    assert said == f"`a.npz`: 50, {events['t'][0]:,} to {events['t'][-1]:,}, {events['p'].mean():.4f}"


def test_a_decoder_s_verdict_is_of_all_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = random_events(50, seed=3)
    write_events(tmp_path / "a.npz", events)
    other = events.copy()
    monkeypatch.setitem(script.DECODERS, "made up", ("numpy", lambda path: other))
    reals: Any = (script.Real("a.npz"),)
    assert script.verdict("made up", reals, tmp_path) == "made up: `a.npz` equal"
    other["y"][7] += 1
    other["t"][[7, 9]] += 1
    assert script.verdict("made up", reals, tmp_path) == "made up: `a.npz` differs in 2 events"
    monkeypatch.setitem(script.DECODERS, "made up", ("no_such_library", lambda path: other))
    assert script.verdict("made up", reals, tmp_path) is None
