"""Brian2, C++ standalone: all digits in one run of the program that it writes; CPU seconds of that program alone."""

from __future__ import annotations

import shutil
import sys
import tempfile

import brian2 as b
import numpy as np
from brian2_network import TIMED_INPUT, network
from job import PRESENTED_MS, children_seconds, expected_spikes, pixels, report, timed


def main(n: int, repetitions: int) -> None:
    """Compile once, run so many times. Nothing is normalised between digits, and no digit begins anew."""
    folder = tempfile.mkdtemp(prefix="brian2-digits-")
    try:
        b.set_device("cpp_standalone", build_on_run=False)
        b.defaultclock.dt = 1 * b.ms
        shown = b.TimedArray(pixels(n) * TIMED_INPUT, dt=PRESENTED_MS * b.ms)
        parts, heard, fired = network("shown(t, i)")
        made = b.Network(*parts.values())
        made.run(n * PRESENTED_MS * b.ms, namespace={"shown": shown})
        b.device.build(directory=folder, compile=True, run=False, debug=False)
        go = lambda: b.device.run(folder, with_output=False, run_args=[])  # noqa: E731
        seconds = [timed(go, children_seconds)[0] for _ in range(repetitions)]
        report(
            peer="Brian2, C++ standalone", version=b.__version__, digits=n, seconds=seconds,
            input_spikes=float(np.sum(heard.count[:])) / n, output_spikes=float(np.sum(fired.count[:])) / n,
            expected=expected_spikes(pixels(n)),
        )  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
