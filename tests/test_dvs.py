"""A Dynamic Vision Sensor: its times against a closed form, its statistics against its parameters, the same for any cut."""

from __future__ import annotations

import io
import math
from dataclasses import fields

import numpy as np
import pytest
from matplotlib.image import imread

from eventnet.errors import ModelError
from eventnet.event import PIXEL_EVENT
from eventnet.scenarios.sensors import DVS, PRESETS, DvsParameters, Grating, Still
from eventnet.scenarios.sensors.dvs import picture

SECOND = 1e6


# --- times of crossings ---------------------------------------------------------------------------------------------
def crossings(phase: float, amplitude: float, hz: float, threshold: float, end: float) -> tuple[list, list, bool]:
    """Times (us) and signs of a pixel that sees amplitude sin(2 pi hz t + phase), by the arc sine.

    Also whether a level lies within 1e-3 of an extremum, where a difference of a rounding decides.
    """
    begins = amplitude * math.sin(phase)
    offset = begins % threshold
    grazed = any(min(x % threshold, -x % threshold) < 1e-3 for x in (amplitude - offset, -amplitude - offset))
    times, signs, level = [], [], begins
    half = math.floor(phase / math.pi + 0.5)  # number of the half-wave between two extrema that the angle is in
    while (half - 0.5) * math.pi < 2e-6 * math.pi * hz * end + phase:
        up = 1 if half % 2 == 0 else -1
        while abs(level + up * threshold) < amplitude:
            angle = half * math.pi + up * math.asin((level + up * threshold) / amplitude)
            t = (angle - phase) / (2e-6 * math.pi * hz)
            if t >= end:
                return times, signs, grazed
            level += up * threshold
            times.append(t)
            signs.append(up)
        half += 1
    return times, signs, grazed


@pytest.mark.parametrize("hz", [2, 10])
def test_times_of_a_grating_are_those_of_the_closed_form(hz: int) -> None:
    phase = np.random.default_rng(7).uniform(0, 2 * math.pi, (16, 32))
    end = 973_000.0  # no whole number of periods: L(end) = L(0) would be a level
    found = DVS(Grating(phase, amplitude=0.95, hz=hz)).events(end)
    errors, compared = [], 0
    for y, x in np.ndindex(phase.shape):
        of = (found.events["y"] == y) & (found.events["x"] == x)
        times, signs, grazed = crossings(phase[y, x], 0.95, hz, 0.2, end)
        if grazed:
            continue
        assert list(np.where(found.events["p"][of], 1, -1)) == signs
        errors.append(np.abs(found.t_us[of] - times))
        compared += 1
    error = np.concatenate(errors)
    assert compared > 480
    assert error.mean() < 1
    assert np.percentile(error, 99) < 5
    assert np.array_equal(found.events["t"], np.rint(found.t_us))


class Ramp:
    """Log intensity that grows by `slope` a second from -4, the same at every pixel."""

    def __init__(self, slope: float, height: int = 8, width: int = 64) -> None:
        self.slope, self.height, self.width, self.begin_us, self.end_us = slope, height, width, 0.0, math.inf

    def log_intensity(self, t_us: float, out: np.ndarray) -> None:
        out[...] = -4 + self.slope * t_us / SECOND

    def next_kink(self, t_us: float) -> float:
        return math.inf


class Jump(Ramp):
    """Log intensity that jumps from -1 to a level at 10 ms."""

    def log_intensity(self, t_us: float, out: np.ndarray) -> None:
        out[...] = -1 if t_us <= 10_000 else self.slope

    def next_kink(self, t_us: float) -> float:
        return 10_000.0 if t_us < 10_000 else 10_000.001 if t_us < 10_000.001 else math.inf


def by_pixel(found: object) -> list[np.ndarray]:
    """The unrounded times of each pixel's events."""
    e, t = found
    number = e["y"].astype(int) * 64 + e["x"]
    order = np.argsort(number, kind="stable")
    return np.split(t[order], np.flatnonzero(np.diff(number[order])) + 1)


def dark(level: float = -20.0) -> Still:
    return Still(np.full((32, 64), level))


def test_a_peak_between_two_samples_is_seen() -> None:
    """A parabola that is above the level for 0.2 ms only, between the samples of 1 ms."""

    class Peak(Ramp):
        def log_intensity(self, t_us: float, out: np.ndarray) -> None:
            out[...] = 0.2 + 1e-8 * 100**2 - 1e-8 * (t_us - 9500) ** 2

    t = DVS(Peak(0, 1, 1)).events(20_000).t_us
    below = 1e-8 * 9500**2 - 1e-8 * 100**2  # what the pixel has to rise from its start to 0.2
    levels = below - 0.2 * np.arange(1, 10)
    rising = 9500 - np.sqrt((levels[levels > -1e-8 * 100**2] + 1e-8 * 100**2) / 1e-8)
    assert t[: len(rising)] == pytest.approx(rising, abs=0.5)


