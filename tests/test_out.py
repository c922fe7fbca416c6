"""What a reaction's spikes become in the job: each compiled writer gives what the plain ones give."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numba import njit

from eventnet.engine.compiled import CompiledEngine
from eventnet.kernels import records as R
from eventnet.kernels.aligned import aligned
from eventnet.kernels.out import Out
from eventnet.kernels.out_compiled import make_out
from eventnet.kernels.prediction_heap import FOREVER
from eventnet.kernels.rows import fire, spike_often
from eventnet.kernels.simd import scratch_words
from eventnet.tally import N_COLUMNS

WIDTHS, MOST, NOW = (70, 3), 40, 7
REACH = (5, -1)
UNWRITTEN = -77


@njit
def compiled_later(port, job, index, sign, outlet, ticks, magnitude):
    make_out(port, job).later(index, sign, outlet, ticks, magnitude)


@njit
def compiled_spike(port, job, index, sign, outlet, magnitude):
    make_out(port, job).spike(index, sign, outlet, magnitude)


@njit
def compiled_often(port, job, index, sign, times, magnitude):
    spike_often(make_out(port, job), index, sign, times, magnitude)


@njit
def compiled_fire(port, job, phi, signed):
    fire(phi, 0.5, 1.0, signed, make_out(port, job), np.zeros(N_COLUMNS, np.int64))


COMPILED = {"later": compiled_later, "spike": compiled_spike, "often": compiled_often, "fire": compiled_fire}


def plainly(out: Out, what: str, arguments: tuple[Any, ...]) -> None:
    if what == "fire":
        phi, signed = arguments
        fire(phi, 0.5, 1.0, signed, out, np.zeros(N_COLUMNS, np.int64))
    elif what == "often":
        spike_often(out, *arguments)
    else:
        getattr(out, what)(*arguments)


class Arrays:
    """A job, a port's row and what they point to; `keyed`: an order reads magnitudes."""

    def __init__(self, keyed: bool) -> None:
        self.job, self.port = np.zeros(R.JOB_WORDS, np.int64), np.zeros(R.PORT_WORDS, np.int64)
        # Room for what may be written beyond the last spike.
        self.codes = np.full(MOST + 16, UNWRITTEN, np.int32)
        self.outlets, self.delays, self.roots, self.parents = (
            np.full(MOST + 16, UNWRITTEN, np.int64) for _ in range(4)
        )
        self.magnitudes = np.full(MOST + 16, float(UNWRITTEN))
        self.scratch = aligned(scratch_words(WIDTHS[0], MOST + 1), np.int64)
        job, port = self.job, self.port
        job[R.OUT_CODES], job[R.OUT_OUTLETS] = self.codes.ctypes.data, self.outlets.ctypes.data
        job[R.OUT_DELAYS], job[R.OUT_MAGNITUDES] = self.delays.ctypes.data, self.magnitudes.ctypes.data * keyed
        job[R.SCRATCH], job[R.SCRATCH_ITEMS] = self.scratch.ctypes.data, MOST + 1
        job[R.LIMIT], job[R.NOW] = MOST, NOW
        port[R.OUTLETS] = len(WIDTHS)
        port[R.WIDTHS : R.WIDTHS + 2], port[R.REACH : R.REACH + 2] = WIDTHS, REACH
        self.addresses = port.ctypes.data, job.ctypes.data

    def spikes(self, made: int, keyed: bool) -> list[tuple[int, int, float, int]]:
        """Code, outlet, magnitude (where it is read) and delay of each spike."""
        assert (self.codes[MOST:] == UNWRITTEN).all()
        later = bool(self.job[R.LATER])
        magnitudes = self.magnitudes[:made].tolist() if keyed else [0.0] * made
        delays = self.delays[:made].tolist() if later else [0] * made
        return list(zip(self.codes[:made].tolist(), self.outlets[:made].tolist(), magnitudes, delays))


def potentials(rng: np.random.Generator) -> Any:
    """Padded with zeros to whole blocks, as an engine makes them; few are past the threshold."""
    phi = aligned(128, np.float64)[: WIDTHS[0]]
    phi[:] = np.round(rng.normal(0, 0.3, WIDTHS[0]) * 8) / 8
    return phi


def operation(rng: np.random.Generator, calm: bool) -> tuple[str, tuple[Any, ...]]:
    """What a rule may ask for; a calm one asks for nothing that is refused and for no delay."""
    what = str(rng.choice(["spike", "often", "fire"] if calm else [*COMPILED]))
    outlet = int(rng.integers(2))
    index, sign = int(rng.integers(WIDTHS[outlet] + (not calm and rng.random() < 0.05))), int(rng.choice([-1, 1]))
    magnitude = float(rng.normal())
    if what == "fire":
        return what, (potentials(rng), bool(rng.integers(2)))
    if what == "often":
        return what, (int(rng.integers(WIDTHS[0])), sign, int(rng.integers(-1, 20)), magnitude)
    if what == "spike":
        return what, (index, sign, outlet, magnitude)
    ticks = int(
        rng.choice([0, 0, 3, 10**9, FOREVER - NOW - 6, FOREVER - NOW - 5, -1], p=[0.3, 0.2, 0.2, 0.2, 0.04, 0.03, 0.03])
    )
    return what, (index, sign, outlet, ticks, magnitude)


@pytest.mark.slow
@pytest.mark.parametrize("keyed", [False, True])
def test_all_writers_of_spikes_write_the_same(keyed: bool) -> None:
    """One by one, many of one unit, by falling potential; and what a reaction in plain Python made."""
    seen = {"later": 0, "refused": 0, "calm": 0}
    for seed in range(300):
        rng = np.random.default_rng([seed, keyed])
        compiled, plain = Arrays(keyed), Arrays(keyed)
        out = Out(WIDTHS, MOST, 0, NOW, REACH)
        calm = seed % 3 == 0
        while out.fault == 0 and rng.random() < 0.8:
            what, arguments = operation(rng, calm)
            copies = tuple(a.copy() if isinstance(a, np.ndarray) else a for a in arguments)
            plainly(out, what, copies)
            COMPILED[what](*compiled.addresses, *arguments)
            assert compiled.job[R.FAULT] == out.fault, f"seed {seed}, {what}, {arguments}"
            if what == "fire" and out.fault == 0:
                assert arguments[0].tobytes() == copies[0].tobytes()
        if out.fault:  # the run ends: what was made in that reaction is not sent
            seen["refused"] += 1
            continue
        made = len(out.spikes)
        queue = SimpleNamespace(
            out_codes=plain.codes, out_roots=plain.roots, out_parents=plain.parents, out_outlets=plain.outlets,
            out_delays=plain.delays, out_magnitudes=plain.magnitudes,
        )  # fmt: skip
        CompiledEngine._write_spikes(SimpleNamespace(bits=0, queue=queue, job=plain.job), out, -1, 11, 12)  # type: ignore[arg-type]
        assert compiled.job[R.MADE] == made
        assert compiled.job[R.LATER] == plain.job[R.LATER] == any(ticks for *_, ticks in out.spikes)
        assert compiled.spikes(made, keyed) == plain.spikes(made, keyed), f"seed {seed}"
        assert (plain.roots[:made] == 11).all()
        assert (plain.parents[:made] == 12).all()
        wanted = [(i if s > 0 else ~i, o, m if keyed else 0.0, d) for i, s, o, m, d in out.spikes]
        assert plain.spikes(made, keyed) == wanted
        seen["later"] += int(compiled.job[R.LATER])
        seen["calm"] += calm and made > 0
    assert min(seen.values()) > 20, seen
