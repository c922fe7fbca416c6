"""How networks that learn are drawn: a layer, what it hears, and rules that share its weights."""

from __future__ import annotations

from typing import Any

from outside.drawing import encoder, geometry, map_of, patch_weights, size
from outside.sheet import Sheet

POSITIVE = {"PairStdp", "RestrictedStdp", "TripletStdp", "TraceTarget", "Instar"}
"""Rules to which most negative spikes are an error."""


def wire(sheet: Sheet, a: int, outlet: str, b: int, port: str, delays: tuple[int, ...] = (0,)) -> None:
    """A wire of the network's plan."""
    sheet.wires.append((a, outlet, b, port, sheet.rng.choice(delays), False))


# --- plasticity ------------------------------------------------------------------------------------------------------
def spiking_layer(sheet: Sheet) -> tuple[int, int, int, int]:
    """Inputs, and a layer of units with positive weights: their numbers, the layer's block, how many inputs."""
    rng = sheet.rng
    n_in, n = rng.choice((1, 2, 3, 5)), rng.choice((1, 2, 3, 4))
    sheet.blocks.append([[round(rng.random() * 64) / 64 if sheet.grain else rng.random() for _ in range(n)]
                         for _ in range(n_in)])  # fmt: skip
    weights = len(sheet.blocks) - 1
    lines = sheet.add("Relay", {"units": n_in})
    kind = rng.choice(("LeakyIntegrate", "LeakyIntegrate", "SpikeResponse", "Rectified"))
    options: dict[str, Any] = {"units": n, "weights": weights}
    if kind == "LeakyIntegrate":
        options |= {"tau": rng.choice((50.7, 20_000.0)), "threshold": rng.choice((0.4, 0.8)), "most": 400}
        options |= {"winner": 2} if sheet.chance(0.3) else {}
    elif kind == "SpikeResponse":
        options |= {"tau_m": 1000.0, "tau_s": 250.0, "threshold": 0.2, "firsts": sheet.chance(0.7)}
    else:
        options |= {"scale": 1, "most": 400}
    layer = sheet.add(kind, options)
    wire(sheet, lines, "out", layer, "spikes", (0, 0, 2))
    sheet.steady += [(lines, "spikes")] * 3
    return lines, layer, weights, n_in


def where_to_learn(sheet: Sheet) -> tuple[int, int, int, int]:
    """A layer to learn: one that is there, or a new one."""
    if sheet.layers and sheet.chance(0.6):
        return sheet.rng.choice(sheet.layers)
    sheet.layers.append(spiking_layer(sheet))
    return sheet.layers[-1]


def bounds_and_exponents(sheet: Sheet, none: bool = True, pair: bool = True) -> dict[str, Any]:
    """Bounds, and how changes depend on the room that is left."""
    rng = sheet.rng
    if none and sheet.chance(0.15):
        return {"bounds": None}
    mus: tuple[Any, ...] = (0.0, 0.0, 1.0, 0.4, 2.0) + (((0.0, 1.0), (0.5, 0.0)) if pair else ())
    found: dict[str, Any] = {"mu": rng.choice(mus), "bounds": rng.choice(([0.0, 1.0], [0.0, 1.0], [-0.5, 1.25]))}
    if isinstance(found["mu"], tuple):
        found["mu"] = list(found["mu"])
    return found


def amplitudes(sheet: Sheet, names: tuple[str, ...], options: dict[str, Any]) -> dict[str, float]:
    """How much a pair moves; it may be less than nothing where changes do not depend on the weight."""
    least = -0.2 if not options.get("mu") and sheet.chance(0.2) else 0.0
    return {name: sheet.rng.choice((0.25, 0.0625, sheet.rng.uniform(least, 0.3))) for name in names}


def taus(sheet: Sheet, names: tuple[str, ...]) -> dict[str, float]:
    """Time constants, some so short that traces end between inputs."""
    return {name: sheet.rng.choice((3.0, 20.5, 700.0, 20_000.0)) for name in names}


