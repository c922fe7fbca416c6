"""Operations of the same networks as NeuroBench, syops-counter and eventnet count them, and what accounts for the rest.

Run it by hand where all of them are installed (neurobench 2.3.0 without its dependency on tonic, snntorch, syops,
spikingjelly==0.0.0.0.12, torch and eventnet's own): python tests/benchmarks/compare_counters.py. It prints a line for
each network and fails where a difference is not the one that docs/reference/counting.md explains.
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import snntorch
import torch
from neurobench.benchmarks import Benchmark
from neurobench.metrics.workload import SynapticOperations
from neurobench.models import SNNTorchModel
from spikingjelly.clock_driven.neuron import IFNode
from syops import get_model_complexity_info
from torch.utils.data import DataLoader, TensorDataset

import eventnet as en
from eventnet import cost

NETWORKS = 20


def network(seed: int) -> tuple[list[Any], Any]:
    """Weights of two layers in which a unit fires at most once a step, a fifth of them 0 in every other network."""
    rng = np.random.default_rng(seed)
    steps, sizes = int(rng.integers(3, 9)), [int(n) for n in rng.integers(3, 12, 3)]
    weights = [np.round(rng.uniform(0.02, 1, (a, b)) / a * 1024) / 1024 for a, b in zip(sizes, sizes[1:], strict=False)]
    if seed % 2:
        for w in weights:
            w[rng.random(w.shape) < 0.2] = 0
    return weights, (rng.random((steps, sizes[0])) < 0.5).astype(int)


def linear(w: Any) -> torch.nn.Linear:
    layer = torch.nn.Linear(*w.shape, bias=False)
    layer.weight.data = torch.tensor(w.T).float()
    return layer


class Snn(torch.nn.Module):
    """In snnTorch, for NeuroBench: potentials begin at half a step, and spikes are counted."""

    def __init__(self, weights: list[Any]) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList(linear(w) for w in weights)
        units = [snntorch.Leaky(beta=1.0, threshold=1.0, reset_mechanism="subtract") for _ in weights]
        self.units = torch.nn.ModuleList(units)
        self.reset()

    def reset(self) -> None:
        self.potentials = [torch.full((1, layer.out_features), 0.5) for layer in self.layers]
        self.spikes = [0 for _ in self.layers]

    def forward(self, x: Any) -> Any:
        for k, (layer, units) in enumerate(zip(self.layers, self.units, strict=True)):
            x, self.potentials[k] = units(layer(x), self.potentials[k])
            self.spikes[k] += int(x.sum())
        return x, self.potentials[-1]


class Jelly(torch.nn.Module):
    """In SpikingJelly, for syops-counter: all steps in one call."""

    def __init__(self, weights: list[Any]) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList(linear(w) for w in weights)
        self.units = torch.nn.ModuleList(IFNode(v_threshold=1.0, v_reset=None) for _ in weights)

    def forward(self, steps: Any) -> Any:
        for layer, units in zip(self.layers, self.units, strict=True):
            units.v = torch.full((1, layer.out_features), 0.5)
        for k in range(steps.shape[1]):
            x = steps[:, k]
            for layer, units in zip(self.layers, self.units, strict=True):
                x = units(layer(x))
        return x


def ours(weights: list[Any], x: Any) -> tuple[dict[str, float], int, list[int]]:
    """NeuroBench's quantities by eventnet, how often a spike met a weight of zero, and spikes by layer."""
    net = en.Network()
    layers = [net.add(en.Herding(w.shape[1], net.weights(w.tolist()))) for w in weights]
    sink = net.add(en.Sink(weights[-1].shape[1]))
    for source, target in zip(layers, [*layers[1:], sink], strict=True):
        net.connect(source.out, target.spikes)
    run = en.simulate(net, [(int(t), layers[0].spikes, int(i), 1) for t, i in np.argwhere(x)], record=True)
    came = [run.log["index"][run.log["port"] == int(module.spikes)] for module in (*layers, sink)]
    zeros = sum(int((w[came_to] == 0).sum()) for w, came_to in zip(weights, came, strict=False))
    sizes = [len(w) for w in weights] + [weights[-1].shape[1]]
    return cost.neurobench(run.tally, sizes, len(x), 1), zeros, [len(spikes) for spikes in came[1:]]


def main() -> None:
    print("ACs: eventnet, NeuroBench, syops; dense: eventnet, NeuroBench, syops; zero weights met, units times steps")
    for seed in range(NETWORKS):
        weights, x = network(seed)
        counts, zeros, spikes = ours(weights, x)
        steps = torch.tensor(x).float()[None]
        snn, quiet = Snn(weights), io.StringIO()
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            loader = DataLoader(TensorDataset(steps, torch.zeros(1)))
            found = Benchmark(SNNTorchModel(snn), loader, [], [], [[], [SynapticOperations]]).run()[
                "SynapticOperations"
            ]
            (dense, acs, macs, _), _ = get_model_complexity_info(
                Jelly(weights), tuple(x.shape), [(steps, 0)], as_strings=False, print_per_layer_stat=False
            )
        updates = len(x) * sum(w.shape[1] for w in weights)
        line = counts["Effective_ACs"], found["Effective_ACs"], acs, counts["Dense"], found["Dense"], dense
        print(*(f"{value:,.0f}" for value in line), zeros, updates)
        assert spikes == snn.spikes
        assert found["Effective_MACs"] == macs == counts["Effective_MACs"] == 0
        assert found["Effective_ACs"] == counts["Effective_ACs"] - zeros
        assert found["Dense"] == counts["Dense"]
        assert dense == counts["Dense"] + updates
        assert abs(acs - counts["Effective_ACs"] - updates) < 0.01  # syops multiplies by a mean in single precision


if __name__ == "__main__":
    main()
