"""Plasticity by the times of spikes: random networks from a seed, arguments for one reaction, and a bench of two trains."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import Case
from few import number_type

import eventnet as en
from eventnet.kernels.columns_listed import by_column, guide_to_rows
from eventnet.learning import Instar, Normalize, PairStdp, Reward, TraceTarget, TripletStdp
from eventnet.learning.traces import keep_decays
from eventnet.neurons.last_spikes import NEVER_FIRED, NEVER_SEEN, LastSpikes
from eventnet.order import ORDERS

ENGINES = ("reference", "compiled")
NOW = 9
"""The tick of a reaction that is tried out."""

PLASTIC = [
    "neurons.last_spikes.note_spike",
    *(f"learning.target.{name}" for name in ("move_to_target", "move_to_trace")),
    *(f"learning.stdp.{name}" for name in ("pair_pre", "pair_post")),
    *(f"learning.triplet.{name}" for name in ("triplet_pre", "triplet_post")),
    *(f"learning.restricted.{name}" for name in ("weaken_first", "strengthen_last")),
    "learning.normalize.normalize", "learning.reward.reward",
    *(f"learning.sparse_stdp.{name}" for name in ("sparse_pair_pre", "sparse_pair_post")),
    *(f"learning.sparse_triplet.{name}" for name in ("sparse_triplet_pre", "sparse_triplet_post")),
    *(f"learning.sparse_target.{name}" for name in ("note_row", "move_column_to_target", "move_column_to_trace")),
    "learning.sparse_normalize.normalize_units", "learning.tsodyks_markram.use_resources",
]  # fmt: skip


def plastic_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Arrays for a rule of plasticity by name, and how many indices there are; weights may lie on a bound or beyond."""
    n_in, n_out = 6, 4
    mu = float(rng.choice([0.0, 0.5, 1.0]))
    ticks = [NEVER_SEEN, NOW - 400, NOW - 5, NOW - 2, NOW]
    triplet = "triplet" in rule.py_func.__module__
    drawn = lambda *shape: rng.integers(0, 5, shape) / 4  # noqa: E731
    taus = [3.0, 4.0, 5.0, 3.0] if triplet else [3.0, 5.0]
    made = {
        "x": drawn(n_in), "x_new": drawn(n_in), "y": drawn(n_out), "y_new": drawn(n_out), "r1": drawn(n_in),
        "r2": drawn(n_in), "o1": drawn(n_out), "o2": drawn(n_out), "amounts": np.array([0.5, -0.25]),
        "code": np.array([*drawn(4 if triplet else 2), *taus, mu, mu, 0.0, 1.0, *([] if triplet else [7.0])]),
        "marks_x": rng.choice(ticks, 2 * n_in), "marks_y": rng.choice(ticks, 2 * n_out),
        "clock": np.array([rng.choice(ticks), rng.integers(2), 40, rng.choice([NEVER_SEEN, -300, 2])]),
        "plan": np.array([rng.integers(2 if triplet else 3), rng.integers(2), 0, 120, 200, rng.choice([0, 210])]),
        "e": rng.integers(-4, 5, (n_in, n_out)) / 4, "life": np.array([120, 200]), "seen": rng.choice(ticks, n_in),
        "w": rng.choice([-0.25, 0.0, 0.25, 0.5, 1.0, 1.25], (n_in, n_out)) * rng.integers(0, 2, n_out),
        "sums": rng.integers(0, 3, n_out) / 2, "total": 2.0, "tau": 3.0, "target": 0.25, "rate": 0.5, "fall": 0.125,
        "lowest": 0.0, "highest": 1.0, "mu": mu, "mu_plus": mu, "mu_minus": mu, "a_plus": 0.5, "a_minus": 0.25,
        "tau_plus": 3.0, "tau_minus": 5.0, "heard": rng.choice(ticks[:-1], n_in),
        "fired": rng.choice([NEVER_FIRED, *ticks[1:]], n_out), "decays": keep_decays(3.0, 120),
    }  # fmt: skip
    if ".sparse_" in rule.py_func.__module__ or rule.name == "use_resources":
        made |= sparse_arguments(rule, rng, made)
    indices = {
        "note_spike": n_in,
        "normalize": 1,
        "reward": 2,
        "pair_pre": n_in,
        "triplet_pre": n_in,
        "weaken_first": n_in,
        "sparse_pair_pre": n_in,
        "sparse_triplet_pre": n_in,
        "note_row": n_in,
        "normalize_units": 1,
        "use_resources": n_in,
    }
    return made, indices.get(rule.name, n_out)


