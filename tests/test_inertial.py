"""An inertial unit: its noise against Allan deviations, its errors one by one, the same for any cut."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.event import VALUE_EVENT
from eventnet.scenarios.sensors import (
    INERTIAL_PRESETS,
    Accelerometer,
    Gyroscope,
    InertialParameters,
    InertialUnit,
    inertial,
)
from eventnet.scenarios.sensors.pixels import draw_normal
from eventnet.scenarios.worlds import RandomTurning, SampledAngles, SampledRates

HOUR = 3600


class Rest:
    """A camera that does not turn, or turns evenly about one axis but keeps its orientation."""

    def __init__(self, rates: tuple[float, float, float] = (0, 0, 0)) -> None:
        self._rates, self._turn = np.array(rates, float), np.eye(3)

    def orientation(self, t_us: float) -> np.ndarray:
        return self._turn

    def rates(self, t_us: float) -> np.ndarray:
        return self._rates

    def next_kink(self, t_us: float) -> float:
        return math.inf


def values(unit: InertialUnit, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Times [n] and values [n, 3 or 6] of a unit's samples."""
    events = unit.events(unit.begin_us + 1e6 * seconds)
    width = 6 if unit.parameters.accelerometer else 3
    assert (events["index"].reshape(-1, width) == np.arange(width)).all()
    return events["t"][::width], events["value"].reshape(-1, width)


def gyroscope(seconds: float, rate: float = 1000, seed: int = 1, **errors: object) -> np.ndarray:
    """Rates [n, 3] of a gyroscope at rest."""
    return values(InertialUnit(Rest(), InertialParameters(Gyroscope(**errors), None, rate), seed=seed), seconds)[1]


def allan(y: np.ndarray, m: int) -> np.ndarray:
    """Overlapping Allan deviation of each column over m samples (IEEE Std 952, from sums of sums)."""
    angle = np.concatenate((np.zeros((1, y.shape[1])), np.cumsum(y, axis=0)))
    second = angle[2 * m :] - 2 * angle[m:-m] + angle[: -2 * m]
    return np.sqrt((second**2).mean(axis=0) / (2 * m * m))


# --- truth ----------------------------------------------------------------------------------------------------------
def test_a_perfect_unit_says_what_the_motion_says() -> None:
    motion = RandomTurning(3)
    t, found = values(InertialUnit(motion), 0.2)
    assert np.array_equal(t, np.arange(0, 200_000, 1000))
    assert np.array_equal(found[:, :3], [motion.rates(float(x)) for x in t])
    up = np.array([0, -1, 0])
    assert found[:, 3:] == pytest.approx(np.array([motion.orientation(float(x)).T @ up for x in t]), abs=1e-15)


@pytest.mark.parametrize(
    "angles, felt",
    [((0, 0, 0), (0, -1, 0)), ((77, 0, 0), (0, -1, 0)), ((0, 90, 0), (0, 0, 1)), ((0, 0, 90), (-1, 0, 0))],
)
def test_gravity_is_felt_upwards(angles: tuple, felt: tuple) -> None:
    """At rest 1 g points up: along -y when level, forwards when the camera looks up, to the left when rolled clockwise."""
    still = SampledAngles(np.array([0.0, 1e6]), np.array([angles, angles], float))
    assert values(InertialUnit(still), 0.002)[1][0, 3:] == pytest.approx(felt, abs=1e-12)


def test_a_gyroscope_alone_asks_for_rates_alone() -> None:
    class Rates(Rest):
        def orientation(self, t_us: float) -> np.ndarray:
            raise AssertionError("nobody asked for it")

    _, found = values(InertialUnit(Rates((1, 2, 3)), InertialParameters(accelerometer=None)), 0.003)
    assert found.tolist() == [[1, 2, 3]] * 3


# --- constant errors ------------------------------------------------------------------------------------------------
def test_scale_misalignment_and_bias_are_those_given() -> None:
    lean = (1, 2, 3, 4, 5, 6)
    g = Gyroscope(scale_error=(1, -2, 3), misalignment=lean, bias=(0.5, 0, -1))
    a = Accelerometer(scale_error=5, bias=(10, 20, 30), misalignment=lean)
    found = values(InertialUnit(Rest((100, 10, -50)), InertialParameters(g, a)), 0.001)[1][0]
    x, y, z = 100, 10, -50
    k = [math.tan(math.radians(v)) for v in lean]
    assert found[:3] == pytest.approx(
        [1.01 * x + k[0] * y + k[1] * z + 0.5, k[2] * x + 0.98 * y + k[3] * z, k[4] * x + k[5] * y + 1.03 * z - 1]
    )
    assert found[3:] == pytest.approx([-k[0] + 0.010, -1.05 + 0.020, -k[5] + 0.030])