def two_sided(sheet: Sheet, kind: str) -> None:
    rng = sheet.rng
    lines, layer, weights, _ = where_to_learn(sheet)
    if kind == "DynamicStdp":
        options: dict[str, Any] = {
            "weights": weights, "alpha": rng.choice((0.5, 0.9, 0.99)), "rate": rng.choice((1.0, 0.1)), "step": rng.choice((1, 3)),
            "bounds": rng.choice((None, [-1.0, 2.0])),
        }  # fmt: skip
    else:
        options = {"weights": weights, "equal": rng.choice(("nothing", "order")), **bounds_and_exponents(sheet)}
        if kind == "TripletStdp":
            names = ("a2_plus", "a3_plus", "a2_minus", "a3_minus")
            options |= amplitudes(sheet, names, options) | taus(sheet, ("tau_plus", "tau_x", "tau_minus", "tau_y"))
            options["pairing"] = rng.choice(("all", "nearest"))
        else:
            options |= amplitudes(sheet, ("a_plus", "a_minus"), options) | taus(sheet, ("tau_plus", "tau_minus"))
            options["pairing"] = rng.choice(("all", "nearest", "restricted"))
            options["signed"] = not options.get("mu") and sheet.chance(0.4)
    hear_both(sheet, lines, layer, sheet.add(kind, options))


def hear_both(sheet: Sheet, lines: int, layer: int, rule: int) -> None:
    """Wires from both ends of the synapses."""
    wire(sheet, lines, "out", rule, "pre", (0, 0, 1))
    wire(sheet, layer, "out", rule, "post", (0, 0, 1))


def last_seen(sheet: Sheet, lines: int, layer: int, n_in: int) -> int:
    """What keeps the ticks of the inputs' last spikes."""
    if sheet.modules[layer]["kind"] != "Rectified" and sheet.chance(0.7):
        return layer
    seen = sheet.add("LastSpikes", {"units": n_in})
    wire(sheet, lines, "out", seen, "spikes", (0, 0, 1))
    return seen


def one_sided(sheet: Sheet, kind: str) -> None:
    rng = sheet.rng
    lines, layer, weights, n_in = where_to_learn(sheet)
    options: dict[str, Any] = {"weights": weights, "seen": last_seen(sheet, lines, layer, n_in)}
    if kind == "RestrictedStdp":
        options |= bounds_and_exponents(sheet)
        options |= amplitudes(sheet, ("a_plus", "a_minus"), options) | taus(sheet, ("tau_plus", "tau_minus"))
        first = sheet.modules[layer]["options"].get("firsts")
        rule = sheet.add(kind, options)
        wire(sheet, layer if first else lines, "first" if first else "out", rule, "pre")
        wire(sheet, layer, "out", rule, "post")
        return
    options |= {"tau": rng.choice((3.0, 20.5, 700.0, 20_000.0)), "rate": rng.choice((0.25, 0.1, 1.0))}
    if kind == "TraceTarget":
        options |= {"target": rng.choice((0.0, 0.25, 0.4, 1.0)), **bounds_and_exponents(sheet, False, False)}
    wire(sheet, layer, "out", sheet.add(kind, options), "post", (0, 0, 1))


def rewarded(sheet: Sheet, kind: str) -> None:
    rng = sheet.rng
    lines, layer, weights, _ = where_to_learn(sheet)
    shape = len(sheet.blocks[weights]), len(sheet.blocks[weights][0])
    options = {
        "weights": sheet.empty(*shape), "bounds": None, "memory": rng.choice((5.0, 30.5, 4000.0)),
        "pairing": rng.choice(("all", "nearest", "restricted")), "equal": rng.choice(("nothing", "order")),
        "signed": sheet.chance(0.3), **amplitudes(sheet, ("a_plus", "a_minus"), {}), **taus(sheet, ("tau_plus", "tau_minus")),
    }  # fmt: skip
    tags = sheet.add("PairStdp", options)
    hear_both(sheet, lines, layer, tags)
    amounts = [rng.choice((1.0, 0.5, -0.3)) for _ in range(rng.randint(1, 2))]
    bounds = rng.choice((None, [0.0, 1.0], [-0.5, 1.25]))
    reward = sheet.add("Reward", {"weights": weights, "tags": tags, "amounts": amounts, "bounds": bounds})
    sheet.steady.append((reward, "reward"))


def normalized(sheet: Sheet, kind: str) -> None:
    weights = where_to_learn(sheet)[2] if sheet.chance(0.8) or not sheet.blocks else len(sheet.blocks) - 1
    sums = sheet.add("Normalize", {"weights": weights, "total": sheet.rng.choice((1.0, 0.7, 3.0))})
    sheet.steady.append((sums, "apply"))


