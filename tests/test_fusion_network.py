"""The network of camera and gyroscope: against its equations in NumPy, both engines, packets of any size."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from fusion_cases import HEIGHT, N_OUT, TAU, WIDTH, H, K, pixels, rates, shown_as_it_is, small_weights

import eventnet as en
from eventnet.base.files import read_npz, write_npz
from eventnet.errors import DataError, ModelError
from eventnet.scenarios.fusion import FusionNetwork, FusionWeights, Head
from eventnet.scenarios.fusion.network import FORMAT

ENGINES = ("reference", "compiled")
READS = np.arange(999, 42_000, 3000)


def packets(events: Any, size: int, until: int = 42_001) -> Any:
    for stop in [*range(size, until, size), until]:
        yield en.Packet(stop, events[(events["t"] >= stop - size) & (events["t"] < stop)])


def simulated(engine: str = "compiled", packet: int = 1000, weights: Any = None, n: int = 300, **options: Any) -> Any:
    simulate = {name: options.pop(name) for name in ("order", "record") if name in options}
    network = FusionNetwork(weights or small_weights(), rows=len(READS), **options)
    simulation = network.simulation(engine=engine, **simulate)
    clock = en.Clock(simulation)
    clock.play(packets(pixels(n=n), packet), network.eye.spikes, width=network.weights.width)
    clock.play(packets(rates(), packet), into=network.head)
    clock.play(packets(network.reads(READS), packet))
    clock.run(until=42_001)
    return network, simulation


def exact_dvs(weights: FusionWeights, t: int, n: int = 300) -> Any:
    """Rates of the camera alone from all events before t: traces of pixels, patches, means, two layers."""
    traces = np.zeros((len(TAU), HEIGHT, WIDTH))
    for e in pixels(n=n)[pixels(n=n)["t"] < t]:
        for m, tau in enumerate(TAU):
            traces[m, e["y"], e["x"]] += (1 if e["p"] else -1) * np.exp(-(t - int(e["t"])) / tau)
    h = np.zeros((4, 5, K))
    for r in range(4):
        for c in range(5):
            seen = traces[:, 4 * r : 4 * r + 8, 4 * c : 4 * c + 8]
            h[r, c] = np.maximum(weights.bias + np.einsum("myx,mkyx->k", seen, weights.filters.astype(float)), 0)
    pooled = [h[r : r + 2, c : c + 3].mean(axis=(0, 1)) for r in (0, 1, 2) for c in (0, 2)]
    z = np.maximum(np.concatenate(pooled) @ weights.hidden + weights.hidden_bias, 0)
    return z @ weights.out + weights.out_bias


def exact_answers(weights: FusionWeights, t: int) -> Any:
    """All answers, with traces summed over steps of 20 microseconds."""
    head, step = weights.head, 20
    assert head is not None
    samples, x = rates(), np.concatenate((np.zeros(N_OUT), weights.out_bias.astype(float)))
    traces = np.zeros((2 * N_OUT, 2))
    for at in range(0, t - step // 2, step):
        for j in range(N_OUT):
            own = samples[(samples["index"] == j) & (samples["t"] <= at)]
            x[j] = own["value"][-1] if len(own) else 0.0
        x[N_OUT:] = exact_dvs(weights, at, 40)
        for m, tau in enumerate(head.tau_us):
            traces[:, m] = x + np.exp(-step / tau) * (traces[:, m] - x)
    shown = traces.copy()
    shown[:, 1] *= 1 - np.exp(-t / head.tau_us[1])
    x[N_OUT:] = exact_dvs(weights, t, 40)
    return np.concatenate(([1], x, shown.ravel())) @ head.mix


FINE = {"a": (400.0, 400.0, 400.0), "every_us": 0, "least_us": 20, "dtype": "float64"}


@pytest.mark.parametrize("code", ["sigma-delta", "pd"])
def test_with_fine_scales_the_camera_alone_is_what_its_equations_say(code: str) -> None:
    weights = shown_as_it_is()
    network, simulation = simulated(weights=weights, code=code, **FINE)
    found = network.answers(simulation)["dvs"]
    wanted = np.array([exact_dvs(weights, int(t)) for t in READS])
    assert np.abs(found - wanted).max() < 0.01 * wanted.std()  # each of 400 steps a deviation, over three layers
    assert wanted.std() > 1


def test_with_fine_scales_all_answers_are_what_their_equations_say() -> None:
    weights = small_weights()
    network, simulation = simulated(n=40, **FINE)
    found = np.concatenate(list(network.answers(simulation).values()), axis=1)
    for row in (1, 5):
        wanted = exact_answers(weights, int(READS[row]))
        # The gyroscope's samples of 20 deg/s come at multiples of the oracle's steps; the camera's changes do not.
        assert np.abs(found[row] - wanted).max() < 0.02 * np.abs(wanted).max()


@pytest.mark.parametrize("options", [{}, {"every_us": 0}, {"a": (2.0, 1.0, 3.0), "least_us": 0}, {"code": "pd"}])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_engines_agree(dtype: str, options: dict[str, Any]) -> None:
    found = []
    for engine in ENGINES:
        network, simulation = simulated(engine, dtype=dtype, record=True, n=100, **options)
        state = [array.tobytes() for m in network.net.modules for array in simulation.state(m).values()]
        found.append((simulation.log.tobytes(), str(simulation.tally.to_dict()), *state))
    assert found[0] == found[1]


@pytest.mark.parametrize("options", [{"every_us": 0}, {}, {"code": "pd"}])
def test_packets_of_any_size_change_nothing(options: dict[str, Any]) -> None:
    found = []
    for packet in (100, 1000, 50_000):
        _, simulation = simulated(packet=packet, **options)
        found.append((simulation.weights("answers").tobytes(), str(simulation.tally.to_dict())))
    assert found[0] == found[1] == found[2]


def test_every_port_is_in_the_tally() -> None:
    _, simulation = simulated()
    rows = simulation.tally.by_port()
    n = len(pixels())
    assert rows["eye.spikes"]["deliveries"] == n
    assert 0 < rows["eye.spikes"]["synaptic_adds"] <= n * 4 * K * len(TAU)  # four patches at most cover a pixel
    assert rows["hidden.spikes"]["synaptic_adds"] == rows["hidden.spikes"]["deliveries"] * H
    assert rows["head.spikes"]["synaptic_adds"] == rows["head.spikes"]["deliveries"] * N_OUT
    assert rows["head.value"]["deliveries"] == len(rates())
    assert all(rows[port]["multiplies"] > 0 for port in ("eye.spikes", "eye.look", "eye.again", "head.read"))


def test_finer_scales_come_nearer_and_cost_more() -> None:
    errors, costs = [], []
    wanted = np.array([exact_dvs(small_weights(), int(t)) for t in READS])
    for a in (1.0, 4.0, 16.0):
        network, simulation = simulated(weights=shown_as_it_is(), a=(a, a, a), every_us=0, least_us=1000)
        errors.append(np.abs(network.answers(simulation)["dvs"] - wanted).mean())
        costs.append(simulation.tally.adds)
    assert errors[0] > errors[1] > errors[2]
    assert costs[0] < costs[1] < costs[2]


def test_what_makes_no_sense_is_refused() -> None:
    for options, message in (
        ({"a": (1.0, 1.0)}, "a is"), ({"a": (1.0, 0.0, 1.0)}, "numbers above 0"), ({"code": "x"}, "code is 'x'"),
    ):  # fmt: skip
        with pytest.raises(ModelError, match=message):
            FusionNetwork(small_weights(), **options)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="have no head"):
        FusionNetwork(small_weights(head=None))
    with pytest.raises(ModelError, match="2 answers are to be read, but there are 1 rows"):
        FusionNetwork(small_weights()).reads(np.arange(2))


def contents(weights: FusionWeights) -> dict[str, Any]:
    values = {f.name: getattr(weights, f.name) for f in fields(weights)}
    head = values.pop("head")
    values |= {} if head is None else {f"head {f.name}": getattr(head, f.name) for f in fields(head)}
    return {k: (v.dtype.str, v.tolist()) if isinstance(v, np.ndarray) else v for k, v in values.items()}


def test_a_camera_of_64_by_48_has_165_patches_in_12_regions() -> None:
    weights = FusionWeights.random(3)
    assert (weights.patches, weights.regions, weights.n_filters, weights.n_out) == ((11, 15), (3, 4), 16, 3)
    assert weights.hidden.shape == (12 * 16, 64)
    assert contents(FusionWeights.random(3)) == contents(weights)
    assert not np.array_equal(FusionWeights.random(4).filters, weights.filters)


@pytest.mark.parametrize("changed", [{}, {"head": None}])
def test_a_file_holds_everything(tmp_path: Any, changed: dict[str, Any]) -> None:
    weights = small_weights(**changed)
    weights.save(tmp_path / "weights.npz")
    again = FusionWeights.load(tmp_path / "weights.npz")
    assert contents(again) == contents(weights)
    assert all(array.dtype == np.float32 for array in (again.filters, again.out, again.hidden_std))
    again.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "weights.npz").read_bytes()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"filters": np.zeros((2, 3, 8))}, r"filters have shape \(2, 3, 8\)"),
        ({"filters": np.zeros((3, 3, 8, 8))}, r"filters has shape \[3, 3, 8, 8\]; wanted \[2, 3, 8, 8\]"),
        ({"hidden": np.zeros((17, 6))}, r"hidden has shape \[17, 6\]; wanted \[18, 6\]"),
        ({"bias": [0, 1, np.nan]}, r"bias has shape \[3\]; wanted \[3\] finite"),
        ({"pool_std": [1, 0, 1]}, "pool_std goes from 0"),
        ({"tau_us": (1.0, -1.0)}, "tau_us is"),
        ({"pool": (5, 3)}, r"regions of \(5, 3\) do not fit into 4 x 5"),
        ({"width": 7}, "do not fit into"),
        ({"head": Head((3e3,), (True,), np.zeros((9, 5)))}, r"mix has shape \[9, 5\]; wanted \[9, 6\]"),
    ],
)
def test_what_does_not_fit_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        small_weights(**changed)


def test_a_ramp_for_each_time_constant() -> None:
    with pytest.raises(ModelError, match="ramp has 1 entries for 2"):
        Head((1.0, 2.0), (True,), np.zeros((13, 6)))


def test_files_of_other_things_are_refused(tmp_path: Any) -> None:
    path = tmp_path / "weights.npz"
    with pytest.raises(DataError, match="there is no file"):
        FusionWeights.load(path)
    small_weights().save(path)
    for text_change, array_change, message in (
        ({}, {"out_bias": None}, "does not describe weights"), ({"head": {}}, {}, "does not describe weights"),
        ({"width": "x"}, {}, "does not describe weights"), ({"odd": 1}, {}, "does not describe weights"),
        ({}, {"out": np.zeros((5, 2))}, "out has shape"), ({"format": "x"}, {}, "has format 'x'"),
    ):  # fmt: skip
        text, arrays = read_npz(path, FORMAT)
        arrays = {name: array for name, array in (arrays | array_change).items() if array is not None}
        write_npz(tmp_path / "bad.npz", json.dumps(text | text_change), arrays)
        with pytest.raises(DataError, match=message):
            FusionWeights.load(tmp_path / "bad.npz")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="damaged"):
        FusionWeights.load(path)
