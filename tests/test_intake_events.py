"""Anybody's events become records by the names of their columns: values, units, order and bounds are checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from io_cases import random_events

import eventnet as en
from eventnet.errors import DataError, InputError
from eventnet.io import read_events, write_events

# Types as these libraries give them: tonic 1.7.0, aedat 2.3.0 and faery 0.7.1 (which title `on` "p"), expelliarmus 1.1.12,
# dv-processing 2.0.4, Metavision's EventCD.
LAYOUTS = {
    "tonic": np.dtype([("x", "<i2"), ("y", "<i2"), ("t", "<i8"), ("p", "?")]),
    "aedat": np.dtype([("t", "<u8"), ("x", "<u2"), ("y", "<u2"), (("p", "on"), "?")]),
    "expelliarmus": np.dtype([("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("p", "u1")], align=True),
    "dv-processing": np.dtype(
        {"names": ["timestamp", "x", "y", "polarity"], "formats": ["<i8", "<i2", "<i2", "i1"], "offsets": [0, 8, 10, 12],
         "itemsize": 16}
    ),
    "metavision": np.dtype({"names": ["x", "y", "p", "t"], "formats": ["<u2", "<u2", "<i2", "<i8"], "itemsize": 16}),
}  # fmt: skip
TRUTH = random_events(200, seed=5)
TRUTH["x"] %= 30
TRUTH["y"] %= 20


def layout(name: str) -> np.ndarray[Any, Any]:
    made = np.zeros(len(TRUTH), LAYOUTS[name])
    for field, ours in zip(("timestamp", "on", "polarity"), "tpp"):
        if field in (made.dtype.names or ()):
            made[field] = TRUTH[ours]
    for field in set("txyp") & set(made.dtype.names or ()):
        made[field] = TRUTH[field]
    return made


def same(got: Any, wanted: Any = TRUTH) -> bool:
    return got.dtype == wanted.dtype and np.array_equal(got, wanted)


@pytest.mark.parametrize("name", LAYOUTS)
def test_arrays_of_other_libraries_go_in_without_glue(name: str, tmp_path: Path) -> None:
    theirs = layout(name)
    assert same(en.events_from(theirs))
    write_events(tmp_path / "a.npz", theirs, width=30, height=20)
    assert same(read_events(tmp_path / "a.npz"))
    write_events(tmp_path / "b.npz", iter([theirs[:70], TRUTH[70:100], theirs[100:]]))
    assert same(read_events(tmp_path / "b.npz"))
    write_events(tmp_path / "c.npz", (theirs[:70], theirs[70:]))
    assert same(read_events(tmp_path / "c.npz"))


def columns_of(**changed: Any) -> dict[str, Any]:
    return {name: TRUTH[name] for name in "txyp"} | changed


FORMS: dict[str, Callable[[], Any]] = {
    "dict": columns_of,
    "other names": lambda: {"Timestamp": TRUTH["t"], "X": TRUTH["x"], "y": TRUTH["y"], "polarity": TRUTH["p"]},
    "floats": lambda: {name: TRUTH[name].astype(float) for name in "txyp"},
    "lists": lambda: {name: TRUTH[name].tolist() for name in "txyp"},
    "-1 and 1": lambda: columns_of(p=np.where(TRUTH["p"], 1, -1)),
    "more columns": lambda: columns_of(label=np.zeros(3), depth=np.full(len(TRUTH), np.nan)),
    "big-endian": lambda: {name: TRUTH[name].astype(TRUTH[name].dtype.newbyteorder(">")) for name in "txyp"},
}


@pytest.mark.parametrize("form", FORMS)
def test_columns_go_by_name(form: str) -> None:
    assert same(en.events_from(FORMS[form](), unit="us"))


def test_what_does_not_say_its_unit_is_asked_for_it() -> None:
    with pytest.raises(InputError, match="nothing says in which unit t is .*; wanted unit='us', 'ms', 's' or 'ns'"):
        en.events_from(columns_of())
    assert same(en.events_from(columns_of(t=TRUTH["t"].astype("m8[us]"))))
    assert same(en.events_from(columns_of(t=TRUTH["t"] / 1e6), unit="s"))
    assert same(en.events_from(columns_of(t=TRUTH["t"] * 1000), unit="ns"))


@pytest.mark.parametrize("order", ["txyp", "xytp", "pyxt"])
def test_plain_arrays_go_by_the_columns_that_are_named(order: str) -> None:
    rows = np.stack([TRUTH[name].astype(np.int64) for name in order], axis=1)
    for given_as in (rows, rows.tolist(), rows.astype(float), tuple(rows.T)):
        assert same(en.events_from(given_as, columns=list(order), unit="us"))
    assert same(en.events_from(rows, columns={name: k for k, name in enumerate(order)}, unit="us"))
    for nameless in (rows, tuple(rows.T)):
        with pytest.raises(InputError, match="whose columns have no names; wanted columns="):
            en.events_from(nameless, unit="us")


def test_columns_that_are_not_wanted_may_have_any_name() -> None:
    rows = np.array([[7, 1, 2, 99, 1]])
    got = en.events_from(rows, columns=["timestamp", "x", "y", "depth", "polarity"], unit="ms")
    assert got.tolist() == [(7000, 1, 2, True)]


def test_a_table_may_be_told_its_columns() -> None:
    got = en.events_from(columns_of(t=TRUTH["t"] + 5, when=TRUTH["t"]), columns={"t": "when"}, unit="us")
    assert same(got)


EXACTLY = {"t": [3, 4], "x": [1, 2], "y": [0, 0], "p": [1, 0]}


@pytest.mark.parametrize(
    ("events", "options", "text"),
    [
        (EXACTLY | {"x": [1, 65_536]}, {}, "x of event 1 is 65536; wanted whole numbers from 0 to 65,535"),
        (EXACTLY | {"x": [-1, 2]}, {}, "x of event 0 is -1"),
        (EXACTLY | {"y": [0, 0.5]}, {}, "y of event 1 is 0.5"),
        (EXACTLY | {"y": [0, np.nan]}, {}, "y of event 1 is nan"),
        (EXACTLY | {"p": [1, 2]}, {}, "p of event 1 is 2; wanted 1, 0 or -1"),
        (EXACTLY | {"p": np.array([1, 255], np.uint8)}, {}, "p of event 1 is 255"),
        (EXACTLY | {"t": [3, 2.0**70]}, {}, "t of event 1 is 1.18.*wanted times within 2.63"),
        (EXACTLY | {"t": np.array([3, 2**64 - 1], np.uint64)}, {}, "of event 1 is 18446744073709551615"),
        (EXACTLY | {"t": [4, 3]}, {}, r"event 1 is at 3 us, after one at 4 us; .*sort=True"),
        (EXACTLY | {"t": [3]}, {}, "have 1 t, 2 x, 2 y, 2 p; wanted as many of each"),
        (EXACTLY | {"ts": [3, 4]}, {}, r"'t' and 'ts' may each be 't'; wanted columns=\{'t': 'its name'\}"),
        ({"t": [1], "x": [1], "y": [1]}, {}, "a dict of columns with t, x, y, without p"),
        ({"a": [1]}, {}, "a dict of columns with a; wanted t, x, y, p, or t, port, index, sign"),
        (
            EXACTLY,
            {"columns": {"t": "when"}},
            "columns name 'when', but the events are a dict of columns with t, x, y, p",
        ),
        (EXACTLY, {"columns": {"time of day": "t"}}, "columns name a field 'time of day'; wanted t, x, y, p"),
        (EXACTLY, {"columns": {"t": "t", "ts": "x"}}, "columns name 't' twice"),
        (EXACTLY, {"columns": ["t", "x", "y", "p"]}, r"wanted \{'t': 'its name', ...\}"),
        (np.zeros((2, 3)), {"columns": ["t", "x"]}, r"columns names 2 columns, but the events are float64 \[2, 3\]"),
        (np.zeros((2, 2)), {"columns": ["t", "t"]}, "wanted each name once"),
        (np.zeros((2, 2)), {"columns": "tx"}, "columns is 'tx'"),
        (EXACTLY, {"width": 2}, "event 1 has x = 2, but the sensor is 2 wide"),
        (EXACTLY | {"y": [0, 9]}, {"height": 9}, "event 1 has y = 9, but the sensor is 9 high"),
        (EXACTLY, {"port": 0}, "nothing says the sensor's width; wanted width="),
        (TRUTH.reshape(2, -1), {}, r"of shape \[2, 100\]"),
        (TRUTH, {"unit": "s"}, "records in microseconds, but of unit 's'"),
    ],
)
def test_what_would_be_lost_or_guessed_is_refused(events: Any, options: dict[str, Any], text: str) -> None:
    options = options if isinstance(events, np.ndarray) and events.dtype.names else {"unit": "us"} | options
    with pytest.raises(InputError, match=text):
        en.events_from(events, **options)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=30))
def test_sorting_is_stable(rows: list[tuple[int, int]]) -> None:
    t, x = (np.array([row[k] for row in rows], np.int64) for k in (0, 1))
    events = {"t": t, "x": x, "y": np.zeros(len(rows), int), "p": np.ones(len(rows), bool)}
    got = en.events_from(events, unit="us", sort=True)
    assert list(zip(got["t"].tolist(), got["x"].tolist())) == sorted(rows, key=lambda row: row[0])


def test_records_of_ours_are_given_back_and_not_copied() -> None:
    inputs = en.events([(0, 1, 2, 1)])
    assert en.events_from(TRUTH) is TRUTH
    assert en.events_from(inputs) is inputs
    falling = TRUTH[::-1]
    with pytest.raises(InputError, match="sort=True"):
        en.events_from(falling)
    assert en.events_from(falling, sort=True)["t"].tolist() == TRUTH["t"].tolist()


def test_records_with_masked_values_are_not_taken_for_ours() -> None:
    masked = np.ma.masked_array(TRUTH[:2], mask=[(0, 0, 0, 0), (1, 0, 0, 0)])
    with pytest.raises(InputError, match="'t' of event 1 is missing"):
        en.events_from(masked)


def test_a_port_makes_inputs() -> None:
    got = en.events_from(EXACTLY, unit="us", width=8, port=3)
    assert got.dtype == en.EVENT
    assert got.tolist() == [(3, 3, 1, 1), (4, 3, 2, -1)]


def test_an_index_beyond_31_bits_is_refused() -> None:
    far = {"t": [0], "x": [0], "y": [40_000], "p": [1]}
    with pytest.raises(InputError, match="y = 40000, but 65536 columns leave indices of 31 bits for less"):
        en.events_from(far, unit="us", width=65_536, port=0)


def test_inputs_go_by_name_too_and_their_times_are_ticks() -> None:
    rows = {"sign": [1.0, -1], "t": [5, 6], "index": [2, 3], "port": [0, 1]}
    assert en.events_from(rows).tolist() == [(5, 0, 2, 1), (6, 1, 3, -1)]
    assert en.events_from(rows | {"t": np.array([1, 2], "m8[ms]")})["t"].tolist() == [1000, 2000]
    for changed, text in [
        ({"sign": [1, 0]}, "sign of event 1 is 0; wanted 1, -1"),
        ({"index": [2, -3]}, "index of event 1 is -3"),
        ({"index": [2, 2**31]}, "index of event 1 is 2147483648"),
        ({"port": ["eye.spikes", "eye.spikes"]}, "port 'eye.spikes' is a name, which a network alone knows"),
    ]:
        with pytest.raises(InputError, match=text):
            en.events_from(rows | changed)
    with pytest.raises(InputError, match="the events name their ports"):
        en.events_from(rows, port=1)


def small() -> tuple[en.Network, en.Module]:
    net = en.Network()
    eye = net.add(en.Relay(600, name="eye"))
    net.connect(eye, net.add(en.Sink(600, name="sink")).spikes)
    return net, eye


INPUTS = en.from_addresses(*(TRUTH[name] for name in "txyp"), width=30, port=0)


def heard(sim: en.Simulation) -> list[Any]:
    log = sim.log[sim.log["parent"] == -1]
    return log[["t", "port", "index", "sign"]].tolist()


@pytest.mark.parametrize("name", [*LAYOUTS, "dict", "inputs", "names", "rows"])
def test_inject_takes_them_as_they_are(name: str) -> None:
    net, eye = small()
    sim = en.Simulation(net, record=True, engine="reference")
    inputs = {field: INPUTS[field] for field in INPUTS.dtype.names or ()}
    if name in LAYOUTS:
        sim.inject(layout(name), eye.spikes, width=30)
    elif name == "dict":
        sim.inject(columns_of(t=TRUTH["t"].astype("m8[us]")), eye.spikes, width=30)
    elif name == "inputs":
        sim.inject(inputs)
    elif name == "names":
        sim.inject(inputs | {"port": ["eye.spikes"] * len(TRUTH)})
    else:
        sim.inject(np.stack([INPUTS[field].astype(int) for field in inputs], axis=1), columns=list(inputs))
    sim.run()
    assert heard(sim) == INPUTS.tolist()


def test_inject_says_what_it_wants() -> None:
    net, eye = small()
    sim = en.Simulation(net, engine="reference")
    for wrong, options, text in [
        (TRUTH, {}, "the inputs have x and y; wanted port= and width= too"),
        (TRUTH, {"port": eye.spikes}, "wanted width="),
        (columns_of(), {"port": eye.spikes, "width": 30}, "nothing says in which unit t is"),
        (INPUTS, {"port": eye.spikes}, "the events name their ports"),
        ({"t": [0], "port": ["eey.spikes"], "index": [0], "sign": [1]}, {}, "no port is called 'eey.spikes'"),
        (np.zeros((2, 4), int), {}, "columns have no names"),
    ]:
        with pytest.raises(InputError, match=text):
            sim.inject(wrong, **options)
    assert sim.idle


@pytest.mark.parametrize("changed", [{"p": [7] * len(TRUTH)}, {"t": TRUTH["t"][::-1]}])
def test_write_events_refuses_what_events_from_refuses(changed: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a.csv: (p of event 0 is 7|event 1 is at)"):
        write_events(tmp_path / "a.csv", columns_of(**changed), unit="us")
    with pytest.raises(DataError, match="name ports and no pixels; wanted columns t, x, y, p"):
        write_events(tmp_path / "a.csv", {"t": [0], "port": [0], "index": [0], "sign": [1]})
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DataError, match=r"a.csv, packet 1: (p of event 0 is 7|event 1 is at)"):
        write_events(tmp_path / "a.csv", [TRUTH, columns_of(**changed)], unit="us")
    assert list(tmp_path.iterdir()) == []
    rows = np.stack([TRUTH[name].astype(int) for name in "xytp"], axis=1)
    write_events(tmp_path / "a.csv", rows, columns="x y t p".split(), unit="us")
    assert same(read_events(tmp_path / "a.csv"))
