"""Pages of the documentation: not too long, lines that fit, when not to use a thing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
BLOCK = re.compile(r"(?ms)^```.*?^```$|^\$\$.*?\$\$$")
NO_THING = {"README", "index", "citing", "roadmap", "when-events-pay"}
"""Pages that describe nothing that one could use where it does not fit, or are about just that."""


def is_reference(page: Path) -> bool:
    """Whether a page is there to look things up in: such pages are as long as they must be."""
    return bool({"reference", "decisions"} & set(page.relative_to(ROOT).parts))


def prose(page: Path) -> list[str]:
    """The lines of a page without code, equations and pictures on lines of their own, and tables."""
    lines = BLOCK.sub("", page.read_text("utf-8")).splitlines()
    return [line for line in lines if not line.lstrip().startswith(("|", "!["))]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_a_page_to_be_read_has_less_than_1500_words(page: Path) -> None:
    if not is_reference(page):
        assert len(" ".join(prose(page)).split()) < 1500


@pytest.mark.parametrize("page", PAGES[1:], ids=NAMES[1:])
def test_lines_of_prose_have_at_most_120_characters(page: Path) -> None:
    if "decisions" in page.parts:
        pytest.skip("a line holds what one line of a decision says")
    long = [line for line in prose(page) if len(line) > 120 and not line.startswith("    ")]
    assert not long, f"{len(long)} lines are longer, the first: {long[0][:80]}..."


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_a_page_says_when_not_to_use_what_it_describes(page: Path) -> None:
    rooms = {"tutorial", "results"} & set(page.parts)
    if is_reference(page) or page.stem in NO_THING or rooms:
        return
    headings = re.findall(r"(?m)^## When (.+)$", page.read_text("utf-8"))
    assert any(re.search(r"\bnot\b", heading) for heading in headings)


def test_every_decision_is_in_their_index() -> None:
    folder = ROOT / "docs" / "explanation" / "decisions"
    for page in folder.glob("*.md"):
        if page.name != "index.md":
            asked = re.findall(r"^## (.*)$", page.read_text("utf-8"), re.M)
            index = (folder / "index.md").read_text("utf-8")
            assert re.findall(rf"^- \[(.*)\]\({re.escape(page.name)}#", index, re.M) == asked


def test_every_page_stands_in_a_table_of_contents() -> None:
    pages = set(DOCS.rglob("*.md"))
    listed = {DOCS / "index.md"}
    for page in pages:
        for table in re.findall(r"(?ms)^```\{toctree\}\n(.*?)^```$", page.read_text("utf-8")):
            names = [line.split("<")[-1].rstrip(">") for line in table.split("\n") if line and not line.startswith(":")]
            listed |= {found for name in names for found in page.parent.glob(f"{name}.md")}
    assert not [page.relative_to(ROOT).as_posix() for page in sorted(pages - listed)]
