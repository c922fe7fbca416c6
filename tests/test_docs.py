"""Examples in the documentation run, and print what the page says they print."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import fresh
import pytest

ROOT = Path(__file__).parents[1]
GENERATED = ROOT / "docs" / "generated"
PAGES = [ROOT / "README.md", *(p for p in sorted((ROOT / "docs").rglob("*.md")) if GENERATED not in p.parents)]
EXAMPLE = re.compile(r"```python\n(.*?)```(?:\n\n```\n(.*?)```)?", re.S)
COMPILE_MUCH = (
    "change fusion fusion-network gaze leaky plasticity predicted-spikes predictive-coding races stdp-digits stdp-pattern "
    "settling flow-sums cancellation ablation cost anytime nir coming-from-nest coming-from-brian2 train-digits "
    "threads plastic-synapses currents-and-conductances coming-from-snntorch a-network-that-settles not-at-rest "
    "sparse-networks hopfield extending sensor-dvs sensor-inertial sensor-frame-camera chapter-2 how-it-works replay"
).split()
"""Pages whose examples compile rules that the ordinary suite does without, or take a second or more."""
WANT = {"scikit-learn": "sklearn"}
"""Pages whose examples want a package that the tests do without."""


def marks(page: str) -> list[pytest.MarkDecorator]:
    """What keeps a page's examples from the ordinary suite, or from an environment."""
    slow = [pytest.mark.slow] if page in COMPILE_MUCH else []
    wanted = WANT.get(page)
    missing = wanted is not None and find_spec(wanted) is None
    return slow + ([pytest.mark.skip(reason=f"{wanted} is not installed")] if missing else [])


EXAMPLES = [
    pytest.param(code, printed, id=f"{page.relative_to(ROOT).with_suffix('')}-{k}", marks=marks(page.stem))
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
