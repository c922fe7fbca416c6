"""How a population of each family of neurons is drawn."""

from __future__ import annotations

from typing import Any

from outside.sheet import Sheet


def units(sheet: Sheet) -> int:
    """Units of a layer: few, and sometimes more than are taken at a time."""
    return sheet.rng.choice((1, 2, 3, 3, 4, 5)) if sheet.chance(0.95) else sheet.rng.choice((64, 65, 70))


def lines(sheet: Sheet, kind: str) -> None:
    sheet.add(kind, {"units": sheet.rng.choice((1, 2, 3, 4, 5))})


def herding(sheet: Sheet, kind: str) -> None:
    n, n_in = units(sheet), sheet.rng.choice((1, 2, 3, 5))
    options = {
        "units": n,
        "weights": sheet.block(n_in, n),
        "scale": sheet.scale,
        "most": sheet.rng.choice((400, 400, 3)),
    }
    if not sheet.whole:
        options["scale"] = sheet.rng.choice((1, 1, 1, 0.7))
    if sheet.chance(0.3):
        options |= {"reset_policy": sheet.rng.choice(("none", "random")), "seed": sheet.rng.randrange(2**60)}
    if sheet.chance(0.3):
        options["coalesce"] = sheet.rng.choice(("none", "burst"))
    sheet.add(kind, options)


def accumulator(sheet: Sheet, kind: str) -> None:
    n = units(sheet)
    sheet.add(kind, {"units": n, "weights": sheet.block(3, n), "answers": sheet.empty(2, n)})


def shape(sheet: Sheet) -> list[int]:
    """A map: most are small."""
    return [sheet.rng.randint(1, 3) for _ in range(3)]


def geometry(sheet: Sheet, pools: bool = False, shape_in: list[int] | None = None) -> Any:
    """Parts of a geometry: a dense layer, or a window over a padded map."""
    rng, given = sheet.rng, shape_in or shape(sheet)
    if not pools and sheet.chance(0.4):
        return [[given[0] * given[1] * given[2], 1, 1], [rng.randint(1, 5), 1, 1], [1, 1], [1, 1], [0, 0, 0, 0]]
    kernel = [rng.randint(1, given[1]), rng.randint(1, given[2])]
    stride, padding = [rng.randint(1, 2), rng.randint(1, 3)], [rng.randint(0, 2) for _ in range(4)]
    out = [
        given[0] if pools else rng.randint(1, 4),
        (given[1] + padding[0] + padding[2] - kernel[0]) // stride[0] + 1,
        (given[2] + padding[1] + padding[3] - kernel[1]) // stride[1] + 1,
    ]
    return [given, out, kernel, stride, padding]


def size(shape: list[int]) -> int:
    """Units of a map."""
    return shape[0] * shape[1] * shape[2]


def scales(sheet: Sheet, n: int) -> Any:
    """Scales of n units: one, or one each."""
    if sheet.whole:
        return 1.0
    return sheet.rng.uniform(0.5, 4) if sheet.chance(0.6) else [sheet.rng.uniform(0.5, 4) for _ in range(n)]


def patch_weights(sheet: Sheet, parts: Any) -> int:
    """A block of a kernel."""
    return sheet.block(parts[0][0], parts[2][0] * parts[2][1] * parts[1][0], 0.6)


def change_encoder(sheet: Sheet, kind: str) -> None:
    n = sheet.rng.choice((1, 2, 3, 4, 6, 8, 9, 12))
    options: dict[str, Any] = {
        "frames": sheet.block(4, n, 1.0),
        "k": scales(sheet, n),
        "shift": 4 if sheet.whole else 0,
    }
    if sheet.chance(0.7):
        last = n + 1 if sheet.chance(0.1) else n
        rows = [[float(sheet.rng.randrange(last)), sheet.number(1.0)] for _ in range(4)]
        sheet.blocks.append(rows)
        options["updates"] = len(sheet.blocks) - 1
    else:
        options["updates"] = None
    sheet.add(kind, options, limit=sheet.rng.choice((1, 3, 4096, 4096)))


