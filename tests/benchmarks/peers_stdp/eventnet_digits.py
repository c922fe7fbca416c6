"""eventnet's StdpNetwork on the same digits; compiling is left out."""

from __future__ import annotations

import sys
from importlib.metadata import version

from job import NEURONS, PIXELS, expected_spikes, pixels, report, timed

import eventnet
from eventnet.models import DiehlCook, StdpNetwork


def main(n: int, repetitions: int, normalizes: bool) -> None:
    """Time one pass over n digits, so many times, after a few that compile. Counts are by presentation."""
    x, rule = pixels(n), DiehlCook() if normalizes else DiehlCook(total=None)
    StdpNetwork(inputs=PIXELS, neurons=NEURONS, rule=rule, seed=0).fit(x[:20], epochs=1)
    seconds = []
    for k in range(repetitions):
        net = StdpNetwork(inputs=PIXELS, neurons=NEURONS, rule=rule, seed=k)
        seconds.append(timed(lambda: net.fit(x, epochs=1))[0])  # noqa: B023
    heard = net.tally.by_port()["layer.spikes"]["deliveries"]
    report(
        peer="eventnet, StdpNetwork" if normalizes else "eventnet, weights not normalised", version=f"{eventnet.__version__} (Numba {version('numba')})", digits=n,
        seconds=seconds, input_spikes=heard / net.shown_a_sample / n,
        output_spikes=net.spikes_a_sample / net.shown_a_sample, expected=expected_spikes(x),
    )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), "plain" not in sys.argv[3:])
