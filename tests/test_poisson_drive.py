"""The drive inside the engine: the law of its counts, the same bytes however a run is cut, its counts, its adds."""

import math

import numpy as np
import pytest
from few import few

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.kernels.rows_drawn import word_of
from eventnet.neurons.poisson_drive import poisson_limits

DENSE, SPARSE = 2_000_000.0, 20_000.0
"""Rates at which a unit gets 2 events a tick of a microsecond, and 0.02."""


def driven(rate: float, units: int = 50, decay: str = "tick", dtype: str = "float64", seed: int = 3, **options):
    """A layer that never fires, unless told otherwise, and its drive."""
    net = en.Network(dtype=dtype)
    threshold = options.pop("threshold", 1e9)
    layer = net.add(en.LeakyDelta(units, tau=30.0, threshold=threshold, refractory=4, decay=decay, name="layer"))
    drive = net.add(en.PoissonDrive(layer, rate=rate, weight=options.pop("weight", 1.0), seed=seed, **options))
    return net, layer, drive


def started(net, drive, at: int = 0, **options) -> en.Simulation:
    sim = en.Simulation(net, **options)
    sim.inject([(at, drive.ticks, 0, 1)])
    return sim


def counts(rate: float, units: int, ticks: int, seed: int = 3) -> np.ndarray:
    """Events of each unit in each tick [ticks, units]: what potentials grew by, with a time constant of 10^12 ticks."""
    net = en.Network(dtype="float64")
    layer = net.add(en.LeakyDelta(units, tau=1e12, threshold=1e9))
    drive = net.add(en.PoissonDrive(layer, rate=rate, weight=1.0, seed=seed))
    sim = started(net, drive, engine="reference")
    found = [np.zeros(units)]
    for t in range(ticks):
        sim.run(until=t + 1)
        found.append(np.array(sim[layer].phi))
    grown = np.rint(np.diff(found, axis=0))
    assert sim.tally.by_kind()["synaptic"] == grown.sum()
    return grown.astype(int)


@pytest.mark.parametrize("rate", [DENSE, SPARSE, 300_000.0])
def test_counts_are_poisson_and_independent(rate):
    found, mean = counts(rate, 60, 400), rate * 1e-6
    n = found.size
    assert abs(found.mean() - mean) < 5 * math.sqrt(mean / n)
    assert abs(found.var() - mean) < 5 * math.sqrt((mean + 2 * mean**2) / n)
    seen = np.bincount(found.ravel(), minlength=3)
    for k in range(3):
        p = math.exp(k * math.log(mean) - mean - math.lgamma(k + 1))
        assert abs(seen[k] / n - p) < 5 * math.sqrt(p * (1 - p) / n)
    for lag in (1, 2):  # neighbours in units, and in ticks
        for a, b in ((found[:, lag:], found[:, :-lag]), (found[lag:], found[:-lag])):
            assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 5 / math.sqrt(n)
    assert abs(np.corrcoef(found.sum(axis=1)[1:], found.sum(axis=1)[:-1])[0, 1]) < 5 / math.sqrt(400)
    assert abs(found.sum(axis=1).var() / (60 * mean) - 1) < 5 * math.sqrt(2 / 400) + 5 * math.sqrt(
        1 / (400 * 60 * mean)
    )


@pytest.mark.parametrize("mean, bits", [(2.0, 32), (0.3, 32), (1e-4, 62), (200.0, 62), (20_000.0, 62), (9_000.0, 32)])
def test_limits_are_the_poisson_distribution(mean, bits):
    first, limits = poisson_limits(mean, bits)
    chances = np.diff(np.concatenate([[0], limits.astype(float)])) / 2.0**bits
    k = first + np.arange(len(limits))
    assert chances.sum() == pytest.approx(1)
    assert (k * chances).sum() == pytest.approx(mean, rel=1e-7 if bits == 32 else 1e-10)
    assert (((k - mean) ** 2) * chances).sum() == pytest.approx(mean, rel=1e-5 if bits == 32 else 1e-9)


def test_words_are_those_of_splitmix64():
    """The first outputs for the seed 1234567, as Vigna's program prints them."""
    published = 6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431
    assert tuple(word_of(1234567, k) for k in range(4)) == published


CASES = [
    (rate, decay, dtype) for rate in (DENSE, SPARSE) for decay in ("tick", "event") for dtype in ("float32", "float64")
]


@pytest.mark.parametrize("rate, decay, dtype", few(CASES, 2))
def test_engines_agree_and_so_does_a_run_that_stops_and_goes_on(rate, decay, dtype, tmp_path):
    weight = 0.1 if rate == DENSE else 0.8
    net, layer, drive = driven(rate, 40, decay, dtype, threshold=1.0, weight=weight)
    net.connect(layer, layer, en.FixedInDegree(5), weight=-0.05, delay=2, seed=1)
    found = []
    for engine in ("reference", "compiled"):
        whole = started(net, drive, -5, engine=engine, record=True)
        whole.run(until=200)
        part = started(net, drive, -5, engine=engine, record=True)
        for until in (0, 17, 18, 90):
            part.run(until=until)
        part.save(tmp_path / "half.npz")
        later = en.Simulation(net, engine=engine, record=True).resume(tmp_path / "half.npz")
        later.run(until=200)
        for sim in (whole, later):
            found.append((sim.log.tobytes(), sim[layer].phi.tobytes(), repr(sim.tally.by_port())))
    assert found[0] == found[1] == found[2] == found[3]
    assert whole.tally.spikes > 10


