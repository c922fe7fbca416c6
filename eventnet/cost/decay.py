"""Whether the other way in which potentials of a `LeakyDelta` can decay would have made at most half the products."""

from __future__ import annotations

from collections.abc import Iterator

from eventnet.module import Module
from eventnet.network import Network
from eventnet.neurons.current_drive import NoiseCurrent
from eventnet.neurons.leaky_delta import LeakyDelta
from eventnet.neurons.poisson_drive import PoissonDrive
from eventnet.simulation import Run, Simulation


def cheaper_decay(run: Run | Simulation) -> list[str]:
    """A sentence for each layer whose potentials decay by twice the products, or more, of the other `decay`.

    Counted are products that decays made: by ticks as in the tally, by events one for each sum that was looked at; what
    ticks would need is one product a unit and tick from tick 0 on. The other way is another network: its last digits
    differ.
    """
    sim = run.simulation if isinstance(run, Run) else run
    found = []
    for layer in sim.net.modules:
        if isinstance(layer, LeakyDelta):
            by_ticks, by_events = products(sim, layer)
            made, other = (by_ticks, by_events) if layer.decay == "tick" else (by_events, by_ticks)
            if made >= 2 * other and made > 0:
                instead = "event" if layer.decay == "tick" else "tick"
                found.append(
                    f"Potentials of {layer.name} decayed by {made:,} products; with decay={instead!r} "
                    f"it would have been {other:,}."
                )
    return found


def products(sim: Simulation, layer: LeakyDelta) -> tuple[int, int]:
    """Products by which the potentials of a layer decay: by ticks, and by events."""
    rows = sim.tally.by_module()
    own = [(module, rows[module.name]) for module in writers(sim.net, layer)]
    by_events = sum(row["compares"] for _, row in own)
    if layer.decay == "event":
        return layer.units * max(sim.time, 0), by_events
    return sum(row["multiplies"] - _of_its_own(module, row["compares"]) for module, row in own), by_events


def writers(net: Network, layer: Module) -> Iterator[Module]:
    """Modules that write the units of a layer."""
    for module in net.modules:
        if any(other is layer and name in module.shared_writes for name, (other, _) in module.reads.items()):
            yield module


def _of_its_own(module: Module, compares: int) -> int:
    """Products of a drive that are no decay: a count times its amount, a number times its width."""
    return compares if isinstance(module, NoiseCurrent) or _counts(module) else 0


def _counts(module: Module) -> bool:
    return isinstance(module, PoissonDrive) and not module.scattered
