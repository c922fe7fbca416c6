"""Things that are found by where they stand."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from eventnet.base import listing
from eventnet.base.listing import Listing, classes_in, files_of
from eventnet.errors import DataError, ModelError

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


def test_places_are_told_of_all_and_own_names_read_no_entry_points(
    things: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {"tau": "math:tau", "pi": "math:pi", "gone": "no_such_module:it", "whole": "math"}
    assert list(things.places().items()) == list(places.items())
    monkeypatch.setattr(listing, "_points", None)
    assert things.own_names() == ["tau", "whole"]


def test_a_class_is_found_as_an_attribute_and_other_names_read_no_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint("Own", "fractions:Fraction", GROUP), EntryPoint("small", "math:pi", GROUP)]
    monkeypatch.setattr(listing, "_points", lambda: EntryPoints(points))
    classes = Listing("class", GROUP, lambda: {"Number": "numbers:Number"})
    from fractions import Fraction
    from numbers import Number

    assert (classes.attribute("Own", "here"), classes.attribute("Number", "here")) == (Fraction, Number)
    with pytest.raises(AttributeError, match="module 'here' has no attribute 'Other'"):
        classes.attribute("Other", "here")
    monkeypatch.setattr(listing, "_points", None)
    for name in ("small", "__wrapped__"):
        with pytest.raises(AttributeError, match=f"module 'here' has no attribute '{name}'"):
            classes.attribute(name, "here")


def test_classes_of_a_package_are_the_public_ones_at_the_top_of_its_modules() -> None:
    class Inside:
        pass

    found = [type(name, (), {"__module__": module}) for name, module in (("A", "p.q"), ("_B", "p.q"), ("C", "pq"))]
    Inside.__module__ = "p.q"
    assert classes_in("p", [*found, Inside]) == {"A": "p.q:A"}
