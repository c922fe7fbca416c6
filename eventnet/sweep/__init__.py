"""Sweeps: a scenario, a model, a network or a function of one's own, run over parameters and seeds.

After `import eventnet.sweep`:

    sweep = eventnet.sweep.Sweep("mypackage.study:accuracy", grid={"rate": [0.01, 0.1]}, repeats=5)
    found = eventnet.sweep.run_sweep(sweep, "results")
    one = eventnet.sweep.run({"rate": 0.05}, of="mypackage.study:accuracy")  # a single job, for those who choose points

Each job has a result file of its own, so a sweep that is run again goes on. `import eventnet` does not import this.
"""

from eventnet.sweep.kinds import Kind
from eventnet.sweep.plan import Plot, Sweep, SweepJob
from eventnet.sweep.plan_file import read_sweep
from eventnet.sweep.running import run, run_sweep
from eventnet.sweep.table import Found

__all__ = ["Found", "Kind", "Plot", "Sweep", "SweepJob", "read_sweep", "run", "run_sweep"]