# --- Deep Spiking Networks -------------------------------------------------------------------------------------------
def stacks(sheet: Sheet) -> list[int]:
    """A Deep Spiking Network: an encoder, layers, errors that go back through columns, and updates of all weights."""
    rng = sheet.rng
    widths = [rng.choice((1, 2, 3, 4)) for _ in range(rng.choice((2, 2, 3)))]
    n_out = rng.choice((2, 3))
    widths.append(n_out)
    vectors = sheet.block(4, widths[0], 0.8)
    below = sheet.add("Encoder", {"units": widths[0], "weights": vectors, **step(sheet)})
    layers, updates = [below], []
    for n_in, n in zip(widths, widths[1:]):
        weights = sheet.block(n_in, n, 0.7)
        options = {"units": n, "weights": weights, "open_at_zero": sheet.chance(0.5), **step(sheet)}
        layer = sheet.add("Layer", options)
        wire(sheet, below, "out", layer, "spikes")
        updates.append(update(sheet, weights, below, layer, vectors))
        layers.append(layer)
        below = layer
    errors = sheet.add("ErrorCounter", {"units": n_out})
    if sheet.chance(0.7):
        wire(sheet, layers[-1], "out", errors, "output")
    wire(sheet, errors, "out", layers[-1], "error")
    for k in range(len(layers) - 1, 0, -1):
        wire(sheet, layers[k], "gated", updates[k - 1], "error")
        if k > 1:
            weights = sheet.modules[layers[k]]["options"]["weights"]
            back = sheet.add("Columns", {"units": widths[k - 1], "weights": weights, **step(sheet)})
            wire(sheet, layers[k], "gated", back, "spikes")
            wire(sheet, back, "out", layers[k - 1], "error")
    sheet.steady += [(errors, "target"), (errors, "end"), (layers[0], "spikes"), (layers[0], "spikes")]
    return layers


def step(sheet: Sheet) -> dict[str, Any]:
    """Steps and resets of a quantizer."""
    options: dict[str, Any] = {"scale": sheet.scale if sheet.whole else sheet.rng.choice((1, 1, 0.7)), "most": 400}
    if sheet.chance(0.2):
        options |= {"reset_policy": sheet.rng.choice(("none", "random")), "seed": sheet.rng.randrange(2**60)}
    if sheet.chance(0.2):
        options["coalesce"] = sheet.rng.choice(("none", "burst"))
    return options


def update(sheet: Sheet, weights: int, below: int, layer: int, vectors: int) -> int:
    """An update of a block, with its wires but for errors."""
    rng = sheet.rng
    kind = rng.choice(("Fsgd", "FsgdInteger", "FsgdSmooth", "Sgd", "SgdSmooth"))
    options: dict[str, Any] = {"weights": weights, "keep_negative": sheet.chance(0.5)}
    if kind != "FsgdInteger":
        options["rate"] = 1.0 if sheet.whole else rng.choice((0.125, 0.01, 0.3))
        options["lam"] = rng.choice((0.0, 1.0, 1.0 if sheet.whole else 0.1))
    if kind.endswith("Smooth"):
        options["below"] = below
        if sheet.chance(0.3):
            units = sheet.modules[below]["options"]["units"]
            shown = vectors if len(sheet.blocks[vectors][0]) == units else sheet.block(3, units)
            options["below"] = sheet.add("InputSum", {"units": units, "vectors": shown})
            sheet.steady.append((options["below"], "spikes"))
    made = sheet.add(kind, options)
    if not kind.endswith("Smooth"):
        wire(sheet, below, "out", made, "spikes")
    if kind != "FsgdInteger" and sheet.chance(0.5):
        wire(sheet, layer, "out", made, "decay")
    if kind.startswith("Sgd"):
        sheet.steady.append((made, "apply"))
    if kind != "FsgdSmooth" and sheet.chance(0.3):
        sheet.steady.append((made, "reset"))
    return made


def deep(sheet: Sheet, kind: str) -> None:
    """A network that has such a module."""
    layers = stacks(sheet)
    units = sheet.modules[layers[-1]]["options"]["units"]
    if kind == "ReadLayer":
        weights = sheet.modules[layers[-1]]["options"]["weights"]
        last = sheet.add(kind, {"units": units, "weights": weights, "answers": sheet.empty(3, units), **step(sheet)})
        wire(sheet, layers[-2], "out", last, "spikes")
        sheet.steady += [(last, "read"), (last, "read_counts")]


# --- proportional-derivative networks --------------------------------------------------------------------------------
def gains(sheet: Sheet) -> dict[str, Any]:
    """Gains of a code that dies away, but of one in a few that does not."""
    kp, kd = sheet.rng.choice(((0.5, 2.0), (1.0, 0.0), (0.3, 9.0), (0.1, 0.7)))
    return {"kp": kp, "kd": kd, "eta": sheet.rng.choice((0.0, 0.0, 0.05)), "step": sheet.rng.choice((1, 1, 3))}


