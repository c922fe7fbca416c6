"""The small networks in Brian2, in the order of its default schedule, and with synapses before thresholds."""

from __future__ import annotations

import sys

import brian2 as b
import numpy as np
from small import (
    A_MINUS,
    A_PLUS,
    DELAY_MS,
    INPUTS,
    LATERAL_MS,
    TAU_M,
    TAU_MINUS,
    TAU_PLUS,
    TAU_S,
    UNITS,
    entry,
    small,
    tell,
)


def run(kind: str, step: float, jumps_first: bool) -> dict[str, object]:
    """Spikes and weights in steps of `step` ms.

    By default what arrives at t is seen by a threshold at t + step, after one more step of decay; inhibition has as much
    less delay. With `jumps_first`, synapses come before thresholds in a step; all spikes then set out a step later.
    """
    b.start_scope()
    b.defaultclock.dt = step * b.ms
    given = small(kind)
    source = b.SpikeGeneratorGroup(INPUTS, given.sources, given.times * b.ms)
    current = f"dI/dt = -I / ({TAU_S} * ms) : 1" if kind != "delta" else "I : 1"
    layer = b.NeuronGroup(
        UNITS, f"dv/dt = (-v + I) / ({TAU_M} * ms) : 1 (unless refractory)\n{current}", threshold="v > 1",
        reset="v = 0", refractory=given.refractory * b.ms, method="exact",
    )  # fmt: skip
    heard = "I_post" if kind != "delta" else "v_post"
    synapses = b.Synapses(
        source, layer,
        f"""w : 1
        dx/dt = -x / ({TAU_PLUS} * ms) : 1 (event-driven)
        dy/dt = -y / ({TAU_MINUS} * ms) : 1 (event-driven)""",
        on_pre=f"w = clip(w - {A_MINUS} * y, 0, 1); {heard} += w; x += 1",
        on_post=f"w = clip(w + {A_PLUS} * x, 0, 1); y += 1",
    )  # fmt: skip
    synapses.connect()
    synapses.pre.delay = (DELAY_MS - step * jumps_first) * b.ms
    synapses.w = given.weights.ravel()
    lateral = b.Synapses(layer, layer, on_pre=f"{heard} += {float(given.lateral.min())}")
    lateral.connect(condition="i != j")
    lateral.delay = (LATERAL_MS - step) * b.ms
    fired = b.SpikeMonitor(layer)
    net = b.Network(source, layer, synapses, lateral, fired)
    if jumps_first:
        net.schedule = ["start", "groups", "synapses", "thresholds", "resets", "end"]
    net.run((given.last + DELAY_MS) * b.ms + 0.5 * step * b.ms)
    kept = np.asarray(fired.t / b.ms) < given.last + DELAY_MS - 1e-9
    return entry(
        np.asarray(fired.t / b.ms)[kept], np.asarray(fired.i)[kept],
        np.asarray(synapses.w).reshape(INPUTS, UNITS),
    )  # fmt: skip


if __name__ == "__main__":
    b.prefs.codegen.target = "numpy"
    found = {}
    for argument in sys.argv[1:]:
        kind, step, *jumps_first = argument.split(",")
        found[argument] = run(kind, float(step), bool(jumps_first))
    tell("Brian2", b.__version__, found)
