"""Pictures of the pattern scenario are drawn, of short and of silent runs too."""

from __future__ import annotations

import pytest

from eventnet.scenarios.pattern import PatternParameters, compare, figures
from eventnet.scenarios.shared.parameter_file import loads

TEXT = "[run]\nruns = 2\nduration_s = {}\n[input]\nafferents = 60\npattern_afferents = 30\n[neuron]\nthreshold = {}\nreset = -30"


@pytest.mark.slow
@pytest.mark.parametrize("seconds, threshold", [(2.5, 15), (1.0, 1e6)])
def test_every_picture_is_drawn(seconds: float, threshold: float) -> None:
    found = compare(loads(TEXT.format(seconds, threshold), PatternParameters()), progress=lambda done, of: None)
    for name in ("weights", "raster", "potential", "latency"):
        assert getattr(figures, name)(found).startswith(b"\x89PNG")
