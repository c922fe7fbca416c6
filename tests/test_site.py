"""The documentation's site: pages of the API for every public name, docstrings as they are written here, links, tables.

What Sphinx itself says of the whole is a part of the checks of a clone, and not of this suite.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import eventnet as en

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs" / "extensions"))

import api_pages  # noqa: E402
import check_links  # noqa: E402
import plain_docstrings  # noqa: E402
import reference_tables  # noqa: E402

# --- the API ---
WITHIN = {
    "eventnet.neurons": "its names are those of eventnet",
    "eventnet.intake": "what a user calls of it is eventnet's",
    "eventnet.cli": "the commands, which the page of the command line describes",
    **{
        f"eventnet.scenarios.{name}": "parts of one scenario, which its page describes"
        for name in ("attitude", "brunel", "fusion", "fusion.train", "gaze", "microcircuit", "pattern", "vogels_abbott")
    },
}
"""Packages with an `__all__` that are no rooms of their own, and why."""


def packages() -> Iterator[str]:
    """Every package of eventnet that says what is public."""
    for top in ("eventnet", "models", "scenarios"):
        for path in sorted((ROOT / top).rglob("__init__.py")):
            parts = path.parent.relative_to(ROOT).parts
            if "\n__all__ = " in path.read_text("utf-8"):
                yield ".".join(parts if top == "eventnet" else ("eventnet", *parts))


def test_every_public_name_has_a_page_or_is_shown_under_its_first_name() -> None:
    pages = api_pages.pages()
    first = api_pages.described()
    for room in api_pages.ROOMS:
        for one in api_pages.public(room):
            if one.kind == "module":
                assert f"{one.home}.rst" in pages, one.path
            else:
                assert f"{first[api_pages.key_of(one)].page}.rst" in pages, one.path
            assert f":doc:`{one.name} <" in pages[f"{room}.rst"], one.path


def test_rooms_are_all_packages_that_say_what_is_public() -> None:
    assert {name for name in packages() if name not in api_pages.ROOMS} == set(WITHIN)
    assert set(import_module("eventnet.neurons").__all__) - set(en.__all__) == {"NEURONS"}


def test_the_page_of_the_api_leads_to_every_room() -> None:
    page = (ROOT / "docs" / "reference" / "api" / "index.md").read_text("utf-8")
    assert [room for room in api_pages.ROOMS if f"../../generated/api/{room}\n" not in page] == []


def test_no_two_pages_have_names_that_differ_in_case_alone() -> None:
    names = [name.lower() for name in api_pages.pages()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("room", api_pages.ROOMS)
def test_every_public_name_says_what_it_is(room: str) -> None:
    assert [one.path for one in api_pages.public(room) if not one.doc.strip()] == []


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties that a class itself defines."""
    for name, member in vars(cls).items():
        plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if not name.startswith("_") and (inspect.isfunction(plain) or isinstance(plain, property)):
            yield name, plain


def test_every_public_method_says_what_it_does() -> None:
    silent = [
        f"{one.path}.{name}"
        for one in api_pages.described().values()
        if inspect.isclass(one.thing) and one.thing.__module__.startswith("eventnet")
        for name, member in members(one.thing)
        if not inspect.getdoc(getattr(one.thing, name))
    ]
    assert silent == []


# --- docstrings ---
@pytest.mark.parametrize(
    ("plain", "wanted"),
    [
        ("Text, `code` and `a b`.", "Text, :py:obj:`code` and ``a b``.\n"),
        ("2 * n and name_ and |x|", "2 \\* n and name\\_ and \\|x\\|\n"),
        ("`seen`s [n]", ":py:obj:`seen`\\ s [n]\n"),
        ("order   a name\nroots   count\n        twice", "``order``\n   a name\n\n``roots``\n   count twice\n"),
        ("Arguments:\n    units  a whole number", ".. rubric:: Arguments\n\n``units``\n   a whole number\n"),
        ("dtype: its type\nports: names,\nby number", "``dtype``\n   its type\n\n``ports``\n   names, by number\n"),
        ("As in:\n\n    x = 1\n    y = 2", "As in:\n\n.. code-block:: python\n   :force:\n\n   x = 1\n   y = 2\n"),
        ("    x = 1  # one\n", ".. code-block:: python\n   :force:\n\n   x = 1  # one\n"),
        ("- one\n  and *\n- two", "- one\n  and \\*\n- two\n"),
    ],
)
def test_a_plain_docstring_as_restructured_text(plain: str, wanted: str) -> None:
    assert plain_docstrings.as_rst(plain) == wanted


def test_a_module_class_has_its_declarations_as_lists() -> None:
    made = plain_docstrings.as_rst(str(inspect.getdoc(en.Herding)))
    for title in ("Arguments", "State", "Ports", "Outlets"):
        assert f".. rubric:: {title}\n" in made
    assert "``reset_policy``\n   a text, 'zero' by default: what :py:obj:`reset` does" in made


def docstrings_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of each docstring of a file, private ones and those below attributes included."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value


@pytest.mark.parametrize("top", ["eventnet", "models", "scenarios"])
def test_a_docstring_names_its_subject(top: str) -> None:
    """One that begins with `What`, `Where` or `Who` leaves it to be guessed."""
    files = sorted((ROOT / top).rglob("*.py"))
    found = [(path, line, doc) for path in files for line, doc in docstrings_of(path)]
    assert len(found) > 500
    asking = [(path, line) for path, line, doc in found if doc.lstrip().startswith(("What ", "Where ", "Who "))]
    assert [f"{path.relative_to(ROOT)}:{line}" for path, line in asking] == []


# --- links ---
def test_links_of_pages_lead_somewhere() -> None:
    assert [line for page in check_links.pages() for line in check_links.broken_in(page)] == []


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Why constants by module, `R.MADE`?", "why-constants-by-module-rmade"),
        ("Figures 5.1 and 5.2: codes", "figures-51-and-52-codes"),
        ("[Neurons](neurons.md)", "neurons"),
    ],
)
def test_anchors_are_those_of_github(heading: str, anchor: str) -> None:
    assert check_links.slug(heading) == anchor


def test_a_site_is_checked_for_files_anchors_and_what_it_loads(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="#here"> <a href="b.html#there"> <a href="b.html#gone"> <a href="c.html">'
        '<a href="https://example.net"> <img src="d.png"> <script src="https://example.net/x.js"></script>'
    )
    (tmp_path / "b.html").write_text('<p id="there">')
    assert sorted(check_links.broken_on(tmp_path / "a.html", tmp_path)) == [
        "a.html links to b.html#gone, but there is no such anchor",
        "a.html links to c.html, which is not there",
        "a.html links to d.png, which is not there",
        "a.html loads https://example.net/x.js from elsewhere",
    ]


# --- tables ---
@pytest.mark.parametrize("page", reference_tables.PAGES)
def test_tables_of_a_reference_page_are_those_of_the_code(page: str) -> None:
    text = (ROOT / "docs" / "reference" / f"{page}.md").read_text("utf-8")
    assert text == reference_tables.written(page), "run docs/extensions/reference_tables.py"