def quantizer(sheet: Sheet, kind: str) -> None:
    sheet.add(kind, {"vectors": sheet.block(4, units(sheet), 1.0), "most": 400})


def summing_layer(sheet: Sheet, kind: str) -> None:
    pools = kind.endswith("Pool")
    parts = geometry(sheet, pools)
    baked = not pools and (sheet.whole or sheet.chance(0.3))
    options: dict[str, Any] = {"geometry": parts}
    if not baked:
        options |= {"unscale": sheet.rng.choice((1.0, 1.7, 2.0))}
    if not pools:
        options |= {"weights": patch_weights(sheet, parts), "baked": baked, "shift": 4 if sheet.whole else 0}
        if sheet.chance(0.7):
            options["bias"] = sheet.values(parts[1][0])
    if kind.startswith("Readout"):
        sheet.add(kind, options | {"answers": sheet.empty(2, size(parts[1]))})
        return
    if not baked:
        options["k"] = scales(sheet, size(parts[1]))
    options["activation"] = sheet.rng.choice(("identity", "relu", "hard_sigmoid", *(() if sheet.whole else ("tanh",))))
    if not pools and sheet.chance(0.5):
        options["coalesce"] = sheet.rng.choice((None, "none", "burst"))
    sheet.add(kind, options, limit=sheet.rng.choice((1, 3, 4096, 4096)))


def leaky(sheet: Sheet, kind: str) -> None:
    rng, n = sheet.rng, units(sheet)
    rest = rng.choice((0.0, 0.0, -0.25))
    threshold = rng.choice((0.5, 1.0))
    options: dict[str, Any] = {
        "units": n, "weights": sheet.block(rng.choice((1, 2, 3, 5)), n), "tau": rng.choice((3.0, 50.7, 20_000.0)), "rest": rest,
        "threshold": [threshold + rng.random() for _ in range(n)] if sheet.chance(0.2) else threshold,
        "reset_to": rest + rng.choice((0.0, 0.125, -0.25)) if sheet.chance(0.4) else None,
        "refractory": rng.choice((0, 0, 0, 1, 2, 300)), "signed": sheet.chance(0.3), "most": rng.choice((400, 400, 3)),
    }  # fmt: skip
    if sheet.chance(0.4):
        options["adapt"] = [rng.choice((0.0, 0.05, 0.25)), rng.choice((4.0, 300.0, 100_000.5))]
    if sheet.chance(0.25):
        options["winner"] = rng.choice((0, 0, 1, 2, 300))
    else:
        options["subtract"] = sheet.chance(0.4)
    if sheet.chance(0.9):
        options["inhibition"] = rng.choice((["subtract", 0.125], ["subtract", 0.3], ["set", rest - 0.125]))
    sheet.add(kind, options)


def sparse(sheet: Sheet, kind: str) -> None:
    """A layer of sparse units, synapses that lead to it, from itself and from elsewhere, and their wires."""
    rng = sheet.rng
    n = rng.choice((1, 2, 4, 17, 40, 90))

    def each(draw: Any) -> Any:
        return [draw() for _ in range(n)] if sheet.chance(0.3) else draw()

    rest = rng.choice((0.0, 0.0, -0.5))
    layer = sheet.add("LeakyDelta", {
        "units": n, "tau": each(lambda: rng.choice((2.0, 7.3, 50.5))), "threshold": each(lambda: rng.choice((0.5, 0.75, 1.0))),
        "rest": rest, "reset": rng.choice((None, 0.25, -1.0)), "refractory": each(lambda: rng.choice((0, 0, 1, 3, 70))),
        "start": each(lambda: rng.choice((0.0, 0.3, -0.4))), "decay": rng.choice(("tick", "tick", "event")),
    })  # fmt: skip
    for own in [True, False, False][rng.randrange(2) :]:
        n_in, count = n if own else rng.choice((1, 3, 8)), rng.choice((0, 3, 12, 30))
        edges = {
            "sources": [rng.randrange(n_in) for _ in range(count)],
            "targets": [rng.randrange(n) for _ in range(count)],
        }
        delays = [rng.choice((0, 0, 1, 2, 9)) for _ in range(count)] if sheet.chance(0.5) else None
        made = sheet.add("DeltaSynapses", {
            "layer": layer, "weights": sheet.block(1, rng.choice((1, n_in, max(count, 1)))),
            "projection": {
                "sources": n_in, "targets": n, "same": own, "seed": None, "delays": delays,
                "connectivity": {"kind": "Edges"} | edges,
            },
        })  # fmt: skip
        if delays is not None:
            sheet.wires.append((made, "axon", made, "rows", rng.choice((0, 0, 1)), False))
        if own:
            sheet.wires.append(
                (layer, "out", made, "rows" if delays is None else "spikes", rng.choice((0, 1, 1, 4)), False)
            )


