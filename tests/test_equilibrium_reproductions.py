"""What the reproductions of chapters 7 and 8 measure, on small networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eventnet.models import ConventionalNetwork, EquilibriumNetwork, InitializedEquilibriumNetwork
from eventnet.scenarios.reproductions import local_loss
from eventnet.scenarios.reproductions import settling_search as search
from eventnet.scenarios.reproductions.binary_neuron import FORMS as NEURONS
from eventnet.scenarios.reproductions.binary_neuron import follow as follow_bits
from eventnet.scenarios.reproductions.common.learning_energy import contrast_products
from eventnet.scenarios.reproductions.common.report import Request, Row
from eventnet.scenarios.reproductions.equilibrium import backpropagation, counted, steps_of_time
from eventnet.scenarios.reproductions.initialized import CentredNetwork, cosine, follow
from eventnet.scenarios.reproductions.initialized_digits import operations
from eventnet.scenarios.reproductions.settling_bits import FORMS, _row, distances, settle, settling_bits

RNG = np.random.default_rng(6)


def test_bits_come_near_to_where_real_states_settle_and_again_after_a_nudge() -> None:
    runs = [settle("OSA .0411, lam .206", seed, [30, 20, 5], 100) for seed in range(4)]
    assert [row["t"] for row in runs[0]] == list(range(1, 201))
    error = np.mean([[row["error"] for row in rows] for rows in runs], axis=0)
    assert error[99] < 0.1 * error[0]
    assert error[100] > 2 * error[99]
    assert error[199] < 0.2 * error[100]


@pytest.mark.slow
def test_every_form_of_the_figure_runs_and_sigma_delta_beats_chance() -> None:
    ends = {name: settle(name, 2, [30, 20, 5], 60)[59]["error"] for name in FORMS}
    assert ends["1/sqrt(t)"] < ends["stochastic, 1/sqrt(t)"]


@pytest.mark.slow
def test_a_network_learns_the_states_of_another_and_by_local_losses_sooner() -> None:
    curves = {loss: follow(loss, 3, 1200, 60) for loss in ("local", "global")}
    for rows in curves.values():
        assert [row["iteration"] for row in rows] == list(range(0, 1201, 30))
        assert rows[-1]["global loss"] < 0.6 * rows[0]["global loss"]
        assert all(-1 <= row[f"layer {n}"] <= 1 for row in rows for n in range(1, 7))
    local, total = (rows[-1]["global loss"] for rows in curves.values())
    assert local < 0.2 * total


@pytest.mark.whole
def test_after_2_000_iterations_local_losses_have_left_less_than_a_tenth_of_the_global_loss() -> None:
    local, total = (follow(loss, 1234, 2000)[-1]["global loss"] for loss in ("local", "global"))
    assert local < 0.1 * total


@pytest.mark.parametrize("loss", ["local", "global"])
def test_steps_have_the_gradient_of_the_loss_and_momentum(loss: str) -> None:
    """Against finite differences: of the sum of layers' losses, or, local, of each layer's with its input held."""
    net, wanted = CentredNetwork([4, 5, 3], 2, loss), [RNG.normal(0, 0.4, (6, n)) for n in (5, 3)]
    net.dtype = np.dtype("float64")
    net.forward_weights, net._step = (
        [a.astype(np.float64) for a in arrays] for arrays in (net.forward_weights, net._step)
    )
    x = RNG.normal(0, 1, (6, 4))

    def losses() -> list[float]:
        return [float(((f - s) ** 2).sum()) / 6 for f, s in zip(net.forward(x), wanted, strict=True)]

    gradients = []
    for k, w in enumerate(net.forward_weights):
        gradient = np.zeros_like(w)
        for at in np.ndindex(w.shape):
            ends = []
            for step in (1e-6, -1e-6):
                w[at] += step
                ends.append(losses()[k] if loss == "local" else sum(losses()))
                w[at] -= step
            gradient[at] = (ends[0] - ends[1]) / 2e-6
        gradients.append(gradient)
    before = [w.copy() for w in net.forward_weights]
    net.learn_states(x, wanted)
    for w, old, gradient, step in zip(net.forward_weights, before, gradients, net._step, strict=True):
        assert old - w == pytest.approx(0.01 * gradient, abs=1e-8)
        assert np.abs(gradient).max() > 0.01
        step[:] = 3.0
    held, (d_w, _) = net.forward_weights[0].copy(), net.forward_gradients(x, wanted)[0]
    net.learn_states(x, wanted)
    assert held - net.forward_weights[0] == pytest.approx(0.01 * (0.9 * 3.0 + 2 * d_w))


def test_operations_of_initialized_networks_are_of_pixels_that_are_not_0_and_of_steps() -> None:
    x = np.zeros((2, 6))
    x[0, :3] = 1  # 1.5 pixels a sample meet 5 units: 7.5; the upper block is 5 x 2
    plain = InitializedEquilibriumNetwork([6, 5, 2], steps=(4, 3), initialized=False)
    assert operations(plain, x) == {"answer": 7.5 + 4 * 20, "learn": 3 * 20 + 2 * 17.5}
    begun = InitializedEquilibriumNetwork([6, 5, 2], steps=(4, 3))
    assert operations(begun, x) == {"answer": 2 * 7.5 + 10 + 4 * 20, "learn": 3 * 20 + 3 * 17.5}


def test_operations_of_deep_networks_with_a_global_loss_have_what_is_sent_down() -> None:
    x = np.zeros((2, 6))
    x[0, :3] = 1  # 7.5 of pixels, 28 of the upper blocks
    local, total = (
        InitializedEquilibriumNetwork([6, 5, 4, 2], loss=loss, steps=(4, 3), learning_rate=(0.1,) * 3)
        for loss in ("local", "global")
    )
    assert local_loss.costs(local, x) == {"s_f, answer": 35.5, "s-, answer": 2 * 35.5 - 28 + 4 * 56, "learn": 274.5}
    assert operations(local, x)["learn"] == 3 * 56 + 3 * 35.5
    assert operations(total, x)["learn"] == 3 * 56 + 3 * 35.5 + 28


def test_cosines_are_of_arrays_as_vectors() -> None:
    a = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert cosine(a, a) == pytest.approx(1)
    assert cosine(a, -2 * a) == pytest.approx(-1)
    assert cosine(a, np.array([[0.0, 1.0], [1.0, 0.0]])) == 0
    assert cosine(a, 0 * a) == 0


@pytest.mark.slow
def test_costs_are_a_sample_s_and_of_levels_alone() -> None:
    net = EquilibriumNetwork([4, 3, 2], k=8)
    net.fit(np.full((6, 4), 0.5), [0, 1, 0, 1, 0, 1], batch=2)
    row = counted(net)
    assert row["input adds"] == row["input products"] == 12
    assert row["adds"] == pytest.approx(12 + row["negative adds"] + row["positive adds"], abs=0.2)
    assert row["products"] == pytest.approx(12 + row["negative products"] + row["positive products"], abs=0.2)
    assert row["m-adds"] == pytest.approx(row["unit adds"], abs=0.1)
    assert row["m-adds"] > row["negative adds"] + row["positive adds"]
    assert counted(EquilibriumNetwork([4, 3, 2], form="euler").fit(np.full((2, 4), 0.5), [0, 1])) == {}


def test_a_neuron_of_bits_is_as_the_equations_say() -> None:
    """(8.14) for one neuron and three inputs, in plain numbers."""
    rows = follow_bits("eps and lam anneal, the figure's", 5)
    phi, before, v, s, bits = [0.0] * 3, [0.0] * 3, 0.0, 0.0, [0] * 3
    rng = np.random.default_rng(5)
    rng.random((2, 3)), rng.uniform(8, 25, 3), rng.uniform(4, 12, 3)
    w = (rng.uniform(0.1, 0.6, (3, 1)) * rng.choice([-1, 1, 1], (3, 1)))[:, 0]
    for t, row in enumerate(rows, 1):
        eps, lam = min(0.775 / t**0.313, 1), min(0.67 / t**0.578, 1)
        v = (1 - lam) * v + lam * sum(w[n] * bits[n] for n in range(3))
        s = min(max((1 - eps) * s + eps * (v + 0.2), 0), 1)
        for n in range(3):
            r = row[f"input {n + 1}"]
            phi[n] += (r - (1 - lam) * before[n]) / lam
            bits[n] = int(phi[n] > 0.5)
            phi[n] -= bits[n]
            before[n] = r
        assert [row[f"bit {n}"] for n in (1, 2, 3)] == bits
        assert row["state, bits"] == pytest.approx(s, abs=1e-12)
        assert row["decoded sum of bits"] == pytest.approx(v, abs=1e-12)


def test_a_neuron_of_bits_ends_where_one_of_values_does_if_its_steps_anneal() -> None:
    def last(name: str) -> float:
        runs = [follow_bits(name, seed)[-10:] for seed in range(10)]
        return float(np.mean([abs(row["state, bits"] - row["state, values"]) for rows in runs for row in rows]))

    annealed, constant = last("eps and lam anneal, the figure's"), last("eps 0.5, lam 1")
    assert annealed < 0.1 * constant
    assert set(NEURONS) > {"eps anneals, lam 1", "eps and lam constant, 0.2"}


def test_a_contrast_multiplies_both_ends_of_each_weight_in_both_phases() -> None:
    x = np.zeros((2, 6))
    x[0, :3] = 1
    assert contrast_products([6, 5, 4, 2], x) == 2 * (1.5 * 5 + 5 * 4 + 4 * 2)


def test_costs_of_steps_of_time_and_of_backpropagation_stand_beside() -> None:
    x = np.zeros((2, 6), np.float32)
    x[0, :3] = 1  # 1.5 pixels a sample meet 5 units: 7.5; the upper block is 5 x 2
    row = steps_of_time(EquilibriumNetwork([6, 5, 2], form="euler", steps=(4, 3)), x)
    assert row["adds"] == row["products"] == 7.5 + 7 * 20
    assert row["learning adds"] == row["learning products"] == 2 * (7.5 + 10)
    net = ConventionalNetwork([6, 5, 2], seed=3)
    first = net.parameters()["layer0.weights"]
    active = np.count_nonzero(np.maximum(x @ first, 0), axis=1)
    assert 0 < active.sum() < 5
    row = backpropagation(net, x)
    assert row["adds"] == row["products"] == (3 * 5 + 2 * active.sum()) / 2
    assert row["learning adds"] == (3 * active[0] + 2 * 2 * active.sum()) / 2


# --- figure 7.4 ---
def test_a_deep_network_learns_with_either_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_loss, "SIZES", [784, 20, 20, 20, 10])
    for loss in local_loss.LOSSES:
        rows = local_loss.train(None, loss, 1, [0, 100, 200], quick=True)
        assert [row["samples"] for row in rows] == [0, 100, 200]
        assert all(0 <= row[name] <= 100 for row in rows for name in ("s_f", "s-"))
        assert all(-1 <= row[f"layer {n}"] <= 1 for row in rows for n in (1, 2, 3))


def test_errors_and_stuck_networks_stand_by_loss() -> None:
    local, total = {1: 10.0, 2: 35.0, 3: 45.0}, {1: 31.0, 2: 12.0, 3: 13.0}
    row = local_loss._row("s-", local, total, {1: 11.0, 2: 36.0, 3: 46.0}, {1: None, 2: None, 3: None})
    assert row["local losses, %"] == "10.0 35.0 45.0 (median 35.0)"
    assert row["local losses, official %"] == "11.0 36.0 46.0 (median 36.0)"
    assert row["global loss, official %"] is None
    assert row["stuck, local and global"] == "2 of 3 and 1 of 3"


def test_both_losses_are_run_with_five_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list[tuple[object, ...]] = []

    def asked(function: object, made: list[tuple[object, ...]], request: Request) -> list[Row]:
        jobs.extend(made)
        raise KeyboardInterrupt

    monkeypatch.setattr(local_loss, "rows_of_all", asked)
    with pytest.raises(KeyboardInterrupt):
        local_loss.local_loss(Request(tmp_path, data=tmp_path))
    assert [job[1:3] for job in jobs] == [(loss, seed) for loss in local_loss.LOSSES for seed in range(1234, 1239)]


def test_the_distant_gradient_is_the_global_one_without_the_local_one() -> None:
    net = InitializedEquilibriumNetwork([4, 5, 5, 3], learning_rate=(0.1,) * 3, seed=2, dtype="float64")
    x = np.random.default_rng(1).random((6, 4))
    wanted, found = net.settled(x), local_loss.alignment(net, x)
    assert list(found) == ["layer 1", "layer 2"]
    local, total = (net.forward_gradients(x, wanted, loss)[1][0].ravel() for loss in ("local", "global"))
    distant = total - local
    assert found["layer 2"] == pytest.approx(local @ distant / np.sqrt(local @ local * (distant @ distant)))
    assert (net.outputs(x) == wanted[-1]).all()


# --- figures E.1 and E.2 ---
def test_parameters_are_drawn_in_their_ranges_and_alike_for_a_seed() -> None:
    names = list(search.RANGES)
    drawn = search.draw(names, 200, 4)
    assert drawn == search.draw(names, 200, 4) != search.draw(names, 200, 5)
    for name, (low, high) in search.RANGES.items():
        values = [one[name] for one in drawn]
        assert low <= min(values) < max(values) <= high
        middle = np.sqrt(low * high) if name in search.LOGARITHMIC else (low + high) / 2
        assert 70 < sum(value < middle for value in values) < 130


def test_parameters_make_the_forms_of_figure_8_2() -> None:
    forms = [search.form_of(parameters) for parameters in search.PUBLISHED["E.1"].values()]
    assert forms[0].eps is not None
    assert forms[0].eps(100) == pytest.approx(0.775 / 100**0.313)
    assert [form.eps is None for form in forms] == [False, True, True, True]
    assert [form.lam(100) for form in forms[1:]] == pytest.approx([1, 0.206, 0.39 / 100**0.45])
    assert [form.nu_bar for form in forms[1:]] == [0.0503, 0.0411, 0.108]


def test_the_error_of_parameters_is_that_of_both_phases_ends() -> None:
    parameters = search.PUBLISHED["E.1"]["OSA"]
    of_layers = distances(FORMS["OSA .0503"], 3, search.QUICK_SIZES, search.QUICK_HALF)
    of_units = of_layers @ search.QUICK_SIZES[1:] / sum(search.QUICK_SIZES[1:])
    found = search.run_of("E.1", parameters, 3, quick=True)
    assert found == {"error": pytest.approx((of_units[19] + of_units[39]) / 2), "adds": None}


@pytest.mark.slow
def test_the_table_of_figure_8_2_has_means_and_medians_with_ranges_of_networks(tmp_path: Path) -> None:
    found = _row("eps 1/t", {10: [0.01, 0.5, 0.02], 50: [0.12341, 0.1, 0.2]})
    assert found == {
        "form": "eps 1/t", "t = 10": 0.177, "t = 10, median": "0.02 (0.01 to 0.5)", "t = 50": 0.141,
        "t = 50, median": "0.12 (0.1 to 0.2)",
    }  # fmt: skip
    report = settling_bits(Request(tmp_path, quick=True, say=lambda line: None, processes=1))
    columns = [f"t = {t}{end}" for t in (20, 50, 70, 100) for end in ("", ", median")]
    assert [list(row) for row in report.rows] == [["form", *columns]] * len(FORMS)
    assert all(row["least"] == row["median"] == row["error"] == row["most"] for row in report.curves)  # one network


def test_figure_8_2_is_of_means_of_layers_over_its_samples() -> None:
    rows = settle("1/sqrt(t)", 3, [12, 9, 4], 5)
    of_layers = distances(FORMS["1/sqrt(t)"], 3, [12, 9, 4], 5, 20)
    assert of_layers.shape == (10, 2)
    assert [row["error"] for row in rows] == pytest.approx((of_layers[:, 0] + of_layers[:, 1]) / 2)
    assert np.abs(of_layers[:, 0] - of_layers[:, 1]).min() > 0  # so that a mean over units is another number
    alone = distances(FORMS["1/sqrt(t)"], 3, [12, 9, 4], 5, 1)
    assert np.abs(alone - of_layers).max() > 0.01
