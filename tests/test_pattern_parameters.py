"""Parameters of the pattern scenario: what is refused, and that its text is read back."""

from __future__ import annotations

import pytest

from eventnet.errors import DataError
from eventnet.scenarios.pattern import PatternParameters
from eventnet.scenarios.shared.parameter_file import as_toml, loads


def test_the_printed_text_is_read_back() -> None:
    given = loads("[run]\nruns = 3\n[input]\nnoise_hz = 0\n[plasticity]\na_plus = 0.01", PatternParameters())
    assert loads(as_toml(given), PatternParameters()) == given != PatternParameters()


@pytest.mark.parametrize("text, words", [
    ("[input]\npattern_share = 0.6", "pattern_share is 0.6; wanted from 0.001 to 0.5"),
    ("[input]\npattern_afferents = 3000", "pattern_afferents is 3000, of 2000 afferents"),
    ("[input]\njitter_us = 3", "here it is 'jitter_ms'"),
    ("[neuron]\ntau_s_ms = 10", r"\[neuron\] has tau_s_ms 10.0; wanted it below tau_m_ms 10.0"),
    ("[neuron]\nthreshold = 0", "threshold is 0.0; wanted from 1e-06"),
    ("[neuron]\nreset = 501", r"\[neuron\] has reset 501.0 past threshold 500.0"),
    ("[plasticity]\nstart = 1.5", "start is 1.5; wanted from 0 to 1"),
    ("[run]\nduration_s = 0.5", "duration_s is 0.5; wanted from 1"),
    ("[run]\nruns = 0", "runs is 0; wanted from 1"),
])  # fmt: skip
def test_what_cannot_be_is_refused(text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        loads(text, PatternParameters())
