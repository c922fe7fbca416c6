"""Examples in the documentation run, and print what the page says they print."""

from __future__ import annotations

import re
from pathlib import Path

import fresh
import pytest

ROOT = Path(__file__).parents[1]
GENERATED = ROOT / "docs" / "generated"
PAGES = [ROOT / "README.md", *(p for p in sorted((ROOT / "docs").rglob("*.md")) if GENERATED not in p.parents)]
EXAMPLE = re.compile(r"```python\n(.*?)```(?:\n\n```\n(.*?)```)?", re.S)
COMPILE_MUCH = (
    "change fusion fusion-network gaze leaky plasticity predicted-spikes predictive-coding races stdp-digits stdp-pattern "
    "cancellation ablation"
).split()
"""Pages whose examples compile rules that the ordinary suite does without."""
EXAMPLES = [
    pytest.param(
        code,
        printed,
        id=f"{page.relative_to(ROOT).with_suffix('')}-{k}",
        marks=[pytest.mark.slow] if page.stem in COMPILE_MUCH else [],
    )
    for page in PAGES
    for k, (code, printed) in enumerate(EXAMPLE.findall(page.read_text()))
]


@pytest.mark.parametrize(("code", "printed"), EXAMPLES)
def test_an_example_prints_what_the_page_says(code: str, printed: str, tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(code)
    ended = fresh.run(script)
    assert ended.code == 0, ended.err
    assert ended.out == printed


# --- length ---
MOST_WORDS = 1500
FREE = ("docs/reference/", "docs/explanation/decisions/")
"""Rooms whose pages are as long as what they describe."""

TOO_LONG = set("docs/how-to/anytime.md docs/results/routing-order.md".split())
"""Pages that are still too long: this list shrinks."""

NO_PROSE = re.compile(r"(?ms)^(`{3,}).*?^\1$|^\|.*?$|<!--.*?-->|!?\[(?=[^\]]*\]\()|\]\([^)]*\)")


def words_of_prose(page: str) -> int:
    """Words of a page; code blocks, tables, comments and the targets of links are not counted."""
    return sum(any(map(str.isalnum, word)) for word in NO_PROSE.sub(" ", page).split())


def test_pages_are_short() -> None:
    lengths = {
        str(page.relative_to(ROOT)): words_of_prose(page.read_text("utf-8"))
        for page in PAGES
        if not str(page.relative_to(ROOT)).startswith(FREE)
    }
    longer = {name: words for name, words in lengths.items() if words > MOST_WORDS}
    assert {name: words for name, words in longer.items() if name not in TOO_LONG} == {}
    assert {name for name in TOO_LONG if name not in longer} == set(), "short by now: take them off the list"


def test_words_of_prose_are_neither_code_nor_tables() -> None:
    page = "# One two\n\n```python\nx = 1\n```\n\nThree `four` [five](six.md) - 7.\n\n| a | b |\n|---|---|\n"
    assert words_of_prose(page) == 6