def sparse_arguments(rule: en.Rule, rng: np.random.Generator, dense: dict[str, Any]) -> dict[str, Any]:
    """What stands for the block where rows are sparse: 6 rows, 4 columns, some of them empty."""
    columns = [np.sort(rng.integers(0, 4, rng.integers(0, 5))) for _ in range(6)]
    begins, column_of = np.concatenate([[0], np.cumsum([len(row) for row in columns])]), np.concatenate(columns)
    n = int(begins[-1])
    shift, guide = guide_to_rows(begins)
    ends, listed = by_column(column_of.astype(np.uint32), 4)
    made = {
        "begins": begins, "column_of": column_of, "unit_of": column_of, "listed": listed, "heads": ends, "guide": guide,
        "w": rng.choice([-0.25, 0.0, 0.25, 0.5, 1.0, 1.25], (1, max(1, n))), "factors": np.zeros(0),
        "plan": np.append(dense["plan"], shift),
    }  # fmt: skip
    if rule.py_func.__module__.endswith("sparse_target"):
        made["plan"] = np.array([120, shift])
    if rule.name == "use_resources":
        own, strengths, sent = (int(k) for k in rng.integers(0, 2, 3))
        sent, each = max(sent, own, strengths), lambda: int(rng.choice([1, n if own else 6]))
        made |= {
            "u": rng.random(n if own else 6), "x": rng.random(n if own else 6), "strength_at": np.arange(6),
            "using": rng.random(each()), "rec": rng.choice([0.0, 20.0], each()), "plan": np.array([own, strengths, sent]),
            "facil": rng.choice([0.0, 9.0], each()), "sent": np.zeros((1, max(1, n) if sent else 6)),
            "w": rng.random((1, max(1, n) if strengths else 6)),
        }  # fmt: skip
    return made


# --- random networks -------------------------------------------------------------------------------------------------
def plastic_module(kind: int, rng: np.random.Generator, block: en.Block, tags: en.Block, seen: Any) -> Any:
    """One of the modules that move weights."""
    tau, mu = float(rng.uniform(1, 9)), float(rng.choice([0.0, 0.4, 1.0, 2.0]))
    equal, pairing = str(rng.choice(["nothing", "order"])), str(rng.choice(["all", "nearest", "restricted"]))
    size = float(rng.uniform(0.02, 0.3))
    if kind == 0:
        return TraceTarget(block, seen, tau=tau, rate=float(rng.uniform(0.1, 0.9)), target=0.3, mu=mu)
    if kind == 1:
        return Instar(block, seen, tau=tau, rate=float(rng.uniform(0.1, 1)))
    if kind in (2, 3):
        return PairStdp(
            block, a_plus=size, a_minus=0.6 * size, tau_plus=tau, tau_minus=float(rng.uniform(1, 9)), pairing=pairing,
            equal=equal, mu=(mu, float(rng.choice([0.0, 1.0, 0.7]))),
        )  # fmt: skip
    if kind == 4:
        return TripletStdp(
            block, a2_plus=size, a3_plus=0.1, a2_minus=size, a3_minus=0.05, tau_plus=tau, tau_x=12.0, tau_minus=5.0,
            tau_y=float(rng.uniform(1, 9)), mu=mu, equal=equal, pairing="all" if pairing == "all" else "nearest",
        )  # fmt: skip
    if kind == 5:
        return PairStdp(
            tags, a_plus=size, a_minus=size, tau_plus=tau, tau_minus=2.0, pairing=pairing, equal=equal, bounds=None,
            memory=float(rng.choice([0.1, 3.0])),
        )  # fmt: skip
    return Normalize(block, total=float(rng.uniform(0.5, 3)))


KINDS = 7


