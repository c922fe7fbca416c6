"""Each page of the site links a word of the glossary where it first uses it; pages stay as GitHub shows them.

A word that a page links by hand stays as it is. Code, headings, tables, equations and links are no prose. Some words
have an everyday meaning, too: those are linked only where what stands beside them says which is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from docutils import nodes

GLOSSARY = "reference/glossary"
ELSEWHERE = ("generated/", GLOSSARY)
"""Pages without such links: those of the API, which docstrings make, and the glossary itself."""

MEANT: dict[str, str] = {
    "batch": r"\bbatch(?:es)?(?=\s+of\s+spikes)",  # not of samples
    "notice": r"(?<=settled )notice\b|\bnotices?(?=\s+(?:to\s+itself|is|are)\b)|^notices?$",  # not `fit` notices
    "phase": r"(?!)",  # learning has phases, a sine has one: where the order's is meant, the page says so by hand
    "rank": r"(?!)",  # networks are ranked by cost
    "root": r"(?<=\bby )roots?\b|(?<=\bits )root\b|(?<=\bparent and )root\b|(?<=\bone )root\b|^roots?$",  # not square
    "settled": r"\bsettled(?=\s+wires?\b)",  # not states
    "tick": r"\bticks?\b(?!\s+(?:out\s+of\s+view|labels?))",  # not of an axis
    "wire": r"\bwires?\b(?!\s+(?:it|the|them|units)\b|\s*\Z)",  # not `wires it`, nor before a name in code
}
"""What is searched for a word that has other meanings; `^...$` is a word set apart, in italics or bold."""


class Use(NamedTuple):
    """A word of the glossary in a text, from `start` to `end`, and the anchor of its entry."""

    start: int
    end: int
    term: str


def terms(glossary: str) -> list[str]:
    """The words that a glossary explains: its headings, in small letters."""
    return [term.lower() for term in re.findall(r"(?m)^## (\w+)$", glossary)]


def pattern(term: str) -> re.Pattern[str]:
    """What is searched for a word: itself and its plural."""
    plural = f"{term[:-1]}ies" if term.endswith("y") else f"{term}e?s"
    return re.compile(MEANT.get(term, rf"\b(?:{term}|{plural})\b"), re.IGNORECASE)


def first_uses(text: str, wanted: Iterable[str]) -> list[Use]:
    """The first use of each word in a text, from left to right, each letter in one of them at most."""
    found = sorted(Use(*hit.span(), term) for term in wanted if (hit := pattern(term).search(text)))
    return [use for k, use in enumerate(found) if all(use.start >= other.end for other in found[:k])]


def prose(page: nodes.document) -> Iterator[nodes.Text]:
    """The texts of a page that are prose."""
    from docutils import nodes

    other = (
        nodes.literal, nodes.FixedTextElement, nodes.reference, nodes.title, nodes.rubric, nodes.table, nodes.math,
        nodes.math_block, nodes.raw, nodes.caption, nodes.Invisible,
    )  # fmt: skip

    def is_prose(node: nodes.Node | None) -> bool:
        return node is None or (not isinstance(node, other) and is_prose(node.parent))

    return (text for text in list(page.findall(nodes.Text)) if is_prose(text.parent))


def link(page: nodes.document, wanted: Iterable[str], glossary: str) -> None:
    """Link the first use of each word in a page, but for those that it links already. glossary: its address."""
    from docutils import nodes

    there = {str(node.get("refuri", "")) for node in page.findall(nodes.reference)}
    left = [term for term in wanted if not any(to.endswith(f"glossary.html#{term}") for to in there)]
    for text in prose(page):
        plain = text.astext()
        uses = first_uses(plain, left)
        if not uses:
            continue
        parts: list[nodes.Node] = []
        at = 0
        for use in uses:
            left.remove(use.term)
            word = plain[use.start : use.end]
            to = f"{glossary}#{use.term}"
            parts += [
                nodes.Text(plain[at : use.start]),
                nodes.reference("", word, internal=True, refuri=to, classes=["glossary-word"]),
            ]
            at = use.end
        text.parent.replace(text, [*parts, nodes.Text(plain[at:])])


def resolved(app: Any, page: nodes.document, name: str) -> None:
    """What Sphinx calls for each page before it is written."""
    if not name.startswith(ELSEWHERE):
        wanted = terms((Path(app.srcdir) / f"{GLOSSARY}.md").read_text("utf-8"))
        link(page, wanted, app.builder.get_relative_uri(name, GLOSSARY))


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("doctree-resolved", resolved)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