def spike_response(sheet: Sheet, kind: str) -> None:
    rng, n = sheet.rng, units(sheet)
    tau_m, tau_s = rng.choice(((10.0, 2.5), (1000.0, 250.0), (20_000.3, 777.0)))
    options = {
        "units": n, "weights": sheet.block(rng.choice((1, 2, 3, 5)), n, 1.0), "tau_m": tau_m, "tau_s": tau_s,
        "threshold": rng.choice((0.3, 0.6)), "reset_to": rng.choice((None, -0.5)), "firsts": sheet.chance(0.5),
    }  # fmt: skip
    sheet.add(kind, options)


def leaky_readout(sheet: Sheet, kind: str) -> None:
    rng = sheet.rng
    n, times = rng.randint(1, 4), rng.randint(1, 3)
    outputs, moved = rng.randint(1, 3), rng.randint(0, n)
    options: dict[str, Any] = {
        "n_inputs": n, "mix": sheet.block(1 + n * (1 + times), outputs), "answers": sheet.empty(3, outputs),
        "tau": [rng.choice((5.0, 700.5, 20_000.0)) for _ in range(times)],
    }  # fmt: skip
    if moved:
        options["weights"] = sheet.block(rng.choice((2, 5)), moved)
    if sheet.chance(0.7):
        sheet.blocks.append([[float(rng.randrange(n + sheet.chance(0.03))), sheet.number(1.0)] for _ in range(4)])
        options["updates"] = len(sheet.blocks) - 1
    if sheet.chance(0.5):
        options["ramp"] = [sheet.chance(0.5) for _ in range(times)]
    if sheet.chance(0.4):
        options["start"] = sheet.values(n)
    sheet.add(kind, options)


def random_spikes(sheet: Sheet, kind: str) -> None:
    n = units(sheet)
    options: dict[str, Any] = {
        "units": n, "vectors": sheet.block(3, n), "seed": sheet.rng.randrange(2**60), "most": sheet.rng.choice((400, 400, 4)),
    }  # fmt: skip
    if kind == "Poisson" and sheet.chance(0.3):
        options["reset_policy"] = "none"
    sheet.add(kind, options)


def gains(sheet: Sheet, predictive: bool) -> dict[str, Any]:
    """How a code is encoded."""
    rng = sheet.rng
    step: dict[str, Any] = {"step": rng.choice((1, 1, 3, 1000))}
    if predictive:
        return step | {
            "alpha": rng.choice((0.0, 0.5, 0.9)), "quantum": rng.choice((1.0, 0.25, 0.3)), "seed": rng.randrange(2**60),
            "quantizer": rng.choice(("threshold", "random", "sigma-delta")),
        }  # fmt: skip
    kp, kd = rng.choice(((0.0, 3.0), (0.5, 2.0), (1.0, 0.0), (0.3, 49.0), (0.1, 0.7)))
    return step | {"kp": kp, "kd": kd, "eta": rng.choice((0.0, 0.0, 0.05))}


def coded_below(sheet: Sheet) -> tuple[int, int]:
    """A module whose code can be heard, and its units; an encoder is made where there is none."""
    coders = [k for k, one in enumerate(sheet.modules) if "coded" in one]
    if not coders or sheet.chance(0.2):
        encoder(sheet, sheet.rng.choice(("PDEncoder", "PredictiveEncoder")))
        coders = [len(sheet.modules) - 1]
    below = sheet.rng.choice(coders)
    return below, sheet.modules[below]["coded"]