def make_stdp_case(seed: int) -> Case:
    """One to three layers of positive spikes in a circle over delays, with plasticity of every kind on what joins them."""
    rng = np.random.default_rng(seed)
    net = en.Network(dtype=number_type(rng, "float32", "float64"), coalesce=str(rng.choice(["none", "burst"])))
    units = [int(rng.choice([1, 3, 5, 70])) for _ in range(int(rng.integers(1, 4)))]
    relay: Any = net.add(en.Relay(units[0], name="source"))
    below, feed, updates = relay, [], []
    for k, n in enumerate([*units[1:], units[0]]):
        drawn = rng.uniform(0, 1, (below.units, n)) if rng.random() < 0.5 else rng.integers(0, 5, (below.units, n)) / 4
        block = net.weights(np.where(rng.random(drawn.shape) < 3 / n, drawn, 0))
        tags = net.weights(np.zeros(drawn.shape))
        seen: Any = net.add(LastSpikes(below.units, name=f"seen{k}"))
        layer: Any
        wires = []
        if rng.random() < 0.5:
            layer = net.add(en.Rectified(n, block, name=f"layer{k}", most=2000))
            wires.append((below.out, seen.spikes))
        else:
            winner = int(rng.integers(4)) if rng.random() < 0.5 else None
            layer = seen = net.add(
                en.LeakyIntegrate(
                    n, block, tau=float(rng.uniform(1, 9)), threshold=0.6, adapt=(0.2, 30.0), winner=winner,
                    name=f"layer{k}",
                )
            )  # fmt: skip
        wires.append((below.out, layer.spikes))
        for m in range(int(rng.integers(1, 4))):
            update = plastic_module(int(rng.integers(KINDS)), rng, block, tags, seen)
            update.name = f"plastic{k}{m}"
            net.add(update)
            if isinstance(update, Normalize):
                updates.append(update.apply)
            else:
                wires.append((layer.out, update.post))
                if getattr(update, "memory", None):
                    updates.append(net.add(Reward(block, update, amounts=(0.5, 1.0), name=f"reward{k}{m}")).reward)
                if "pre" in update.ports:
                    wires.append((below.out, update.pre))
        for w in rng.permutation(len(wires)).tolist():
            net.connect(*wires[w], int(rng.choice([0, 0, 0, 1, 3])))
        below = layer
    if rng.random() < 0.5:
        net.connect(below.out, relay.spikes, int(rng.integers(1, 4)))
    for _ in range(int(rng.integers(5, 40))):
        feed.append((int(rng.integers(0, 10)), relay.spikes, int(rng.integers(units[0])), 1))
    for port in updates * 2:
        feed.append((int(rng.integers(0, 10)), port, int(rng.integers(port.accepts)), int(rng.choice([-1, 1]))))
    options = {"order": ORDERS[seed % len(ORDERS)], "seed": seed, "budget": 1000, "roots": True, "record": True}
    return Case(net, en.events(feed), options)


# --- a bench ---------------------------------------------------------------------------------------------------------
Spike = tuple[int, int, int, int]
"""Tick; stage, in the order of which spikes of one tick are delivered (odd ones are of units); index; sign."""


def random_spikes(rng: np.random.Generator, n: int, until: int, n_in: int, n_out: int, signed: bool) -> list[Spike]:
    """So many spikes, many of them at equal ticks."""
    made = []
    for _ in range(n):
        stage = int(rng.integers(4))
        sign = int(rng.choice([-1, 1])) if signed else 1
        made.append((int(rng.integers(until)), stage, int(rng.integers(n_out if stage % 2 else n_in)), sign))
    return sorted(made, key=lambda spike: spike[:2])


def run_bench(
    rule: Any, weights: Any, spikes: list[Spike], engine: str, dtype: str = "float64", **options: Any
) -> tuple[Any, en.Simulation, Any]:
    """Weights after these spikes, the simulation and the module."""
    net = en.Network(dtype)
    block = net.weights(weights)
    update = net.add(rule(block, **options))
    relays = [net.add(en.Relay(block.cols if stage % 2 else block.rows)) for stage in range(4)]
    for stage, relay in enumerate(relays):
        net.connect(relay.out, update.post if stage % 2 else update.pre)
    sim = en.Simulation(net, "depth", engine=engine, record=True)
    sim.inject([(t, relays[stage].spikes, i, s) for t, stage, i, s in spikes])
    sim.run()
    return sim.weights(block).copy(), sim, update