def test_a_bias_of_random_sign_has_its_size_and_both_signs() -> None:
    biases = np.array([gyroscope(0.001, seed=seed, bias=5.0, constant="random sign")[0] for seed in range(200)])
    assert set(np.unique(biases)) == {-5.0, 5.0}
    assert abs((biases > 0).mean(axis=0) - 0.5).max() < 0.14  # 4 standard deviations
    assert abs(np.corrcoef(biases.T)[np.triu_indices(3, 1)]).max() < 0.28


@pytest.mark.parametrize("constant, deviation", [("normal", 2.0), ("uniform", 2 / math.sqrt(3))])
def test_constant_errors_are_drawn_as_stated(constant: str, deviation: float) -> None:
    drawn = np.array([gyroscope(0.001, seed=seed, bias=2.0, constant=constant)[0] for seed in range(400)])
    assert drawn.std() == pytest.approx(deviation, rel=0.08)  # 1200 numbers: 4 standard deviations
    assert abs(drawn.mean()) < 4 * deviation / math.sqrt(1200)
    assert (np.abs(drawn).max() <= 2) == (constant == "uniform")


def test_gyroscope_and_accelerometer_draw_apart() -> None:
    p = InertialParameters(Gyroscope(bias=1, constant="normal"), Accelerometer(bias=1000, constant="normal"))
    found = values(InertialUnit(Rest(), p, seed=4), 0.001)[1][0] + [0, 0, 0, 0, 1, 0]
    assert len(np.unique(found.round(12))) == 6


# --- noise ----------------------------------------------------------------------------------------------------------
def test_noise_density_is_one_sided_as_in_data_sheets() -> None:
    """Deviation density sqrt(rate / 2) in each sample, and an Allan deviation of density / sqrt(2 tau)."""
    y = gyroscope(60, noise_density=0.01)
    assert y.std(axis=0) == pytest.approx(0.01 * math.sqrt(500), rel=0.015)
    for m in (1, 10, 100):
        tau = m / 1000
        assert np.sqrt((allan(y, m) ** 2).mean()) == pytest.approx(0.01 / math.sqrt(2 * tau), rel=0.04)


def test_white_noise_is_a_standard_deviation_at_any_rate() -> None:
    for rate in (100, 1000):
        y = gyroscope(20_000 / rate, rate, white_noise=10.0)
        assert y.std() == pytest.approx(10, rel=0.012)
        assert abs(np.corrcoef(y[1:, 0], y[:-1, 0])[0, 1]) < 0.03
        assert abs(np.corrcoef(y.T)[np.triu_indices(3, 1)]).max() < 0.03


def test_bias_instability_is_flat_at_0_664_b() -> None:
    """From 50 samples on; the longer, the fewer stretches there are to compare."""
    y = gyroscope(1500, 100, bias_instability=36.0)
    for m, tolerance in ((50, 0.03), (500, 0.06), (5000, 0.2)):
        assert np.sqrt((allan(y, m) ** 2).mean()) == pytest.approx(0.664 * 36 / HOUR, rel=tolerance)


def test_flicker_is_the_sum_of_processes_that_forget_at_their_own_rates() -> None:
    intervals, times, flicker = np.array([0.01, 0.02, 0.005, 0.04]), np.array([0.02, 0.1, 0.5]), 2.0
    state, values = np.zeros((3, 1 + len(times))), np.zeros((len(intervals), 3))
    state[:, 1:] = rng_start = np.random.default_rng(0).normal(size=(3, len(times)))
    key, count = np.uint64(77), 5
    none = np.zeros(3)
    inertial._spoil(
        np.zeros_like(values), intervals, key, 3, count, np.eye(3), none, 0.0, flicker, 0.0, times, state, values
    )  # fmt: skip
    x = rng_start.copy()
    for k, interval in enumerate(intervals):
        assert values[k] == pytest.approx(x.sum(axis=1))
        left = np.exp(-interval / times)
        fresh = [
            [float(draw_normal(key, 3 + axis + 8 * m, inertial.FLICKER, count + k + 1)) for m in range(len(times))]
            for axis in range(3)
        ]
        x = left * x + flicker * np.sqrt(1 - left**2) * np.array(fresh)
    assert state[:, 1:] == pytest.approx(x)
    assert not state[:, 0].any()


@pytest.mark.slow
def test_bias_random_walk_grows_as_the_root_of_time() -> None:
    y = gyroscope(20_000, 10, bias_random_walk=12.0)
    assert not y[0].any()
    for m in (10, 100, 1000):
        tau = m / 10
        wanted = 12 / HOUR / math.sqrt(HOUR) * math.sqrt(tau / 3)
        assert np.sqrt((allan(y, m) ** 2).mean()) == pytest.approx(wanted, rel=0.15 if m == 1000 else 0.06)


