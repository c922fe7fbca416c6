"""Things that are found by where they stand."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from eventnet import listing
from eventnet.errors import DataError, ModelError
from eventnet.listing import Listing, files_of

GROUP = "eventnet.things"


@pytest.fixture
def things(monkeypatch: pytest.MonkeyPatch) -> Listing:
    """Two of its own, and of other packages one that is there, one of a name that is taken, and one that is not there."""
    rows = [("pi", "math:pi"), ("tau", "math:e"), ("gone", "no_such_module:it")]
    points = [EntryPoint(name, place, GROUP) for name, place in rows] + [EntryPoint("e", "math:e", "another.group")]
    monkeypatch.setattr(listing, "_points", lambda: EntryPoints(points))
    return Listing("thing", GROUP, lambda: {"whole": "math", "tau": "math:tau"}, ["tau", "absent", "pi"])


def test_names_begin_as_asked_and_go_on_in_order(things: Listing) -> None:
    assert things.names() == ["tau", "pi", "gone", "whole"]


def test_a_name_gives_an_attribute_or_a_module_and_a_name_of_its_own_is_not_taken_away(things: Listing) -> None:
    import math

    assert (things.find("pi"), things.find("tau"), things.find("whole")) == (math.pi, math.tau, math)
    assert set(things.others()) == {"pi", "gone"}


def test_what_cannot_be_had_is_an_error_of_the_package(things: Listing) -> None:
    with pytest.raises(ModelError, match="unknown thing 'e'; there are: tau, pi, gone, whole"):
        things.find("e")
    with pytest.raises(DataError, match="thing 'gone' of no_such_module:it cannot be loaded: No module named"):
        things.find("gone")


def test_files_go_by_what_follows_a_prefix(tmp_path: Path) -> None:
    for name in ("thing_one.py", "thing_two_more.py", "other.py", "thing_text.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "thing_folder").mkdir()
    (tmp_path / "thing_folder" / "__init__.py").write_text("")
    assert files_of([str(tmp_path)], "a.b", "thing_") == {"one": "a.b.thing_one", "two-more": "a.b.thing_two_more"}
    assert set(files_of([str(tmp_path)], "a.b")) == {"thing-one", "thing-two-more", "other"}
