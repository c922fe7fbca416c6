"""The methods that are compared, by names in words, and what these mean."""

from __future__ import annotations

import numpy as np

import eventnet as en
from eventnet.scenarios.fusion.clocked import WORD, Recomputed
from eventnet.scenarios.fusion.event_driven import EventDriven
from eventnet.scenarios.fusion.filter_numbers import filter_head
from eventnet.scenarios.fusion.flow import FITTED, FlowMethod, FlowNetwork
from eventnet.scenarios.fusion.flow_twin import FlowTwin, SumsOnClock
from eventnet.scenarios.fusion.methods import Method
from eventnet.scenarios.fusion.network import FusionNetwork, FusionWeights
from eventnet.scenarios.fusion.parameters import HEADS, MethodsTable, Parameters

EXACT = "kept, each event"
AT_SAMPLES = "kept at samples"
AS_IT_IS = "gyroscope as it is"
SLOW_TRACES = "gyroscope, slow traces"
LEGEND = {
    "kept T": "the network's first layer is kept up to date by events; what follows is recomputed each T, at each "
    "sample of the gyroscope or at each event, where it is exact",
    "head at samples, on the clock": "the network's head answers at each sample of the gyroscope, or on the clock only",
    "cheap head": "in place of the network's head a filter with a bias, 72 operations a sample",
    "complementary, Kalman filter": "the field's filters in its place",
    SLOW_TRACES: "no camera: a linear read-out of the gyroscope and its leaky traces",
    "recomputed T, bins T": "everything recomputed; in bins events are stamped in their middle (for reference)",
    "event-driven": "the network on the engine, with so many quanta a standard deviation of patches",
    "flow sums": "sums over events on the engine, and the cheap head; on a clock, T: the same from all blocks each T",
}  # fmt: skip
"""What the parts of a method's name mean."""

Family = str
FAMILIES = ("flow sums on a clock", "flow sums", "event-driven", "recomputed", "bins", "gyroscope", "kept")
CLOCKS = ("kept", "flow sums on a clock")
"""Families of clocks that are a fair choice; what is recomputed in full is not."""
BY_EVENTS = ("event-driven", "flow sums")


def family(name: str) -> Family:
    """The family of a method, by its name."""
    return next(one for one in FAMILIES if name.startswith(one))


def is_clock(name: str) -> bool:
    """Whether a method is a clock that one may be compared with; what answers at each event is none."""
    return family(name) in CLOCKS and name != EXACT


def is_by_events(name: str) -> bool:
    """Whether a method is updated by events."""
    return family(name) in BY_EVENTS


def strongest(p: MethodsTable) -> str:
    """The kept network with the cheapest head on the slowest clock."""
    return f"kept {max(p.kept_ms):g} ms, cheap head" if p.kept_ms and "cheap" in p.heads else AT_SAMPLES


def reference(p: MethodsTable) -> str:
    """What deviations are from: the exact network, or the one at samples where it does not run."""
    return EXACT if p.exact else AT_SAMPLES


def methods(parameters: Parameters) -> list[Method]:
    """The methods of the parameters; the first is that from which deviations are."""
    p, noise = parameters.methods, parameters.gyroscope.white_noise
    made: list[Method] = [Recomputed(EXACT, "each", "each", incremental=True)] if p.exact else []
    made.append(Recomputed(AT_SAMPLES, "sample", "sample", incremental=True))
    made += [_kept(ms, head) for head in HEADS if head in p.heads for ms in p.kept_ms]
    made += [
        Recomputed(f"kept {ms:g} ms, {_words(name)}", 1e3 * ms, "sample", incremental=True,
                   head=filter_head(name, 1e3 * ms))
        for name in p.filters for ms in p.filter_ms
    ]  # fmt: skip
    made.append(Recomputed(SLOW_TRACES, "never", "sample", head=filter_head("slow traces", 0.0, noise)))
    made += [Recomputed(f"recomputed {ms:g} ms", 1e3 * ms, 1e3 * ms) for ms in p.recomputed_ms]
    made += [Recomputed(f"bins {ms:g} ms", 1e3 * ms, 1e3 * ms, binned=True) for ms in p.bins_ms]
    made += [
        EventDriven(
            f"event-driven {code} {a:g}", (a, a * p.pool_scale, a * p.hidden_scale), code, p.look_every_us,
            p.look_least_us,
        )
        for code in p.codes for a in p.scales
    ]  # fmt: skip
    focal = parameters.world.focal_px
    made += [FlowMethod(f"flow sums {version}", FITTED[version], focal) for version in p.flow]
    made += [
        FlowTwin(f"flow sums on a clock, {ms:g} ms", period_us=round(1e3 * ms), focal_px=focal) for ms in p.twin_ms
    ]
    return made


def _kept(ms: float, head: str) -> Recomputed:
    period = 1e3 * ms
    if head == "cheap":
        return Recomputed(
            f"kept {ms:g} ms, cheap head", period, "sample", incremental=True, head=filter_head("cheap", period)
        )
    name = f"kept {ms:g} ms, head {'at samples' if head == 'samples' else 'on the clock'}"
    return Recomputed(name, period, "sample" if head == "samples" else period, incremental=True)


def _words(name: str) -> str:
    return {"complementary": "complementary filter", "Kalman": "Kalman filter with bias"}[name]


def memory(method: Method, weights: FusionWeights) -> int:
    """Bytes of state and weights of a method, 4 a value; without queues, and without room for answers and samples."""
    if isinstance(method, Recomputed):
        return method.memory(weights)
    if isinstance(method, EventDriven):
        return _on_engine(FusionNetwork(weights, a=method.a, every_us=method.every_us, code=method.code).net)
    if isinstance(method, FlowMethod):
        return _on_engine(FlowNetwork(weights.height, weights.width, method.focal_px, method.numbers).net)
    assert isinstance(method, FlowTwin)
    sums = SumsOnClock(weights.height, weights.width, method.focal_px, method.numbers, method.period_us)
    head = filter_head("cheap", method.period_us)  # as large with any numbers
    return WORD * (sum(np.size(part) for part in vars(sums).values()) + head.words)


def _on_engine(net: en.Network) -> int:
    simulation = en.Simulation(net)
    values = sum(part.size for module in net.modules for part in simulation.state(module).values())
    blocks = sum(part.size for name, part in simulation.store.blocks.items() if name not in ("answers", "updates"))
    return WORD * int(values + blocks)
