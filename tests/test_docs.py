"""Examples in the documentation run, and print what the page says they print."""

from __future__ import annotations

import re
from pathlib import Path

import fresh
import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "tutorial").glob("*.md"))]
EXAMPLE = re.compile(r"```python\n(.*?)```(?:\n\n```\n(.*?)```)?", re.S)
COMPILE_MUCH = (
    "change fusion fusion-network gaze leaky plasticity predicted-spikes predictive-coding races stdp-digits stdp-pattern "
    "cancellation ablation"
).split()
"""Pages whose examples compile rules that the ordinary suite does without."""
EXAMPLES = [
    pytest.param(code, printed, id=f"{page.stem}-{k}", marks=[pytest.mark.slow] if page.stem in COMPILE_MUCH else [])
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


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"
