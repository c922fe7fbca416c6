"""The extension that links words of the glossary on the site: which uses it takes, and where it leaves a page alone."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS / "extensions"))

import glossary_links  # noqa: E402

TERMS = glossary_links.terms((DOCS / "reference" / "glossary.md").read_text("utf-8"))


def found(text: str) -> list[str]:
    return [text[use.start : use.end] for use in glossary_links.first_uses(text, TERMS)]


def test_every_word_that_has_other_meanings_is_one_of_the_glossary() -> None:
    assert set(glossary_links.MEANT) < set(TERMS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Deliveries of one cascade, and a delivery more.", ["Deliveries", "cascade"]),
        ("Checks once a burst; a port, a wire, an outlet, a tick.", ["burst", "port", "wire", "outlet", "tick"]),
        ("It serves one batch of spikes after another.", ["batch"]),
        ("MNIST in batches of 20 samples.", []),
        ("Counts by root; the square root of a variance (root mean square).", ["root"]),
        ("The smaller root is the earlier crossing.", []),
        ("Over a settled\nwire, once.", ["settled", "wire"]),
        ("The settled states after 20 iterations.", []),
        ("`connect` wires it, and a user notices the phase and the rank.", []),
        ("A layer's notices to itself; other notices are counted apart.", ["notices"]),
        ("Reports, supports, ticked boxes, wireless, herdings'.", ["herdings"]),
        ("Bursting neurons and important things.", []),
        ("Root", ["Root"]),
    ],
)
def test_first_uses_in_a_text(text: str, words: list[str]) -> None:
    assert found(text) == words


def page(**made: Any) -> Any:
    """A page of docutils with the word port in a title, code, a table and a link, and in two paragraphs."""
    nodes: Any = pytest.importorskip("docutils.nodes", reason="no docutils: it comes with the extra 'docs'")
    utils = pytest.importorskip("docutils.utils")
    made_of = utils.new_document("page")
    section = nodes.section("", nodes.title("", "A port"))
    section += nodes.paragraph("", "", nodes.literal("", "port"), nodes.Text(" and "))
    section += nodes.table("", nodes.paragraph("", "A port in a table."))
    section += nodes.paragraph("", "", nodes.reference("", "a port", refuri=made.get("link", "neurons.html#ports")))
    section += nodes.paragraph("", "Ports take deliveries; a port more.")
    section += nodes.paragraph("", "One delivery more.")
    made_of += section
    return nodes, made_of


def test_a_page_links_the_first_use_in_its_prose() -> None:
    nodes, made = page()
    before = made.astext()
    glossary_links.link(made, TERMS, "../reference/glossary.html")
    links = [(one.astext(), one["refuri"]) for one in made.findall(nodes.reference)]
    assert links == [
        ("a port", "neurons.html#ports"),
        ("Ports", "../reference/glossary.html#port"),
        ("deliveries", "../reference/glossary.html#delivery"),
    ]
    assert made.astext() == before


def test_a_word_that_the_page_links_by_hand_is_left_to_it() -> None:
    nodes, made = page(link="../reference/glossary.html#port")
    glossary_links.link(made, TERMS, "../reference/glossary.html")
    assert [one.astext() for one in made.findall(nodes.reference)] == ["a port", "deliveries"]


def test_the_site_uses_the_extension() -> None:
    assert re.search(r'(?m)^    "glossary_links",$', (DOCS / "conf.py").read_text("utf-8"))
