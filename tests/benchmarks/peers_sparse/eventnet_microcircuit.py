"""eventnet: the microcircuit at a scale, one seed; one line of JSON, as `nest_microcircuit.py` prints it.

    python tests/benchmarks/peers_sparse/eventnet_microcircuit.py SCALE SEED MS [float32]

A variable TRAINS names an .npz that all spikes are written into: ticks, and neurons in the order of the populations.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import replace

import numpy as np

import eventnet as en
from eventnet.scenarios.microcircuit import MicrocircuitParameters, simulate_microcircuit


def main() -> None:
    """Build it, compile what it needs, time it."""
    scale, seed, ms = float(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    p = MicrocircuitParameters()
    p = replace(p, run=replace(p.run, scale=scale, seed=seed, duration_ms=p.run.measured_from_ms + ms))
    p = replace(p, run=replace(p.run, dtype=sys.argv[4] if len(sys.argv) > 4 else "float64"))
    done = simulate_microcircuit(p)
    if file := os.environ.get("TRAINS"):
        trains = list(done.trains.values())
        firsts = np.cumsum([0, *(of.units for of in trains[:-1])])
        unit = [of.unit + first for of, first in zip(trains, firsts.tolist(), strict=True)]
        np.savez(file, t=np.concatenate([of.t for of in trains]), unit=np.concatenate(unit))
    made = {
        "peer": f"eventnet {en.__version__}, {p.run.dtype}", "rates": [row["rate, Hz"] for row in done.rows.values()],
        "seconds": done.costs["running, processor s"], "build_s": done.costs["building, processor s"],
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
    }  # fmt: skip
    print(json.dumps(made), flush=True)


main()
