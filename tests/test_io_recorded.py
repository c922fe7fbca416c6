"""A recording as inputs of a port: against inputs made by hand with NumPy, whole and by packets, and back to pixels."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from io_cases import random_events, same

import eventnet as en
from eventnet.cost.ledger import RecordedPixel
from eventnet.errors import DataError, InputError, ModelError
from eventnet.event import EVENT, PIXEL_EVENT, Events
from eventnet.io import POLARITIES, RecordedInputs, Recording, open_events, recorded_inputs, write_events
from eventnet.io.recorded import map_of
from eventnet.io.window import PixelWindow

WIDTH, HEIGHT, FIRST = 8, 6, 4_000_000
EVENTS = random_events(400, WIDTH, HEIGHT, start=FIRST)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    path = tmp_path_factory.mktemp("recorded") / "a.npz"
    write_events(path, EVENTS, width=WIDTH, height=HEIGHT)
    return open_events(path)


def network(units: int, dtype: str = "float32") -> en.Network:
    """A second, busier port before the eye, so that its number is not 0; weights at random, a layer that spikes."""
    rng = np.random.default_rng(units)
    net = en.Network(dtype)
    net.add(en.Relay(3, name="other"))
    eye = net.add(en.Relay(units, name="eye"))
    layer = net.add(en.Herding(5, net.weights(rng.normal(0, 0.4, (units, 5))), name="layer"))
    top = net.add(en.Herding(3, net.weights(rng.normal(0, 0.6, (5, 3))), name="top"))
    net.connect(eye.out, layer.spikes)
    net.connect(layer.out, top.spikes, 7)
    net.connect(top.out, net.add(en.Sink(3, name="end")).spikes)
    return net


def by_hand(polarity: str, port: int, crop: tuple[int, int, int, int] = (0, 0, WIDTH, HEIGHT), b: int = 1) -> Events:
    """Inputs one by one, in plain Python; OFF's map before ON's."""
    across, down = -(-crop[2] // b), -(-crop[3] // b)
    rows = []
    for t, x, y, p in EVENTS.tolist():
        x, y = x - crop[0], y - crop[1]
        if not (0 <= x < crop[2] and 0 <= y < crop[3]) or (polarity, p) in (("on", False), ("off", True)):
            continue
        place = (y // b) * across + x // b
        index = place + (across * down if polarity == "channels" and p else 0)
        rows.append((t - EVENTS["t"][0], port, index, -1 if polarity == "sign" and not p else 1))
    return np.array(rows, EVENT)


# --- forth ---
@pytest.mark.parametrize("polarity", POLARITIES)
@pytest.mark.parametrize(("crop", "binning"), [(None, 1), ((1, 1, 6, 4), 2), ((2, 0, 5, 6), 3)])
def test_inputs_are_those_made_by_hand(recording: Recording, polarity: str, crop: Any, binning: int) -> None:
    own = crop or (0, 0, WIDTH, HEIGHT)
    pixels = -(-own[2] // binning) * -(-own[3] // binning)
    net = network(pixels * (2 if polarity == "channels" else 1))
    made = recorded_inputs(recording, net, "eye.spikes", polarity=polarity, binning=binning, crop=crop)
    assert same(made.events(), by_hand(polarity, int(net["eye"].spikes), own, binning))
    assert same(np.concatenate(list(made.packets())), made.events())  # it is read anew


def test_a_part_of_the_time_begins_at_tick_0(recording: Recording) -> None:
    net, whole = network(48), EVENTS["t"]
    start, end = int(whole[100]), int(whole[300])
    made = recorded_inputs(recording, net, net["eye"].spikes, start_us=start, end_us=end).events()
    part = EVENTS[(whole >= start) & (whole < end)]
    assert made["t"].tolist() == (part["t"] - start).tolist()
    slow = recorded_inputs(recording, net, "eye.spikes", tick_us=1000).events()
    assert slow["t"].tolist() == [(t - int(whole[0])) // 1000 for t in whole.tolist()]
    assert slow["t"].max() > 5


# --- maps ---
@pytest.mark.parametrize("relay", [False, True])
def test_units_of_a_map_lie_channel_last(recording: Recording, relay: bool) -> None:
    net = en.Network("float64")
    geometry = en.Geometry.window((2, HEIGHT, WIDTH), 2, (2, 2), (2, 2))
    pool = net.add(en.SigmaDeltaPool(geometry, name="pool"))
    port = pool.spikes
    if relay:
        port = net.add(en.Relay(2 * WIDTH * HEIGHT, name="eye")).spikes
        net.connect(port.module.out, pool.spikes)
    assert map_of(net, port) == (2, HEIGHT, WIDTH)
    made = recorded_inputs(recording, net, port, polarity="channels").events()
    place = EVENTS["y"].astype(int) * WIDTH + EVENTS["x"]
    assert made["index"].tolist() == (2 * place + EVENTS["p"]).tolist()
    with pytest.raises(DataError, match="binning 1 and polarity 'channels' would fit"):
        recorded_inputs(recording, net, port)
    turned = open_events(recording.path, width=2 * WIDTH, height=HEIGHT // 2 + 3)  # as many units need not be the map
    with pytest.raises(DataError, match="make 16x6 in 2 channels"):
        recorded_inputs(turned, net, port, polarity="channels")


def test_a_dense_layer_is_no_map() -> None:
    net = network(48)
    assert map_of(net, net["eye"].spikes) is None


def test_a_relay_says_the_map_itself(recording: Recording) -> None:
    net = en.Network("float32")
    eye = net.add(en.Relay(2 * WIDTH * HEIGHT, shape=(2, HEIGHT, WIDTH), name="eye"))
    net.add(en.Relay(2, shape=(2, 1, 1), name="two"))
    assert map_of(net, eye.spikes) == (2, HEIGHT, WIDTH)
    made = recorded_inputs(recording, net, "eye.spikes", polarity="channels").events()
    place = EVENTS["y"].astype(int) * WIDTH + EVENTS["x"]
    assert made["index"].tolist() == (2 * place + EVENTS["p"]).tolist()


# --- modules that have to be told to begin ---
class Ticking(en.PythonModule):
    """Sends itself a spike each tick once it was told to: it never comes to rest."""

    membrane = None
    spikes = en.Port(emits="out")
    out = en.Outlet()

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        """Again in a tick."""
        out.spike(0, 1)

    def starts_at(self) -> str:
        """Somebody has to tell it."""
        return "spikes"


@pytest.mark.slow
def test_a_run_with_modules_that_never_rest_ends_with_the_recording(recording: Recording) -> None:
    net = network(48)
    ticking = net.add(Ticking(units=1, name="ticking"))
    net.connect(ticking.out, ticking.spikes, 1)
    last = int(EVENTS["t"][-1] - EVENTS["t"][0])
    for options, until in (
        ({"tick_us": 70}, last // 70 + 1), ({"start_us": FIRST - 90, "end_us": FIRST + 5_001, "tick_us": 100}, 51),
    ):  # fmt: skip
        made = recorded_inputs(recording, net, "eye.spikes", **options)
        assert made.until == until
        assert made.beginning.tolist() == [(0, int(ticking.spikes), 0, 1)]
        assert same(made.events()[:1], made.beginning)
        run = en.simulate(net, made, record=True, engine="reference")
        assert (run.log["port"] == int(ticking.spikes)).sum() == made.until
        assert run.log["t"].max() == made.until - 1
        assert en.simulate(net, made, until=3, engine="reference").tally.by_module()["ticking"]["deliveries"] == 3
        for blame in ("triggering", "proportional"):
            ledger = en.keep_ledger(net, made, blame=blame, engine="reference")
            assert ledger.tally.by_module()["ticking"]["deliveries"] == made.until
    assert recorded_inputs(recording, network(48), "eye.spikes", end_us=FIRST + 99).until is None


# --- back ---
@pytest.mark.parametrize("polarity", POLARITIES)
def test_an_input_leads_back_to_its_event(recording: Recording, polarity: str) -> None:
    net = network(96 if polarity == "channels" else 48)
    made = recorded_inputs(recording, net, "eye.spikes", polarity=polarity)
    kept = {"on": EVENTS[EVENTS["p"]], "off": EVENTS[~EVENTS["p"]]}.get(polarity, EVENTS)
    assert same(made.pixels.pixels(made.events()), kept)


def test_back_from_bins_of_maps_is_the_first_pixel_of_the_bin(recording: Recording) -> None:
    pixel_map = en.io.PixelMap(1, PixelWindow(1, 2, 6, 4, 2), "channels", True, FIRST, 10)
    events = EVENTS[(EVENTS["x"] >= 1) & (EVENTS["x"] < 7) & (EVENTS["y"] >= 2)]
    found = pixel_map.pixels(pixel_map.inputs(EVENTS))
    assert found["x"].tolist() == [(x - 1) // 2 * 2 + 1 for x in events["x"].tolist()]
    assert found["y"].tolist() == [(y - 2) // 2 * 2 + 2 for y in events["y"].tolist()]
    assert found["p"].tolist() == events["p"].tolist()
    assert found["t"].tolist() == [(t - FIRST) // 10 * 10 + FIRST for t in events["t"].tolist()]


# --- run ---
@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("order", ["breadth", "depth", "random"])
def test_packet_by_packet_is_all_at_once_to_the_byte(
    recording: Recording, monkeypatch: pytest.MonkeyPatch, engine: str, order: str
) -> None:
    net = network(48)
    made = recorded_inputs(recording, net, "eye.spikes")
    whole = made.events()
    tied = int(np.flatnonzero(np.diff(whole["t"]) == 0)[2]) + 1
    parts = np.split(whole, sorted([1, 8, tied, 98, 100]))
    monkeypatch.setattr(RecordedInputs, "packets", lambda self: iter(parts))
    for until in (None, int(whole["t"][150])):
        options: dict[str, Any] = {"order": order, "engine": engine, "seed": 3, "record": True, "roots": True}
        one, other = (en.simulate(net, inputs, until=until, **options) for inputs in (made, whole))
        assert same(one.log, other.log)
        assert (one.log["root"] != one.log["id"]).sum() > 100
        assert one.state("top")["phi"].tobytes() == other.state("top")["phi"].tobytes()
        for part in ("totals", "by_port", "by_root"):
            assert getattr(one.tally, part)() == getattr(other.tally, part)()


def test_a_recording_is_read_as_the_network_runs(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    net, waiting = network(48), []
    sizes = [len(part) for part in en.io.window.between(recording, FIRST, 2**62)]
    monkeypatch.setattr(Recording, "packets", lambda self, size=50: iter(np.array_split(EVENTS, 8)))
    inject = en.Simulation.inject

    def counting(sim: en.Simulation, packet: Any) -> None:
        waiting.append(len(packet))
        inject(sim, packet)

    monkeypatch.setattr(en.Simulation, "inject", counting)
    made = recorded_inputs(recording, net, "eye.spikes")
    en.simulate(net, made, engine="reference")
    assert waiting == [50] * 8
    assert sizes == [400]
    waiting.clear()
    en.simulate(net, made, until=int(EVENTS["t"][120] - EVENTS["t"][0]), engine="reference")
    assert waiting == [50] * 3  # what comes after `until` is not read


@pytest.mark.parametrize("blame", ["triggering", "proportional"])
def test_the_ledger_leads_back_to_the_recording(recording: Recording, blame: str) -> None:
    net = network(48)
    made = recorded_inputs(recording, net, "eye.spikes")
    ledger = en.keep_ledger(net, made, blame=blame, engine="reference")
    plain = en.keep_ledger(net, made.events(), blame=blame, engine="reference")
    assert ledger.causes.counts.tobytes() == plain.causes.counts.tobytes()
    assert ledger.recorded() == [RecordedPixel(x, y, int(p), t) for t, x, y, p in EVENTS.tolist()]
    rows = [line.split(",") for line in ledger.to_csv().splitlines()]
    assert rows[0][-4:] == ["x", "y", "p", "t_us"]
    assert [tuple(map(int, row[-4:])) for row in rows[1:]] == ledger.recorded()
    assert [row[:-4] for row in rows] == [line.split(",") for line in plain.to_csv().splitlines()]
    entry = ledger.costliest(1)[0]
    assert entry.to_dict()["t_us"] == entry.t + int(EVENTS["t"][0])
    assert "t_us" not in plain.costliest(1)[0].to_dict()
    assert ledger.heat().tolist() == plain.heat(WIDTH, HEIGHT).tolist()
    assert ledger.heat().sum() == ledger.tally.adds > 0
    assert pickle.loads(pickle.dumps(ledger)).recorded() == ledger.recorded()
    with pytest.raises(InputError, match="nothing says how wide the sensor at eye.spikes is"):
        plain.heat()


def test_heat_of_two_channels_is_their_sum(recording: Recording) -> None:
    net = network(24)
    made = recorded_inputs(recording, net, "eye.spikes", polarity="channels", binning=2)
    ledger = en.keep_ledger(net, made, engine="reference")
    wanted = np.zeros((3, 4), int)
    for event, cost in zip(EVENTS, ledger.cost().tolist(), strict=True):
        wanted[event["y"] // 2, event["x"] // 2] += cost
    assert ledger.heat().tolist() == wanted.tolist()


def test_a_limit_leaves_pixels_of_those_itemized(recording: Recording) -> None:
    net = network(48)
    ledger = en.keep_ledger(net, recorded_inputs(recording, net, "eye.spikes"), engine="reference", root_limit=30)
    lines = ledger.to_csv().splitlines()
    assert len(lines) == 1 + 30 + 1
    assert lines[-1].endswith(",,,,,,")
    assert {line.count(",") for line in lines} == {lines[0].count(",")}


def test_a_recording_without_events_is_no_input(tmp_path: Path) -> None:
    write_events(tmp_path / "no.npz", np.empty(0, PIXEL_EVENT), width=WIDTH, height=HEIGHT)
    made = recorded_inputs(open_events(tmp_path / "no.npz"), network(48), "eye.spikes")
    assert same(made.events(), np.empty(0, EVENT))
    assert en.keep_ledger(network(48), made, engine="reference").inputs == 0


# --- refused ---
@pytest.mark.parametrize(
    ("units", "options", "says"),
    [
        (12, {}, "make 8x6, 48 units, but port eye.spikes has 12 units; binning 2 would fit"),
        (24, {"polarity": "channels"}, "make 8x6 in 2 channels, 96 units, .* has 24 units; binning 2 would fit"),
        (96, {}, "binning 1 and polarity 'channels' would fit"),
        (9, {}, "crop 1,0,6,6 with binning 2 would fit"),
        (16, {"crop": (1, 1, 6, 5)}, "make 6x5, 30 units, .*; crop 2,1,4,4 with binning 1 would fit"),
        (50, {}, "make 8x6, 48 units, .* has 50 units; crop 1,0,5,5 with binning 1, polarity 'channels' would fit"),
        (47, {}, "has 47 units; no binning of these pixels fits"),
    ],
)
def test_a_size_that_does_not_fit_says_what_would(
    recording: Recording, units: int, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(DataError, match=says):
        recorded_inputs(recording, network(units), "eye.spikes", **options)


def test_what_would_fit_fits(recording: Recording) -> None:
    for units, options in (
        (12, {"binning": 2}), (9, {"crop": (1, 0, 6, 6), "binning": 2}),
        (50, {"crop": (1, 0, 5, 5), "polarity": "channels"}),
    ):  # fmt: skip
        assert len(recorded_inputs(recording, network(units), "eye.spikes", **options).events()) > 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"polarity": "sgin"}, "polarity is 'sgin'; wanted sign, channels, on, off"),
        ({"binning": 0}, "binning is 0; wanted 1 or more"),
        ({"crop": (0, 0, 0, 4)}, "crop is"),
        ({"tick_us": 0}, "tick_us is 0; wanted a whole number"),
        ({"start_us": 5, "end_us": 5}, "start is 5 us and end 5 us; wanted the end later"),
    ],
)
def test_options_without_sense_are_refused(recording: Recording, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ModelError, match=says):
        recorded_inputs(recording, network(48), "eye.spikes", **options)


def test_a_port_that_there_is_not_and_times_that_may_fall_are_refused(recording: Recording) -> None:
    with pytest.raises(InputError, match="no port is called 'eye.spike'; did you mean"):
        recorded_inputs(recording, network(48), "eye.spike")
    with pytest.raises(DataError, match="order 'accept'"):
        recorded_inputs(open_events(recording.path, order="accept"), network(48), "eye.spikes")
    with pytest.raises(DataError, match="crop is .* but .* has 8x6 pixels"):
        recorded_inputs(recording, network(48), "eye.spikes", crop=(1, 0, 8, 6))


def test_a_pickle_of_inputs_reads_the_file_anew(recording: Recording) -> None:
    made = recorded_inputs(recording, network(12), "eye.spikes", binning=2, tick_us=10)
    again = pickle.loads(pickle.dumps(made))
    assert (again.pixels, again.first_us, again.end_us, again.until) == (made.pixels, made.first_us, made.end_us, None)
    assert same(again.events(), made.events())


# --- a reset at tick 0 ---
def driven(relay: bool) -> tuple[en.Network, str]:
    """Units that fire of themselves, behind a relay whose port comes before theirs, or fed by the recording."""
    net, pixels = en.Network("float64"), WIDTH * HEIGHT
    eye = net.add(en.Relay(pixels, name="eye")) if relay else None
    weights = net.weights(np.full((pixels, 2), 0.5))
    layer = net.add(en.SteppedLeaky(en.Geometry.dense(pixels, 2), weights, name="layer", tau=5.0, bias=1.2))
    if eye is not None:
        net.connect(eye.out, layer.spikes)
    net.connect(layer.out, net.add(en.Sink(2, name="end")).spikes)
    return net, "layer.spikes" if eye is None else "eye.spikes"


def test_a_reset_comes_first_where_the_recording_starts_a_tick_earlier(recording: Recording) -> None:
    for relay in (False, True):
        net, port = driven(relay)
        for start in (None, int(EVENTS["t"][0]) - 100):
            made = recorded_inputs(recording, net, port, tick_us=100, polarity="on", start_us=start)
            assert made.late() == (relay and start is None)
            spikes = []
            for order in ("breadth", "depth", "fifo"):
                log = en.simulate(net, made, order=order, until=40, record=True, engine="reference").log
                spikes.append(log[log["port"] == int(net.port("end.spikes"))]["t"].tolist())
            assert len(spikes[0]) > 4
            assert spikes[0] == spikes[2]
            assert (spikes[0] == spikes[1]) != made.late()  # depth-first the reset wipes what came before
    assert not recorded_inputs(recording, network(48), "eye.spikes").late()