@pytest.mark.slow
def test_units_of_an_accelerometer_are_those_of_data_sheets() -> None:
    def noise(rate: float, seconds: float, **errors: float) -> np.ndarray:
        p = InertialParameters(Gyroscope(), Accelerometer(**errors), rate)
        return values(InertialUnit(Rest(), p, seed=1), seconds)[1][:, 3:] + [0, 1, 0]

    assert noise(1000, 10, noise_density=400).std() == pytest.approx(400e-6 * math.sqrt(500), rel=0.02)
    assert noise(1000, 10, white_noise=3).std() == pytest.approx(0.003, rel=0.02)
    flicker = allan(noise(5, 10_000, bias_instability=100), 50)
    assert np.sqrt((flicker**2).mean()) == pytest.approx(66.4e-6, rel=0.05)
    walk = allan(noise(10, 4000, bias_random_walk=600), 10)
    assert np.sqrt((walk**2).mean()) == pytest.approx(600e-6 / 60 * math.sqrt(1 / 3), rel=0.05)


def test_noise_is_the_same_process_at_irregular_times() -> None:
    """The walk's variance grows with true time, not with the number of samples."""
    p = InertialParameters(Gyroscope(bias_random_walk=60), None, 100, jitter_us=5000)
    t, y = values(InertialUnit(Rest(), p, seed=2), 500)
    dt, dy = np.diff(t) * 1e-6, np.diff(y, axis=0)
    variance = (60 / HOUR / 60) ** 2
    for part in (dt < 0.008, dt > 0.012):
        assert (dy[part] ** 2).mean() == pytest.approx(variance * dt[part].mean(), rel=0.03)


# --- range and step -------------------------------------------------------------------------------------------------
def test_values_stop_at_the_range() -> None:
    p = InertialParameters(Gyroscope(white_noise=100, range=250), Accelerometer(white_noise=2000, range=2))
    y = values(InertialUnit(Rest((200, 0, -1000)), p), 1)[1]
    assert y[:, 0].max() == 250
    assert y[:, 2].max() == y[:, 2].min() == -250
    assert y[:, 4].min() == -2
    assert np.abs(y[:, :3]).max() <= 250
    assert 0.25 < (y[:, 0] == 250).mean() < 0.37  # half a standard deviation above: 0.309


def test_values_are_the_nearest_whole_multiples_of_the_step() -> None:
    step = 1 / 32.8
    exact, rounded = gyroscope(2, white_noise=1), gyroscope(2, white_noise=1, step=step)
    steps = np.rint(rounded / step)
    assert np.array_equal(steps * step, rounded)
    assert np.abs(rounded - exact).max() <= step / 2 * (1 + 1e-9)
    assert (rounded - exact).std() == pytest.approx(step / math.sqrt(12), rel=0.03)
    assert gyroscope(1, white_noise=100, step=0.3, range=1.0).max() == pytest.approx(0.9)  # the last step within


# --- times ----------------------------------------------------------------------------------------------------------
def test_samples_are_irregular_as_stated() -> None:
    p = InertialParameters(accelerometer=None, rate_hz=2000, jitter_us=40)
    between = np.diff(values(InertialUnit(Rest(), p), 20)[0])
    assert between.mean() == pytest.approx(500, abs=1)
    assert between.std() == pytest.approx(40, abs=1)
    wild = np.diff(values(InertialUnit(Rest(), InertialParameters(jitter_us=5000)), 5)[0])
    assert wild.min() + 1 >= 100  # of the mean of 1000, but for rounding


def test_a_clock_is_off_and_drifts() -> None:
    """The value stamped t was taken at t - offset, and the clock gains drift millionths."""
    rates = RandomTurning(5).rates
    p = InertialParameters(offset_us=3000, drift_ppm=200)
    unit = InertialUnit(RandomTurning(5), p, begin_us=10_000)
    t, y = values(unit, 2)
    assert t[0] == 10_000
    for k in (0, 1000, 1999):
        true = 10_000 + (t[k] - 10_000 - 3000) / 1.0002
        assert y[k, :3] == pytest.approx(rates(true), abs=1e-9)
    assert unit.true_time(2_013_400.0) == pytest.approx(2_010_000.0)


# --- windows --------------------------------------------------------------------------------------------------------
NOISY = InertialParameters(
    Gyroscope(0.01, 1, 2, 100, 10, 1, 0.5, "normal", 100, 0.1), Accelerometer(100, 1, 10, 50, 5, 1, 1, "uniform"),
    jitter_us=100, offset_us=-70, drift_ppm=30,
)  # fmt: skip


@pytest.mark.parametrize("window", [333.3, 1000, 7919, 1e6])
def test_windows_change_nothing(window: float) -> None:
    unit = InertialUnit(RandomTurning(1), NOISY, seed=3, begin_us=500)
    whole = unit.events(101_000)
    parts = list(unit.packets(window, 101_000))
    assert len(parts) == math.ceil(100_500 / window)
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    for k, part in enumerate(parts):
        assert ((part["t"] >= 500 + k * window) & (part["t"] < 500 + (k + 1) * window)).all()
    assert whole.dtype == VALUE_EVENT


