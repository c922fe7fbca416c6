"""Pages that explain how the simulator works link the words of the glossary where they first use them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
TERMS = re.findall(r"(?m)^## (\w+)$", (DOCS / "reference" / "glossary.md").read_text("utf-8"))
PAGES = (
    "explanation/how-it-works how-to/orders reference/counting how-to/cost how-to/clock how-to/writing-a-rule"
).split()
NO_PROSE = re.compile(r"(?ms)^```.*?^```$|`[^`\n]*`|^#.*?$|^\|.*?$|\]\([^)]*\)")


def forms(term: str) -> str:
    """A pattern of a term and its plural; `square root` is another word."""
    plural = f"{term[:-1]}ies" if term.endswith("y") else f"{term}(?:e?s)?"
    return rf"(?i)(?<!square )\b(?:{term}|{plural})\b"


def first_use(page: str, term: str) -> int | None:
    """Where in a page's prose a term stands first; code, headings, tables and targets of links are no prose."""
    prose = NO_PROSE.sub(lambda found: " " * len(found[0]), page)
    found = re.search(forms(term), prose)
    return found.start() if found else None


@pytest.mark.parametrize("name", PAGES)
def test_a_page_links_a_term_where_it_first_uses_it(name: str) -> None:
    page = (DOCS / f"{name}.md").read_text("utf-8")
    for term in TERMS:
        at = first_use(page, term)
        if at is not None:
            before = page[page.rfind("[", 0, at) : at]
            after = page[at : page.find(")", at) + 1]
            glossary = "glossary.md" if name.startswith("reference/") else "../reference/glossary.md"
            linked = before.startswith("[") and "]" not in before and f"]({glossary}#{term.lower()})" in after
            assert linked, f"{name}.md: {term.lower()} is first used in {page[max(at - 40, 0) : at + 40]!r}"


def test_the_glossary_has_the_terms_of_the_simulator() -> None:
    wanted = "root cascade phase rank burst batch settled herding notice delivery tick wire port outlet".split()
    assert sorted(term.lower() for term in TERMS) == sorted(wanted)


def test_every_term_is_used_on_a_page_that_explains() -> None:
    pages = [(DOCS / f"{name}.md").read_text("utf-8") for name in (*PAGES, "reference/neurons")]
    for term in TERMS:
        assert any(f"glossary.md#{term.lower()})" in page for page in pages), term