def test_on_and_off_thresholds_set_the_number_of_events() -> None:
    p = DvsParameters(threshold_on=0.3, threshold_off=0.15)
    assert len(DVS(Ramp(2.95, 1, 1), p).events(SECOND).events) == 9
    falling = DVS(Ramp(-2.95, 1, 1), p).events(SECOND).events
    assert len(falling) == 19
    assert not falling["p"].any()


def test_thresholds_differ_from_pixel_to_pixel_as_much_as_stated() -> None:
    p = DvsParameters(threshold_on=0.3, threshold_off=0.2, threshold_mismatch=0.03)
    for slope, mean in ((20.0, 0.3), (-20.0, 0.2)):
        first = np.array([t[0] for t in by_pixel(DVS(Ramp(slope, 64), p).events(40_000))])
        thresholds = first * 20 / SECOND
        assert len(first) == 4096
        assert thresholds.mean() == pytest.approx(mean, abs=0.002)  # 4 standard errors
        assert thresholds.std() == pytest.approx(0.03, rel=0.05)


def test_leaks_are_on_events_at_the_stated_rate_and_at_any_phase() -> None:
    e = DVS(dark(), DvsParameters(leak_rate_hz=5, threshold_mismatch=0.02)).events(4 * SECOND).events
    assert e["p"].all()
    assert len(e) == pytest.approx(5 * 4 * 2048, rel=0.01)
    assert np.histogram(e["t"], 20)[0] == pytest.approx(len(e) / 20, rel=0.15)


@pytest.mark.parametrize(("level", "rate"), [(-20.0, 8.0), (0.0, 2.0), (math.log(0.5), 5.0)])
def test_shot_noise_has_its_rate_and_is_less_in_the_light(level: float, rate: float) -> None:
    e = DVS(dark(level), DvsParameters(shot_noise_hz=8), seed=3).events(2 * SECOND).events
    n = rate * 2 * 2048
    assert len(e) == pytest.approx(n, abs=4 * math.sqrt(n))  # 4 standard deviations of a Poisson count
    assert e["p"].mean() == pytest.approx(0.5, abs=2 / math.sqrt(n))
    counts = np.bincount(e["y"].astype(int) * 64 + e["x"], minlength=2048)
    assert counts.var() == pytest.approx(counts.mean(), rel=0.15)


def test_hot_pixels_are_as_many_and_as_hot_as_stated() -> None:
    e = DVS(dark(), DvsParameters(hot_fraction=0.05, hot_rate_hz=50), seed=1).events(SECOND).events
    counts = np.bincount(e["y"].astype(int) * 64 + e["x"], minlength=2048)
    hot = counts[counts > 0]
    assert e["p"].all()
    assert len(hot) == pytest.approx(0.05 * 2048, abs=4 * math.sqrt(0.05 * 2048))
    assert hot.mean() == pytest.approx(50, rel=0.06)


def test_no_two_events_of_a_pixel_are_closer_than_the_refractory_time() -> None:
    p = DvsParameters(refractory_us=700, shot_noise_hz=300, latency_us=300, jitter_us=200)
    gaps = np.concatenate([np.diff(t) for t in by_pixel(DVS(Ramp(150), p).events(SECOND / 20))])
    assert gaps.min() > 700 - 1e-6
    assert len(gaps) > 5000