def encoder(sheet: Sheet, kind: str) -> None:
    n = sheet.rng.choice((1, 2, 4, 6, 12))
    frames = sheet.block(4, n, sheet.rng.choice((1.0, 1.0, 60.0)))
    sheet.add(kind, {"frames": frames, **gains(sheet, kind.startswith("Predictive"))}, coded=n)


def map_of(sheet: Sheet, n: int) -> list[int]:
    """A map of n units."""
    channels = sheet.rng.choice([c for c in range(1, n + 1) if n % c == 0])
    rows = sheet.rng.choice([h for h in range(1, n // channels + 1) if n // channels % h == 0])
    return [channels, rows, n // channels // rows]


def coding_layer(sheet: Sheet, kind: str) -> None:
    below, n = coded_below(sheet)
    parts = geometry(sheet, shape_in=map_of(sheet, n))
    options: dict[str, Any] = {
        "geometry": parts, "weights": patch_weights(sheet, parts), "bias": sheet.block(1, parts[1][0]), "below": below,
    }  # fmt: skip
    made = size(parts[1])
    if kind == "PDReadout":
        options |= {"answers": sheet.empty(3, made), "step": sheet.rng.choice((1, 3, 1000))}
        after = sheet.add(kind, options)
    else:
        activation = sheet.rng.choice(("identity", "relu", "hard_sigmoid", "tanh"))
        options |= {"activation": activation, **gains(sheet, kind.startswith("Predictive"))}
        after = sheet.add(kind, options, coded=made)
    hear(sheet, below, after)


def decoder(sheet: Sheet, kind: str) -> None:
    below, n = coded_below(sheet)
    hear(
        sheet, below, sheet.add(kind, {"answers": sheet.empty(3, n), "below": below, "step": sheet.rng.choice((1, 3))})
    )


def hear(sheet: Sheet, below: int, after: int) -> None:
    """A wire from what is decoded."""
    sheet.wires.append((below, "out", after, "spikes", sheet.rng.choice((0, 0, 0, 1, 3)), False))


def filters(sheet: Sheet, kind: str) -> None:
    rng = sheet.rng
    times, k = rng.randint(1, 3), rng.randint(1, 2)
    parts = geometry(sheet, True, [1, rng.randint(1, 4), rng.randint(1, 4)])
    parts[1][0] = times * k
    options: dict[str, Any] = {
        "geometry": parts, "weights": patch_weights(sheet, parts), "tau": [rng.choice((3.0, 40.5, 900.0)) for _ in range(times)],
        "scale": rng.choice((1.0, 3.0, 2.7)), "every": rng.choice((0, 0, 1, 7)), "least": rng.choice((0, 1, 5, 1000)), "most": 4000,
    }  # fmt: skip
    if sheet.chance(0.6):
        options["bias"] = sheet.values(k)
    if kind == "DecayingFilters":
        options["fade"] = rng.choice((5.0, 60.5, 4000.0))
    sheet.add(kind, options)


def decaying_pool(sheet: Sheet, kind: str) -> None:
    parts = geometry(sheet, True)
    options = {
        "geometry": parts, "fade": sheet.rng.choice((5.0, 60.5, 4000.0)), "k": scales(sheet, size(parts[1])),
        "least": sheet.rng.choice((0, 1, 5, 1000)), "most": 4000,
    }  # fmt: skip
    sheet.add(kind, options)


def currents(sheet: Sheet, kind: str) -> None:
    rng, n, n_in = sheet.rng, units(sheet), sheet.rng.choice((1, 2, 3, 5))
    tau_m, tau_s = rng.choice(
        ((20.0, 10.0), (10.0, 10.0), (10.0, 7.5), (300.0, 299.0), (50.0, 400.0), (20_000.0, 10_000.0))
    )
    rest = rng.choice((0.0, -0.5))
    options: dict[str, Any] = {
        "units": n, "tau_m": tau_m, "tau_s": tau_s, "rest": rest, "threshold": rest + rng.choice((0.25, 1.0)),
        "reset": rng.choice((None, rest - 0.25)), "refractory": rng.choice((1, 2, 30)),
    }  # fmt: skip
    if sheet.chance(0.3):
        targets = [[rng.randrange(n) for _ in range(rng.randint(0, 3))] for _ in range(n_in)]
        targets[0].append(0)
        options["targets"] = [j for row in targets for j in row]
        options["start"] = [sum(map(len, targets[:k])) for k in range(n_in + 1)]
        options["weights"] = sheet.block(1, len(options["targets"]), 4.0)
    else:
        options["weights"] = sheet.block(n_in, n, 4.0)
    if sheet.chance(0.4):
        options["delays"] = [rng.randrange(4) for _ in range(n)]
    sheet.add(kind, options)


CORE: tuple[str, ...] = ("Relay", "Sink", "Herding", "Herding", "Rectified", "Summing", "Encoder")
CIRCLES: list[tuple[str, ...]] = [
    ("Relay", "Herding", "Rectified", "Accumulator", "SpikeCounter", "LastSpikes"),
    (
        "ChangeEncoder", "FrameEncoder", "Quantizer", "SigmaDelta", "SigmaDelta", "SigmaDeltaPool", "Rounding",
        "RoundingPool", "Readout", "ReadoutPool",
    ),
    ("LeakyIntegrate", "LeakyIntegrate", "SpikeResponse", "Relay", "LeakyReadout", "Herding"),
    ("LeakyIntegrate",),
    ("LeakyDelta", "DeltaSynapses", "Relay", "Herding", "SpikeCounter"),
    ("Poisson", "Sampler", "Relay", "Sink", "SpikeCounter"),
    ("PDEncoder", "PDLayer", "PDLayer", "PDReadout", "PDDecoder", "PredictiveEncoder", "PredictiveLayer"),
    ("LeakyFilters", "DecayingFilters", "DecayingPool", "Relay", "SpikeCounter"),
    ("ExponentialCurrent", "AlphaCurrent", "Relay", "LeakyIntegrate"),
]  # fmt: skip
WHOLE = ("Relay", "Sink", "SpikeCounter", "LastSpikes", "Herding", "Rectified", "Summing", "Encoder", "Accumulator",
         "ChangeEncoder", "FrameEncoder", "SigmaDelta", "Rounding", "Readout")  # fmt: skip
"""Families that a network of whole numbers may have."""

FORESEE = {"LeakyFilters", "DecayingFilters", "DecayingPool", "ExponentialCurrent", "AlphaCurrent"}
"""Families that foresee spikes."""
SLOW = {*FORESEE, "PDEncoder", "PredictiveEncoder", "LeakyIntegrate", "SpikeResponse", "LeakyReadout", "LeakyDelta"}
"""Families with time constants."""

DRAW = {
    **dict.fromkeys(("Relay", "Sink", "SpikeCounter", "LastSpikes"), lines),
    **dict.fromkeys(("Herding", "Rectified", "Summing", "Encoder"), herding),
    "Accumulator": accumulator,
    **dict.fromkeys(("ChangeEncoder", "FrameEncoder"), change_encoder),
    "Quantizer": quantizer,
    **dict.fromkeys(("LeakyDelta", "DeltaSynapses"), sparse),
    **dict.fromkeys(("PDEncoder", "PredictiveEncoder"), encoder),
    **dict.fromkeys(("PDLayer", "PDReadout", "PredictiveLayer"), coding_layer),
    "PDDecoder": decoder,
    **dict.fromkeys(("LeakyFilters", "DecayingFilters"), filters),
    "DecayingPool": decaying_pool,
    **dict.fromkeys(("ExponentialCurrent", "AlphaCurrent"), currents),
    "LeakyIntegrate": leaky,
    "SpikeResponse": spike_response,
    "LeakyReadout": leaky_readout,
    **dict.fromkeys(("Poisson", "Sampler"), random_spikes),
    **dict.fromkeys(
        ("SigmaDelta", "SigmaDeltaPool", "Rounding", "RoundingPool", "Readout", "ReadoutPool"), summing_layer
    ),
}
