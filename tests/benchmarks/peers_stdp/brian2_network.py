"""The network in Brian2's equations: trace-target rule, hard reset of the whole layer, adaptive thresholds, 1 ms."""

from __future__ import annotations

from typing import Any

import brian2 as b
from job import ETA, HIGHEST_HZ, NEURONS, PIXELS, TARGET, TAU_M, TAU_X, THETA_PLUS, THRESHOLD, weights

TIMED_INPUT = HIGHEST_HZ * b.Hz
"""The rate of a pixel of 1."""


def network(rates: Any) -> tuple[dict[str, Any], Any, Any]:
    """Groups by name, and the monitors of input and output counts. No normalisation, no silent window."""
    inputs = b.PoissonGroup(PIXELS, rates=rates, name="inputs")
    layer = b.NeuronGroup(
        NEURONS,
        f"""dv/dt = -v / ({TAU_M} * ms) : 1
        dtheta/dt = -theta / (1e7 * ms) : 1""",
        threshold=f"v > {THRESHOLD} + theta", reset=f"v = 0; theta += {THETA_PLUS}", method="exact", name="layer",
    )  # fmt: skip
    synapses = b.Synapses(
        inputs, layer,
        f"""w : 1
        dx/dt = -x / ({TAU_X} * ms) : 1 (event-driven)""",
        on_pre="v_post += w; x = 1",
        on_post=f"w = clip(w + {ETA} * (x - {TARGET}) * (int(x > {TARGET}) * (1 - w) + int(x <= {TARGET}) * w), 0, 1)",
        name="synapses",
    )  # fmt: skip
    synapses.connect()
    synapses.w = weights().ravel()
    inhibition = b.Synapses(layer, layer, on_pre="v_post = 0", name="inhibition")
    inhibition.connect()
    # The winner takes all before the next inputs come.
    inhibition.pre.order = -1
    heard = b.SpikeMonitor(inputs, record=False, name="heard")
    fired = b.SpikeMonitor(layer, record=False, name="fired")
    parts = {"inputs": inputs, "layer": layer, "synapses": synapses, "inhibition": inhibition}
    return {**parts, "heard": heard, "fired": fired}, heard, fired
