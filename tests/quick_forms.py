"""Reproductions by where the tests run their quick forms, and what is asked of a picture."""

from __future__ import annotations

from typing import Any

from eventnet.plotting import style

QUICK_ELSEWHERE = """
quantization convergence scales-toy newsgroups frame-rate pd-video sigma-delta-video lif-trace nmnist pd-signals
update-schemes weight-updates pd-error stdp-kernels stdp-equivalence stdp-window routing-order order-learning collapse nir-nmnist hopfield boltzmann
spikeprop equilibrium-orders continuous
""".split()
"""Reproductions whose quick form other tests run, by `reproduce`."""
QUICK_HERE = """
initialized settling-bits binary-neuron settling-search checklist coming-to-rest equilibrium-deep equilibrium-online
equilibrium-dither equilibrium-nudges continuous-digits equilibrium routing hyperparameters mnist pd-mnist pd-depth sigma-delta-mnist
pd-shifts brunel vogels-abbott microcircuit
""".split()
"""Those that run in test_reproductions.py, where their pictures are read too."""
QUICK_LONG = "local-loss equilibrium-bits initialized-digits early-guess larger-network one-way-gate".split()
"""And those that take half a minute and more: they run there with `--whole`."""


READ_ELSEWHERE = ("boltzmann", "scales-toy")
"""Those of the first whose pictures are read where their quick form runs: it is long."""


def can_be_read(figure: Any) -> None:
    found = style.measure(figure)
    assert found.smallest >= style.SMALLEST, found.small
    assert (found.overlaps, found.outside) == ([], [])