@pytest.mark.slow
@pytest.mark.parametrize("part", [1.0, 0.02])
def test_rates_one_a_unit_are_those_of_the_units(part):
    """Counts of each unit by counts a tick and by events that are scattered: Poisson, independent, of its own rate."""
    rates = np.array([0.0, 3e6, 5e5, 1e6, 2e6, 0.0, 1e5]) * part
    n = 2_000 if part == 1 else 20_000
    found, means = counts(rates, len(rates), n), rates * 1e-6
    assert not found[:, means == 0].any()
    for j in np.flatnonzero(means).tolist():
        assert abs(found[:, j].mean() - means[j]) < 5 * math.sqrt(means[j] / n)
        assert abs(found[:, j].var() - means[j]) < 5 * math.sqrt((means[j] + 2 * means[j] ** 2) / n)
    own = found[:, means > 0]
    assert np.abs(np.corrcoef(own.T) - np.eye(own.shape[1])).max() < 5 / math.sqrt(n)


@pytest.mark.parametrize("part, dtype, decay", few([(1.0, "float64", "tick"), (0.01, "float32", "event")], 0))
def test_engines_agree_on_rates_one_a_unit(part, dtype, decay, tmp_path):
    rates = (np.arange(40) * 1e5 * part).tolist()
    net, _, drive = driven(rates, 40, decay, dtype, threshold=1.0, weight=0.6)
    net.save(tmp_path / "net.npz")
    found = []
    for each in (net, en.Network.load(tmp_path / "net.npz")):
        for engine in ("reference", "compiled"):
            sim = started(each, each[drive.name], -5, engine=engine, record=True).run(until=300)
            found.append((sim.log.tobytes(), sim["layer"].phi.tobytes(), repr(sim.tally.by_port())))
    assert len(set(found)) == 1
    assert sim.tally.spikes > 10


def test_equal_rates_one_a_unit_scatter_as_one_rate_does():
    """Walker's table of equal parts leaves every column to itself."""
    one, each = (counts(rate, 30, 300) for rate in (2e4, [2e4] * 30))
    assert one.tobytes() == each.tobytes()


def test_another_seed_is_another_drive_and_the_file_holds_it(tmp_path):
    found = {}
    for seed in (1, 2):
        net, _, drive = driven(DENSE, seed=seed)
        net.save(tmp_path / "net.npz")
        again = en.Network.load(tmp_path / "net.npz")
        for each in (net, again):
            sim = started(each, each[drive.name], engine="reference")
            sim.run(until=20)
            found[seed, each is net] = sim[each["layer"]].phi.tobytes()
    assert found[1, True] == found[1, False] != found[2, True] == found[2, False]


def test_it_draws_every_few_ticks_and_ends_where_it_is_told():
    net, _, drive = driven(DENSE, every=5, until=22)
    sim = started(net, drive, 2, record=True, engine="reference")
    sim.run()
    assert sim.log["t"].tolist() == [2, 7, 12, 17]
    assert abs(sim.tally.adds - 4 * 5 * 2 * 50) < 5 * math.sqrt(2000)


def test_no_rate_is_no_event():
    net, layer, drive = driven(0.0, until=4)
    sim = started(net, drive, engine="reference")
    sim.run()
    assert sim.tally.adds == 0
    assert sim.tally.deliveries == 4
    assert not sim[layer].phi.any()


def test_each_event_is_a_synaptic_add_of_the_drive():
    for rate in (DENSE, SPARSE):
        net, _, drive = driven(rate, until=50)
        sim = started(net, drive, engine="reference")
        sim.run()
        row = sim.tally.by_module()[drive.name]
        assert row["deliveries"] == row["reads"] == 50
        assert row["notices"] == 49
        assert abs(row["synaptic_adds"] - rate * 50e-6 * 50) < 5 * math.sqrt(rate * 50e-6 * 50)
        assert row["compares"] <= row["synaptic_adds"]


BAD = [
    ({"rate": -1.0}, "rate of a PoissonDrive is -1.0"),
    ({"rate": [1.0, 2.0]}, "has 2 numbers; wanted one, or [50]"),
    ({"rate": [[1.0]]}, "one a unit"),
    ({"rate": [1.0, -2.0]}, "one a unit"),
    ({"rate": 1e11}, "100,000 events a draw"),
    ({"rate": 1.0, "seed": -1}, "seed is -1"),
    ({"rate": 1.0, "every": 0}, "every is 0"),
    ({"rate": 1.0, "until": -1}, "until is -1"),
    ({"rate": 1.0, "tick": float("inf")}, "tick of a PoissonDrive is inf"),
    ({"rate": 1.0, "weight": [1.0, 2.0]}, "wanted one number"),
]


@pytest.mark.parametrize("options, why", BAD, ids=[why for _, why in BAD])
def test_what_cannot_be_is_refused(options, why):
    with pytest.raises(NetworkError) as error:
        driven(**options)
    assert why in str(error.value)
