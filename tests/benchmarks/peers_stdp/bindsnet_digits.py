"""BindsNET's own networks of Diehl and Cook (2015), with its Poisson encoder, one run() a digit."""

from __future__ import annotations

import sys
import warnings
from importlib.metadata import version

import torch
from job import HIGHEST_HZ, NEURONS, PIXELS, PRESENTED_MS, expected_spikes, pixels, report, timed

warnings.filterwarnings("ignore")

from bindsnet.encoding import poisson  # noqa: E402
from bindsnet.models import DiehlAndCook2015, DiehlAndCook2015v2  # noqa: E402
from bindsnet.network.monitors import Monitor  # noqa: E402


def main(n: int, repetitions: int, which: str) -> None:
    """Time n digits after one, so many times; one thread, steps of 1 ms."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    name, layer = {"two": (DiehlAndCook2015, "Ae"), "one": (DiehlAndCook2015v2, "Y")}[which]
    net = name(n_inpt=PIXELS, n_neurons=NEURONS, inpt_shape=(1, 28, 28))
    fired = Monitor(net.layers[layer], ["s"], time=PRESENTED_MS)
    net.add_monitor(fired, "fired")
    x = torch.tensor(pixels(n).reshape(n, 1, 28, 28) * HIGHEST_HZ, dtype=torch.float32)
    counts = [0.0, 0.0]

    def present(image: torch.Tensor) -> None:
        spikes = poisson(image, time=PRESENTED_MS, dt=1.0)
        net.run(inputs={"X": spikes.unsqueeze(1)}, time=PRESENTED_MS)
        counts[0] += float(spikes.sum())
        counts[1] += float(fired.get("s").sum())
        net.reset_state_variables()

    present(x[0])
    seconds = []
    for _ in range(repetitions):
        counts[:] = [0.0, 0.0]
        seconds.append(timed(lambda: [present(image) for image in x])[0])
    report(
        peer=f"BindsNET, {name.__name__}", version=f"{version('bindsnet')} (torch {torch.__version__})", digits=n,
        seconds=seconds, input_spikes=counts[0] / n, output_spikes=counts[1] / n,
        expected=expected_spikes(x.numpy() / HIGHEST_HZ),
    )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