def coded(sheet: Sheet, kind: str) -> None:
    """A network of codes that learns: layers, an output, errors, and gradients of all weights."""
    rng = sheet.rng
    encoder(sheet, "PDEncoder")
    below = len(sheet.modules) - 1
    sheet.modules[below]["options"] |= gains(sheet)
    sheet.steady.append((below, "frame"))
    layers: list[tuple[int, Any, int, int]] = [(below, None, -1, -1)]
    for _ in range(rng.choice((0, 1, 1, 2))):
        parts = geometry(sheet, shape_in=map_of(sheet, sheet.modules[below]["coded"]))
        weights, bias = patch_weights(sheet, parts), sheet.block(1, parts[1][0])
        options = {
            "geometry": parts, "weights": weights, "bias": bias, "below": below, **gains(sheet),
            "activation": rng.choice(("identity", "relu", "hard_sigmoid", "tanh")),
        }  # fmt: skip
        below = sheet.add("PDLayer", options, coded=size(parts[1]))
        layers.append((below, parts, weights, bias))
    parts = geometry(sheet, shape_in=map_of(sheet, sheet.modules[below]["coded"]))
    weights, bias = patch_weights(sheet, parts), sheet.block(1, parts[1][0])
    classes = size(parts[1]) + sheet.chance(0.1)
    sheet.blocks.append([[float(rng.randrange(classes))] for _ in range(4)])
    options = {"geometry": parts, "weights": weights, "bias": bias, "targets": len(sheet.blocks) - 1, "below": below}
    output = sheet.add("PDOutput", options | gains(sheet) | {"rate": rng.choice((0.25, 0.01))}, coded=size(parts[1]))
    sheet.steady += [(output, "target"), (output, "target")]
    layers.append((output, parts, weights, bias))
    for (a, *_), (b, *_) in zip(layers, layers[1:]):
        wire(sheet, a, "out", b, "spikes")
    errors_back(sheet, layers, kind)


def errors_back(sheet: Sheet, layers: list[tuple[int, Any, int, int]], kind: str) -> None:
    """Errors from the output down, and a gradient at each block of weights."""
    rng = sheet.rng
    above = layers[-1][0]
    for k in range(len(layers) - 1, 0, -1):
        here, parts, weights, _ = layers[k]
        lower, _, _, bias = layers[k - 1]
        if k > 1:
            options = {
                "geometry": parts,
                "weights": weights,
                "bias": bias,
                "layer": lower,
                "above": above,
                **gains(sheet),
            }
            inbox = sheet.add("PDError", options | {"rate": rng.choice((0.25, 0.01))}, coded=size(parts[0]))
        else:
            inbox = sheet.add("PDInbox", {"units": size(parts[1])})
        wire(sheet, above, "out", inbox, "spikes")
        gradient = kind if kind in GRADIENTS and sheet.chance(0.5) else rng.choice(GRADIENTS)
        options = {
            "geometry": parts, "weights": weights, "layer": here, "below": lower, "errors": inbox, "above": above,
            "rate": rng.choice((0.25, 0.01)), "step": rng.choice((1, 1, 3)),
        }  # fmt: skip
        if gradient in ("Future", "Stdp") and sheet.chance(0.3):
            options["traces"] = rng.choice(("scaled", "raw"))
        sheet.steady += [(sheet.add(gradient, options), "tick")] * 2
        above = inbox


GRADIENTS = ("Recon", "Past", "Future", "Stdp")
CIRCLES: list[tuple[str, ...]] = [
    ("PairStdp", "PairStdp", "TripletStdp", "DynamicStdp", "RestrictedStdp", "TraceTarget", "Instar", "Reward", "Normalize"),
    ("Layer", "ReadLayer"),
    GRADIENTS,
]  # fmt: skip
DRAW = {
    **dict.fromkeys(("PairStdp", "DynamicStdp", "TripletStdp"), two_sided),
    **dict.fromkeys(("RestrictedStdp", "TraceTarget", "Instar"), one_sided),
    "Reward": rewarded,
    "Normalize": normalized,
    **dict.fromkeys(
        ("Layer", "ReadLayer", "Columns", "ErrorCounter", "InputSum", "Fsgd", "FsgdInteger", "FsgdSmooth", "Sgd", "SgdSmooth"),
        deep,
    ),
    **dict.fromkeys((*GRADIENTS, "PDOutput", "PDError", "PDInbox"), coded),
}  # fmt: skip
NETWORKS = set(DRAW) - set(CIRCLES[0])
"""Families whose drawing makes a whole network."""
WHOLE = {"Layer", "ReadLayer"}
"""Those that a network of whole numbers may have."""
SLOW = {*CIRCLES[0], *GRADIENTS}
"""Those with time constants."""