def test_a_seed_is_a_unit() -> None:
    one, other = (InertialUnit(Rest(), NOISY, seed=seed).events(10_000) for seed in (1, 2))
    assert one.tobytes() != other.tobytes()
    assert one.tobytes() == InertialUnit(Rest(), NOISY, seed=1).events(10_000).tobytes()


def test_the_motion_is_asked_for_no_later_time_than_the_window() -> None:
    class Watched(SampledRates):
        latest = 0.0

        def rates(self, t_us: float) -> np.ndarray:
            self.latest = max(self.latest, t_us)
            return super().rates(t_us)

    motion = Watched(np.zeros(1), np.zeros((1, 3)))
    packets = InertialUnit(motion, InertialParameters(jitter_us=50)).packets(4000)
    for k in range(20):
        next(packets)
        assert motion.latest < 4000 * (k + 1)


# --- refusals -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("options, message", [
    ({"seed": -1}, "seed is -1"),
    ({"begin_us": math.nan}, "begin_us is nan"),
])  # fmt: skip
def test_a_unit_without_sense_is_refused(options: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        InertialUnit(Rest(), **options)


@pytest.mark.parametrize("name", ["noise_density", "white_noise", "bias_instability", "bias_random_walk", "step"])
def test_noise_below_0_is_refused_by_name(name: str) -> None:
    for value in (-1.0, math.nan, math.inf):
        with pytest.raises(ModelError, match=f"{name} is {value}; wanted 0 or more"):
            Gyroscope(**{name: value})


@pytest.mark.parametrize("options, message", [
    ({"bias": (1.0, 2.0)}, r"bias is \(1.0, 2.0\); wanted one finite number, or 3"),
    ({"misalignment": (1.0, 2.0, 3.0)}, "wanted one finite number, or 6"),
    ({"scale_error": math.nan}, "scale_error is nan"),
    ({"misalignment": 90.0}, "wanted below 90 degrees"),
    ({"range": 0.0}, "range is 0.0; wanted above 0"),
    ({"constant": "random"}, "constant is 'random'; wanted one of 'given', 'random sign'"),
])  # fmt: skip
def test_errors_without_sense_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Accelerometer(**options)


@pytest.mark.parametrize(
    "name, value", [("rate_hz", 0), ("jitter_us", -1), ("offset_us", math.nan), ("drift_ppm", 2e5)]
)
def test_times_out_of_range_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ModelError, match=f"{name} is {value}; wanted from"):
        InertialParameters(**{name: value})


@pytest.mark.parametrize(
    "name, low, high",
    [("rate_hz", 1e-3, 1e5), ("jitter_us", 0.0, 1e9), ("offset_us", -1e12, 1e12), ("drift_ppm", -1e5, 1e5)],
)
def test_times_up_to_their_bounds_are_taken_and_no_further(name: str, low: float, high: float) -> None:
    for value, beyond in ((low, -math.inf), (high, math.inf)):
        assert getattr(InertialParameters(**{name: value}), name) == value
        with pytest.raises(ModelError, match=f"{name} is"):
            InertialParameters(**{name: math.nextafter(value, beyond)})


@pytest.mark.parametrize("name, gyroscope_noise, most_bias, force_noise", [
    ("MPU-6050", 0.005, 20, 400e-6),  # rms within 100 Hz: 0.05 deg/s in the data sheet
    ("BMI160", 0.007, 3, 180e-6),
])  # fmt: skip
def test_a_preset_shows_what_its_data_sheet_says(
    name: str, gyroscope_noise: float, most_bias: float, force_noise: float
) -> None:
    preset = INERTIAL_PRESETS[name]
    still = SampledRates(np.zeros(1), np.zeros((1, 3)))
    found = np.array(
        [InertialUnit(still, preset.parameters, seed=s).events(5e5)["value"].reshape(-1, 6) for s in range(9)]
    )
    band = math.sqrt(preset.parameters.rate_hz / 2)
    step = np.array([preset.parameters.gyroscope.step] * 3 + [preset.parameters.accelerometer.step] * 3)
    noise = np.sqrt((np.array([gyroscope_noise] * 3 + [force_noise] * 3) * band) ** 2 + step**2 / 12)
    assert found.std(axis=1).mean(axis=0) == pytest.approx(noise, rel=0.05)
    biases = found[:, :, :3].mean(axis=1)
    assert most_bias / 2 < np.abs(biases).max() < most_bias * 1.02
    assert 32766.999 < preset.parameters.gyroscope.range / preset.parameters.gyroscope.step < 32767.001
    assert preset.source
