"""Random networks as plain descriptions, the same networks in eventnet, and the comparison of both."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import eventnet as en
from eventnet import learning
from outside import drawn, simulator
from outside.sheet import Sheet

ORDERS = ("depth", "breadth", "fifo", "topological", "magnitude", "random")


def latest_unit(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return 2, -index


def negative_first(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return -1 if sign < 0 else 2, wire


def by_size(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return 2 + wire % 3, -int(magnitude * 8)


def in_turns(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return 2 + (seq + seed) % 2, source - rank


KEYS = {"latest unit": latest_unit, "negative first": negative_first, "by size": by_size, "in turns": in_turns}


# --- a description -> eventnet ---------------------------------------------------------------------------------------
def build(described: dict[str, Any]) -> en.Network:
    """The network of a description."""
    net = en.Network(described["dtype"], coalesce=described["coalesce"])
    for rows in described["blocks"]:
        net.weights(rows)
    for one in described["modules"]:
        options = {name: argument(net, name, value) for name, value in one["options"].items()}
        module = net.add(shipped(one["kind"])(**options, name=one["name"]))
        if "limit" in one:
            module.integers["kind"][3] = one["limit"]
    for a, outlet, b, port, delay, settled in described["wires"]:
        net.connect(getattr(net.modules[a], outlet), getattr(net.modules[b], port), delay, settled=settled)
    return net


def shipped(kind: str) -> Any:
    """A class of modules by its name."""
    return getattr(learning if kind in learning.__all__ else en, kind)


def argument(net: en.Network, name: str, value: Any) -> Any:
    """An argument of a constructor: blocks and modules by number, geometries by their parts."""
    if value is None or isinstance(value, bool):
        return value
    if name in drawn.BLOCKS and isinstance(value, int):
        return net.blocks[value]
    if name in drawn.MODULES:
        return net.modules[value]
    if name == "mu" and isinstance(value, list):
        return tuple(value)
    return en.Geometry.of(value) if name == "geometry" else value


# --- drawing ---------------------------------------------------------------------------------------------------------
def draw(seed: int, kinds: tuple[str, ...] = ()) -> dict[str, Any]:
    """The description of a number: everything follows from it. `kinds`: only these families."""
    rng = random.Random(seed)
    circle = kinds or drawn.circle_of(seed)
    real = ("float32", "float32", "float64", "float64")
    dtype = rng.choice((*real, "int32") if drawn.WHOLE & set(circle) else real)
    sheet = Sheet(rng, dtype)
    drawn.modules_of_a_network(sheet, seed, circle)
    described: dict[str, Any] = {
        "dtype": dtype, "coalesce": rng.choice(("none", "none", "burst")), "forced": rng.choice((None,) * 8 + ("none", "burst")),
        "blocks": sheet.blocks, "modules": sheet.modules, "wires": sheet.wires, "inputs": [],
        "order": rng.choice((*ORDERS * 2, *KEYS)), "seed": rng.randrange(2**40),
        "budget": rng.choice((200, 200, 200, 60, 7)) if not sheet.steady else rng.choice((300, 300, 300, 60)),
        "annihilate": rng.random() < 0.2, "until": None, "packets": rng.random() < 0.3,
    }  # fmt: skip
    if any("coded" in one for one in described["modules"]):  # thousands of spikes, each of which would search them all
        described["annihilate"] = False
    net = build(described)
    draw_wires(rng, net, described)
    draw_inputs(rng, net, described, sheet)
    return described


def draw_wires(rng: random.Random, net: en.Network, described: dict[str, Any]) -> None:
    """Wires wherever an outlet fits a port: self loops, the same wire again, settled ones, all kinds of delays."""
    outlets = [
        (a, name) for a, m in enumerate(net.modules) for name, outlet in m.outlets.items()
        if outlet.settles is None and outlet.predicts is None
    ]  # fmt: skip
    ports = [(b, name) for b, m in enumerate(net.modules) for name in m.ports]
    favoured = [p for p in ports if p[1] == "spikes"] or ports
    large = rng.random() < 0.15
    more = max(2 * len(net.modules) + 2 - len(described["wires"]), 2)
    for _ in range(rng.randint(0, more) if outlets else 0):
        a, outlet = rng.choice(outlets)
        b, port = rng.choice(favoured if rng.random() < 0.85 else ports)
        if rng.random() < 0.7 and b <= a:  # mostly forward
            continue
        source, target = getattr(net.modules[a], outlet), getattr(net.modules[b], port)
        if target.accepts is not None and source.width > target.accepts:
            continue
        delay = rng.choice((0, 0, 0, 0, 0, 1, 2, 5) + ((2**40, 2**58) if large else ()))
        settled = delay == 0 and rng.random() < 0.1
        described["wires"] += [(a, outlet, b, port, delay, settled)] * (2 if rng.random() < 0.08 else 1)
    own = random.Random(repr(described["wires"]))
    if own.random() < 0.15:  # a dozen delays and more
        for a, outlet, b, port, delay, _ in [wire for wire in described["wires"] if 0 < wire[4] < 2**30]:
            for _ in range(own.randint(2, 8)):
                described["wires"].append((a, outlet, b, port, delay + own.randint(0, 20), False))


def draw_inputs(rng: random.Random, net: en.Network, described: dict[str, Any], sheet: Sheet) -> None:
    """Inputs at any port that takes them, many of one tick, at times near and far."""
    ports = [(a, name) for a, m in enumerate(net.modules) for name in m.ports]
    favoured = [p for p in ports if p[1] in ("spikes", "frame", "frames", "value")] or ports
    base, apart = rng.choice(drawn.bases(sheet)), rng.choice(drawn.spacings(sheet))
    if circles(described):  # a spike a tick, and more, for as long as it runs
        apart = min(apart, 20)
    elif any(one["kind"] in drawn.FORESEE for one in described["modules"]):
        apart = min(apart, 200)
    fears = any(one["kind"] in drawn.POSITIVE for one in described["modules"])
    sign = (lambda rng: -1 if rng.random() < 0.004 else 1) if fears else (lambda rng: rng.choice((1, 1, -1)))
    for _ in range(rng.randint(1, 30)):
        a, port = rng.choice(favoured if rng.random() < 0.7 else ports)
        accepts = getattr(net.modules[a], port).accepts
        if accepts == 0:
            continue
        i = rng.randrange(accepts) if accepts is not None else rng.randrange(3)
        t = base + apart * rng.randrange(8) + (rng.randrange(3) if apart > 1 else 0)
        described["inputs"].append((t, a, port, i, sign(rng)))
    for k in range(8 if sheet.steady else 0):  # a step of what learns, with most of what belongs to it
        for a, port in sheet.steady:
            if rng.random() < 0.6:
                i = rng.randrange(getattr(net.modules[a], port).accepts or 1)
                described["inputs"].append((base + apart * k, a, port, i, sign(rng)))
    if described["packets"]:
        described["inputs"].sort(key=lambda one: one[0])
    foresees = any(one["kind"] in drawn.FORESEE for one in described["modules"])
    far = any(delay > 2**30 for *_, delay, _ in described["wires"])
    described["until"] = base + 9 * apart + 30 if not far or foresees or circles(described) else None


def circles(described: dict[str, Any]) -> bool:
    """A spike may come back to where it was made."""
    after: dict[int, set[int]] = {}
    for a, _, b, *_ in described["wires"]:
        after.setdefault(a, set()).add(b)
    for start in after:
        seen, todo = set(), [start]
        while todo:
            for b in after.get(todo.pop(), ()):
                if b == start:
                    return True
                if b not in seen:
                    seen.add(b)
                    todo.append(b)
    return False


# --- running ---------------------------------------------------------------------------------------------------------
def simulate(described: dict[str, Any], engine: str) -> dict[str, Any]:
    """What eventnet makes of a description, in the form of `simulator.run`."""
    net = build(described)
    sim = en.Simulation(
        net, KEYS.get(described["order"], described["order"]), engine=engine, coalesce=described["forced"],
        record=True, roots=True, seed=described["seed"], budget=described["budget"], annihilate=described["annihilate"],
    )  # fmt: skip
    ended = ""
    try:
        feed(sim, net, described)
    except en.errors.UnsettledError:
        ended = "UnsettledError"
    except en.errors.RuleError:
        ended = "RuleError"
    found: dict[str, Any] = {"ended": ended, "log": sim.log.tolist()}
    if ended == "RuleError":
        return found
    by_port, causes = sim.tally.by_port(), sim.causes
    return found | {
        "by_port": [list(by_port[str(port)].values()) for port in net.ports()],
        "by_root": list(zip(causes.ids.tolist(), causes.counts.tolist(), strict=True)),
        "causes": list(zip(causes.depths.tolist(), causes.ticks.tolist(), causes.after.tolist(), strict=True)),
        "came": causes.came.tolist(),
        "annihilated": sim.annihilated,
        "state": {m.name: {name: array.tolist() for name, array in sim.state(m).items()} for m in net.modules},
        "weights": [sim.weights(block).tolist() for block in net.blocks],
    }


def feed(sim: en.Simulation, net: en.Network, described: dict[str, Any]) -> None:
    """Inputs at once, or those of each instant when it has come."""
    rows = [(t, getattr(net.modules[a], port), i, s) for t, a, port, i, s in described["inputs"]]
    if not described["packets"]:
        sim.inject(rows)
    else:
        for t in sorted({row[0] for row in rows}):
            sim.run(until=t)
            sim.inject([row for row in rows if row[0] == t])
    sim.run(until=described["until"])


# --- comparing -------------------------------------------------------------------------------------------------------
def bits(value: Any) -> Any:
    """Numbers such that a zero of another sign is another number."""
    if isinstance(value, dict):
        return {name: bits(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [bits(one) for one in value]
    return float(value).hex() if isinstance(value, float) else value


def difference(outside: dict[str, Any], found: dict[str, Any]) -> str:
    """Where two results part; nothing where they are the same."""
    for name in ("ended", "log") if "RuleError" in (outside["ended"], found["ended"]) else tuple(outside):
        ours, theirs = outside[name], found[name]
        if name == "state":
            theirs = {m: {k: theirs[m][k] for k in ours[m]} for m in ours}
        if bits(ours) != bits(theirs):
            return f"{name}: {first_difference(ours, theirs)}"
    return ""


def first_difference(ours: Any, theirs: Any, where: str = "") -> str:
    """The first place at which two nested values differ."""
    if isinstance(ours, dict):
        for name in ours:
            if bits(ours[name]) != bits(theirs[name]):
                return first_difference(ours[name], theirs[name], f"{where}.{name}")
    if isinstance(ours, list | tuple):
        for k, (a, b) in enumerate(zip(ours, theirs, strict=False)):
            if bits(a) != bits(b):
                return (
                    first_difference(a, b, f"{where}[{k}]")
                    if isinstance(a, list | dict)
                    else (f"{where}[{k}] is {a!r} outside and {b!r} in eventnet")
                )
        return f"{where} has {len(ours)} entries outside and {len(theirs)} in eventnet"
    return f"{where} is {ours!r} outside and {theirs!r} in eventnet"


def compare(
    described: dict[str, Any],
    engines: tuple[str, ...] = ("reference", "compiled"),
    outside: dict[str, Any] | None = None,
) -> str:
    """How the engines differ from the independent simulator; nothing where they do not. outside: what that has found."""
    outside = outside or simulator.run(described)
    for engine in engines:
        found = difference(outside, simulate(described, engine))
        if found:
            return f"{engine}: {found}"
    return ""


def features(described: dict[str, Any], outside: dict[str, Any]) -> Counter[str]:
    """What a network has, for the table of what was covered."""
    wires = described["wires"]
    has = {
        f"order {described['order']}": True, described["dtype"]: True, f"ended {outside['ended'] or 'well'}": True,
        "burst": "burst" in (described["coalesce"], described["forced"]),
        "annihilates": outside.get("annihilated", 0) > 0, "packets": described["packets"],
        "self loop": any(a == b for a, _, b, *_ in wires), "circle": circles(described),
        "same wire again": len(set(wires)) < len(wires), "settled wire": any(w[5] for w in wires),
        "delay": any(w[4] > 0 for w in wires), "more than 8 delays": len({w[4] for w in wires if w[4]}) > 8,
        "delay of 2^40 or more": any(w[4] >= 2**40 for w in wires),
        "far from time 0": any(abs(one[0]) > 2**50 for one in described["inputs"]),
        "every comparison made": outside["ended"] != "RuleError",
    }  # fmt: skip
    kinds = {one["kind"] for one in described["modules"]}
    return Counter([name for name, given in has.items() if given] + [f"family {kind}" for kind in kinds])


def shrink(described: dict[str, Any], engines: tuple[str, ...] = ("reference", "compiled")) -> dict[str, Any]:
    """The same difference with as few inputs and wires as will do."""

    def differs(candidate: dict[str, Any]) -> bool:
        try:
            return bool(compare(candidate, engines))
        except Exception:
            return False

    for part in ("inputs", "wires"):
        k = 0
        while k < len(described[part]):
            fewer = described | {part: described[part][:k] + described[part][k + 1 :]}
            if differs(fewer):
                described = fewer
            else:
                k += 1
    return described