@pytest.mark.parametrize("refractory", [3000, 300, 20])
@pytest.mark.parametrize("slope", [40, -30, 700])
def test_a_held_pixel_begins_anew_from_where_its_input_is(refractory: int, slope: int) -> None:
    """Whether it is held beyond the step of 1 ms, within it, or several times in one."""
    t = DVS(Ramp(slope, 1, 1), DvsParameters(refractory_us=refractory)).events(100_000).t_us
    rises = 0.2 / abs(slope) * SECOND
    assert len(t) == int((100_000 - rises) // (rises + refractory)) + 1
    assert t == pytest.approx(rises + (rises + refractory) * np.arange(len(t)), abs=0.2)


@pytest.mark.parametrize("level", [0.0, -0.5])
def test_a_step_is_answered_as_a_first_order_low_pass_does(level: float) -> None:
    p = DvsParameters(threshold_on=0.05, bandwidth_hz=30, dark=0.08)
    t = DVS(Jump(level, 1, 1), p).events(200_000).t_us
    height, rate = level + 1, 2 * math.pi * 30 * (math.exp(level) + 0.08) / 1.08
    levels = 0.05 * np.arange(1, len(t) + 1)
    assert len(t) >= (height - 0.001) // 0.05 - 1
    wanted = 10_000 - SECOND / rate * np.log(1 - levels / height)
    assert np.abs(t - wanted)[:-2] == pytest.approx(0, abs=30)


@pytest.mark.parametrize(("amplitude", "events"), [(0.0138, 0), (0.0145, 4 * 18)])
def test_at_its_cutoff_a_pixel_keeps_a_wave_of_one_part_in_root_two(amplitude: float, events: int) -> None:
    grating = Grating(np.zeros((1, 1)), amplitude=amplitude, hz=20, mean=0.0)
    p = DvsParameters(threshold_on=0.01, threshold_off=0.01, bandwidth_hz=20)
    t = DVS(grating, p).events(SECOND).t_us
    assert events <= len(t[t > 100_000]) <= events + 2


def test_latency_and_jitter_are_those_stated() -> None:
    still = DVS(Ramp(20, 16), DvsParameters()).events(300_000)
    late = DVS(Ramp(20, 16), DvsParameters(latency_us=400, jitter_us=60)).events(301_000)
    delay = np.concatenate([b[: len(a)] - a for a, b in zip(by_pixel(still), by_pixel(late), strict=True)])
    assert len(delay) > 29_000
    assert delay.mean() == pytest.approx(400, abs=2)
    assert delay.std() == pytest.approx(60, rel=0.02)


@pytest.mark.parametrize("hz", [40, 150])
def test_steps_are_divided_where_pixels_are_fast(hz: int) -> None:
    phase = np.random.default_rng(1).uniform(0, 2 * math.pi, (1, 40))
    found = DVS(Grating(phase, amplitude=0.95, hz=hz)).events(97_300)
    errors = []
    for x in range(40):
        times, signs, grazed = crossings(phase[0, x], 0.95, hz, 0.2, 97_300)
        of = found.events["x"] == x
        if not grazed and list(np.where(found.events["p"][of], 1, -1)) == signs:
            errors.append(np.abs(found.t_us[of] - times))
    assert len(errors) >= 36  # a peak may fall into the first step, which is a straight line
    assert np.concatenate(errors).mean() < 1


def test_half_a_threshold_is_the_most_that_changes_in_a_part_of_a_step() -> None:
    asked: list[float] = []

    class Fast(Ramp):
        def log_intensity(self, t_us: float, out: np.ndarray) -> None:
            asked.append(t_us)
            super().log_intensity(t_us, out)

    list(DVS(Fast(1000, 1, 1)).packets(1000, 10_000))
    assert np.diff(np.unique(asked)).max() == pytest.approx(100)


# --- packets ---------------------------------------------------------------------------------------------------------
ALL = DvsParameters(
    threshold_mismatch=0.03, refractory_us=400, bandwidth_hz=200, leak_rate_hz=3, shot_noise_hz=5, hot_fraction=0.01,
    hot_rate_hz=100, latency_us=100, jitter_us=30, bus_rate=50_000, bus_queue=40,
)  # fmt: skip


def grating(hz: float = 5.0) -> Grating:
    return Grating(np.random.default_rng(0).uniform(0, 6.28, (24, 32)), amplitude=1.0, hz=hz)


@pytest.mark.slow
def test_every_window_gives_the_same_bytes() -> None:
    sensor = DVS(grating(), ALL, seed=5)
    whole = sensor.events(2.3 * SECOND)
    lost = sensor.dropped
    assert lost > 0
    for window in (700.0, 1000.0, 33_333.3, 5 * SECOND):
        packets = list(sensor.packets(window, 2.3 * SECOND))
        assert len(packets) == math.ceil(2.3 * SECOND / window)
        assert np.concatenate(packets).tobytes() == whole.events.tobytes()
        assert sensor.dropped == lost


def test_a_packet_holds_the_events_of_its_window_in_order() -> None:
    before = 0
    for k, packet in enumerate(DVS(grating(), ALL).packets(5000, SECOND / 2)):
        assert packet.dtype == PIXEL_EVENT
        assert ((packet["t"] >= 5000 * k) & (packet["t"] < 5000 * (k + 1))).all()
        times = np.concatenate(([before], packet["t"]))
        assert (np.diff(times) >= 0).all()
        before = times[-1]


def test_a_packet_is_made_of_what_was_seen_before_its_end() -> None:
    """What a loop is closed with: the scene may change by what the packet says."""
    latest = 0.0

    class Watched(Ramp):
        def log_intensity(self, t_us: float, out: np.ndarray) -> None:
            nonlocal latest
            latest = max(latest, t_us)
            super().log_intensity(t_us, out)

    for k, packet in enumerate(DVS(Watched(300, 1, 2)).packets(2000, 20_000), start=1):
        assert latest == 2000 * k
        assert len(packet) in (4, 6, 8)


def test_seeds_differ_and_a_seed_repeats() -> None:
    a, b, c = (DVS(grating(), ALL, seed=seed).events(SECOND / 4).events.tobytes() for seed in (1, 1, 2))
    assert a == b
    assert a != c


def test_an_end_at_any_time_cuts_the_same_run() -> None:
    whole, part = (DVS(grating(), ALL).events(end).events for end in (SECOND, 432_100.0))
    assert np.array_equal(part, whole[whole["t"] < 432_100])


def test_the_noise_of_a_pixel_does_not_depend_on_its_neighbours() -> None:
    p = DvsParameters(shot_noise_hz=20)
    lit = np.full((4, 64), -20.0)
    lit[2:] = 0.0
    dim, half = DVS(Still(np.full((4, 64), -20.0)), p).events(SECOND), DVS(Still(lit), p).events(SECOND)
    top = [(e[e["y"] < 2].tobytes(), t[e["y"] < 2].tobytes()) for e, t in (dim, half)]
    assert top[0] == top[1]


def test_the_bus_keeps_its_rate_and_every_event_that_can_wait() -> None:
    free = DVS(grating(8), DvsParameters()).events(SECOND)
    sensor = DVS(grating(8), DvsParameters(bus_rate=40_000))
    e, t = sensor.events(2 * SECOND)
    assert sensor.dropped == 0
    assert np.diff(t).min() >= 25 - 1e-6
    n = len(free.events)
    assert n > 20_000
    assert np.array_equal(e[["x", "y", "p"]][: n // 2], free.events[["x", "y", "p"]][: n // 2])
    assert (t[:n] >= free.t_us[: len(t)] + 25 - 1e-6).all()


class Blackout(Ramp):
    def log_intensity(self, t_us: float, out: np.ndarray) -> None:
        out[...] = -1 if t_us < 1000 else -math.inf


class Stuck(Ramp):
    def next_kink(self, t_us: float) -> float:
        return 1.0


# --- what is refused -------------------------------------------------------------------------------------------------
def test_a_scene_or_sensor_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ModelError, match=r"log intensity is not finite at 0 us"):
        DVS(dark(math.nan)).events(1000)
    with pytest.raises(ModelError, match="not finite at 1000 us"):
        DVS(Blackout(0)).events(5000)
    with pytest.raises(ModelError, match="next kink after 1 us is at 1 us"):
        DVS(Stuck(0)).events(5000)
    with pytest.raises(ModelError, match="70000 x 1 pixels"):
        DVS(Ramp(0, 1, 70_000))
    with pytest.raises(ModelError, match="the scene has no end"):
        DVS(dark()).events()
    with pytest.raises(ModelError, match="window_us is 0"):
        DVS(dark()).packets(0)
    with pytest.raises(ModelError, match="step_us is -1"):
        DVS(dark(), step_us=-1)
    with pytest.raises(ModelError, match="seed is -1"):
        DVS(dark(), seed=-1)


@pytest.mark.parametrize("name", [field.name for field in fields(DvsParameters)])
def test_an_error_names_the_parameter_and_its_value(name: str) -> None:
    for value in (-1.0, math.nan):
        with pytest.raises(ModelError, match=f"^{name} is {value}; wanted"):
            DvsParameters(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("threshold_on", 0.001), ("dark", 0), ("bus_rate", 0), ("bandwidth_hz", 0)]
)
def test_what_may_not_be_zero_is_refused(name: str, value: float) -> None:
    with pytest.raises(ModelError, match=name):
        DvsParameters(**{name: value})


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_sees_a_grating_and_names_its_source(name: str) -> None:
    preset = PRESETS[name]
    scene = Grating(np.linspace(0, 6, 40).reshape(5, 8), amplitude=1, hz=5)
    found = DVS(scene, preset.parameters).events(200_000).events
    assert 40 * 10 < len(found) < 40 * 50
    assert "20" in preset.source


# --- the picture of a frame and its events ---
def test_a_picture_shows_both_polarities() -> None:
    events = np.zeros(400, PIXEL_EVENT)
    events["t"], events["x"], events["y"], events["p"] = np.arange(400) * 50, 3, 4, np.arange(400) % 2
    drawn = imread(io.BytesIO(picture(np.zeros((6, 8)), events)))
    redder = drawn[..., 0] - drawn[..., 2]
    assert redder.min() < -0.3  # ON is blue
    assert redder.max() > 0.3  # OFF is orange


def test_a_picture_without_events_is_a_picture() -> None:
    assert picture(np.zeros((6, 8)), np.zeros(0, PIXEL_EVENT), title="nothing").startswith(b"\x89PNG")
