"""What the reproductions of chapters 7 and 8 measure, on small networks."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.models import EquilibriumNetwork, InitializedEquilibriumNetwork
from eventnet.scenarios.reproductions import local_loss
from eventnet.scenarios.reproductions import settling_search as search
from eventnet.scenarios.reproductions.binary_neuron import FORMS as NEURONS
from eventnet.scenarios.reproductions.binary_neuron import follow as follow_bits
from eventnet.scenarios.reproductions.equilibrium import counted
from eventnet.scenarios.reproductions.initialized import cosine, follow
from eventnet.scenarios.reproductions.settling_bits import FORMS, settle


def test_bits_come_near_to_where_real_states_settle_and_again_after_a_nudge() -> None:
    runs = [settle("OSA .0411, lam .206", seed, [30, 20, 5], 100) for seed in range(4)]
    assert [row["t"] for row in runs[0]] == list(range(1, 201))
    error = np.mean([[row["error"] for row in rows] for rows in runs], axis=0)
    assert error[99] < 0.1 * error[0]
    assert error[100] > 2 * error[99]
    assert error[199] < 0.2 * error[100]


def test_every_form_of_the_figure_runs_and_sigma_delta_beats_chance() -> None:
    ends = {name: settle(name, 2, [30, 20, 5], 60)[59]["error"] for name in FORMS}
    assert ends["1/sqrt(t)"] < ends["stochastic, 1/sqrt(t)"]


@pytest.mark.parametrize("loss", ["local", "global"])
def test_a_network_learns_the_states_of_another(loss: str) -> None:
    rows = follow(loss, 3, 80)
    assert [row["iteration"] for row in rows] == list(range(0, 81, 2))
    assert rows[-1]["global loss"] < 0.6 * rows[0]["global loss"]
    assert all(-1 <= row[f"layer {n}"] <= 1 for row in rows for n in range(1, 6))


def test_cosines_are_of_arrays_as_vectors() -> None:
    a = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert cosine(a, a) == pytest.approx(1)
    assert cosine(a, -2 * a) == pytest.approx(-1)
    assert cosine(a, np.array([[0.0, 1.0], [1.0, 0.0]])) == 0
    assert cosine(a, 0 * a) == 0


def test_costs_are_a_sample_s_and_of_levels_alone() -> None:
    net = EquilibriumNetwork([4, 3, 2], k=8)
    net.fit(np.full((6, 4), 0.5), [0, 1, 0, 1, 0, 1], batch=2)
    row = counted(net)
    assert row["input adds"] == row["input products"] == 12
    assert row["operations"] == pytest.approx(12 + row["negative adds"] + row["positive adds"], abs=0.2)
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


# --- figure 7.4 ---
def test_a_deep_network_learns_with_either_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_loss, "SIZES", [784, 20, 20, 20, 10])
    for loss in local_loss.LOSSES:
        rows = local_loss.train(None, loss, 1, [0, 100, 200], quick=True)
        assert [row["samples"] for row in rows] == [0, 100, 200]
        assert all(0 <= row[name] <= 100 for row in rows for name in ("s_f", "s-"))
        assert all(-1 <= row[f"layer {n}"] <= 1 for row in rows for n in (1, 2, 3))


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
    curve = [row["error"] for row in settle("OSA .0503", 3, search.QUICK_SIZES, search.QUICK_HALF)]
    assert search.error_of("E.1", parameters, 3, quick=True) == pytest.approx((curve[19] + curve[39]) / 2)
