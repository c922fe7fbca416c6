"""Text and CSV: an event a line, with a unit that somebody states."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from io_cases import damaged, pixel_events, random_events, read_or_refuse, same, some_events

from eventnet.errors import DataError
from eventnet.io import open_events, write_events

ROWS = [(3811, 96, 133, 0), (3820, 0, 65535, 1), (3820, 7, 7, 1)]


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str | bytes, name: str = "a.txt") -> Path:
        (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
        return tmp_path / name

    return write


def test_lines_of_four_numbers_are_events(write) -> None:
    path = write("# unit: us\n3811 96 133 0\n\n3820 0 65535 1\n# a remark\n3820\t7   7 1\n")
    assert same(open_events(path).events(), pixel_events(ROWS))


def test_seconds_become_microseconds_to_the_nearest(write) -> None:
    path = write("0.003811000 96 133 0\n0.00382 0 65535 1\n3.82e-3 7 7 1\n")
    assert same(open_events(path, unit="s").events(), pixel_events(ROWS))
    late = write("1605537493.718345 1 2 1\n")
    assert open_events(late, unit="s").events()["t"].tolist() == [1_605_537_493_718_345]


@pytest.mark.parametrize("top", ["# unit: us\n# size: 240x180\n", "% size 240x180 unit us\n", "240 180\n# unit us\n"])
def test_the_top_states_unit_and_size(write, top: str) -> None:
    recording = open_events(write(top + "5 239 179 1\n"))
    assert (recording.width, recording.height) == (240, 180)
    assert same(recording.events(), pixel_events([(5, 239, 179, 1)]))


def test_csv_columns_may_be_named_in_any_order(write) -> None:
    path = write("x,y,Polarity,timestamp,label\n96,133,0,3811,car\n7,8,1,3820,a dog\n", "a.csv")
    assert same(open_events(path, unit="us").events(), pixel_events([(3811, 96, 133, 0), (3820, 7, 8, 1)]))


def test_csv_without_names_is_t_x_y_p(write) -> None:
    assert same(open_events(write("5,6,7,1\n", "a.csv"), unit="us").events(), pixel_events([(5, 6, 7, 1)]))


def test_off_may_be_minus_one(write) -> None:
    assert open_events(write("5 6 7 -1\n5 6 7 1\n"), unit="us").events()["p"].tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5 6 7 1\n6 6 7\n", "line 2: '6 6 7' is no event; wanted t x y p, t in us, the others whole numbers"),
        ("5 6 7 1\n\n# remark\n6 6 7 1.5\n", "line 4: '6 6 7 1.5' is no event"),
        ("5 6 7 1\n6 6 7 2\n", "line 2: x, y, p are 6, 7, 2; wanted x and y from 0 to 65,535 and p 1, 0 or -1"),
        ("5 -1 7 1\n", "line 1: x, y, p are -1, 7, 1"),
        ("5 65536 7 1\n", "line 1: x, y, p are 65536, 7, 1"),
        ("5 6 7 1 9\n", "line 1: '5 6 7 1 9' is no event"),
        ("99999999999999999999 6 7 1\n", "line 1: '99999999999999999999 6 7 1' is no event"),
        ("0.5 6 7 1\n", "line 1: '0.5 6 7 1' is no event"),
        ("5 6 7 1\n4 6 7 1\n", r"event 1 \(line 2\) is at 4 us, after one at 5 us"),
        ("5 6 7 1\n" + 5000 * "1", "line 2 is longer than 4,096 bytes"),
        ("5 6 7 1\n5 6 \u00b5 1\n", "line 2 is no text: byte 4 of it is 194"),
    ],
)
@pytest.mark.parametrize("chunk", [1, 10, 1 << 20])
def test_a_wrong_line_is_named_and_those_before_it_are_given(write, text: str, message: str, chunk: int) -> None:
    packets = open_events(write(text), unit="us", chunk=chunk).packets(1)
    if text.startswith("5 6 7 1\n"):
        assert len(next(packets)) == 1
    with pytest.raises(DataError, match=message):
        next(packets)


@pytest.mark.parametrize("time", ["nan", "inf", "1e300", "-9.3e12"])
def test_times_that_are_no_microseconds_are_refused(write, time: str) -> None:
    with pytest.raises(DataError, match="line 1: .* is no event"):
        open_events(write(f"{time} 6 7 1\n"), unit="s").events()


@pytest.mark.parametrize("text", ["5 6 7 1\n", "# units: furlongs\n5 6 7 1\n"])
def test_a_unit_that_nobody_states_is_not_guessed(write, text: str) -> None:
    with pytest.raises(DataError, match="the unit of time is not stated; wanted a first line '# unit: us'"):
        open_events(write(text))


def test_an_unknown_unit_is_named(write) -> None:
    with pytest.raises(DataError, match="the unit of time is 'min'; wanted ns, us, ms, s"):
        open_events(write("5 6 7 1\n"), unit="min")


# --- layouts of others ---
OTHERS = {
    "Metavision's": ("a.csv", "96,133,0,3811\n0,65535,1,3820\n7,7,1,3820\n", {"columns": "x,y,p,t", "unit": "us"}),
    "Metavision's decoder's": ("a.csv", "96;133;0;3811\n0;65535;1;3820\n7;7;1;3820\n", {"columns": ["x", "y", "polarity", "timestamp"], "unit": "us"}),
    "pandas, with an index": ("a.csv", ",t,x,y,p\n0,3811,96,133,False\n1,3820,0,65535,True\n2,3820,7,7,True\n", {"unit": "us"}),
    "pandas, other names": ("a.csv", "timestamp,x,y,polarity\n3811,96,133,-1\n3820,0,65535,1\n3820,7,7,1\n", {"unit": "us"}),
    "quoted names": ("a.csv", '"x","y","ts","pol"\n96,133,3811,0\n0,65535,3820,1\n7,7,3820,1\n', {"unit": "us"}),
    "a header and columns": ("a.csv", "a,b,c,d\n96,133,0,3811\n0,65535,1,3820\n7,7,1,3820\n", {"columns": "x,y,p,t", "unit": "us"}),
    "seconds by their parts": ("a.txt", "0.000000000 1 1 1\n0.003811 96 133 0\n0.00382 0 65535 1\n0.00382 7 7 1\n", {}),
    "e2vid's": ("a.txt", "65536 65536\n0.003811000 96 133 0\n0.00382 0 65535 1\n0.00382 7 7 1\n", {}),
    "v2e's": ("a.txt", "# created by v2e\n# format: timestamp, x, y, polarity\n#\n0.003811 96 133 0\n0.00382 0 65535 1\n0.00382 7 7 1\n", {}),
    "names with blanks": ("a.txt", "x y p t\n96 133 0 3811\n0 65535 1 3820\n7 7 1 3820\n", {"unit": "us"}),
    "nanoseconds": ("a.txt", "3810500 96 133 0\n3820499 0 65535 1\n3820499 7 7 1\n", {"unit": "ns"}),
    "milliseconds": ("a.txt", "3.811 96 133 0\n3.82 0 65535 1\n3.82 7 7 1\n", {"unit": "ms"}),
    "a column too many": ("a.txt", "3811 96 133 2.5 0\n3820 0 65535 1e9 1\n3820 7 7 0 1\n", {"columns": "t,x,y,depth,p", "unit": "us"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
def test_lines_of_other_layouts_are_read(write, kind: str) -> None:
    name, text, options = OTHERS[kind]
    for chunk in (1, 30, 1 << 20):
        assert same(open_events(write(text, name), chunk=chunk, **options).events()[-3:], pixel_events(ROWS))


@pytest.mark.parametrize(
    ("top", "size"),
    [("t,x@240,y@180,on\n", (240, 180)), ("%geometry:1280,720\n", (1280, 720)), ("# size: 3x4\n", (3, 4))],
)
def test_the_size_is_read_from_tops_of_others(write, top: str, size: tuple[int, int]) -> None:
    recording = open_events(write(top + "5,1,2,1\n", "a.csv"), unit="us")
    assert (recording.width, recording.height) == size
    assert same(recording.events(), pixel_events([(5, 1, 2, 1)]))


def test_whole_numbers_with_a_point_may_be_of_any_unit(write) -> None:
    with pytest.raises(DataError, match="the unit of time is not stated"):
        open_events(write("5.0 6 7 1\n6.0 6 7 1\n"))


@pytest.mark.parametrize("given", ["x,y,t", "x,x,y,p,t", "", "t,ts,x,y,p"])
def test_columns_that_are_given_hold_each_field_once(write, given: str) -> None:
    with pytest.raises(DataError, match="the columns are .*; wanted t, x, y and p, once each"):
        open_events(write("5 6 7 1\n"), unit="us", columns=given)


def test_a_last_line_without_end_may_be_cut_inside_a_number(write) -> None:
    for chunk in (1, 1 << 20):
        recording = open_events(write("5 6 7 1\n6 6 7 1\n7 6"), unit="us", partial=True, chunk=chunk)
        assert recording.events()["t"].tolist() == [5, 6]
        assert recording.left == 3
    assert open_events(write("5 6 7 1\n"), unit="us", partial=True).left == 0


def test_places_between_pixels_are_refused_and_not_rounded(shared: Path) -> None:
    path = shared / "data" / "mvsec" / "indoor_flying1.events_depth.txt"
    with pytest.raises(DataError, match=r"line 1: '24.000000 336.916800 .*' is no event; wanted t x y depth p"):
        open_events(path, columns="t,x,y,depth,p").events()


@pytest.mark.parametrize(
    ("name", "events", "first", "last", "on"),
    [
        ("shapes_rotation", 30_000, 43_499_029, 43_605_033, 0.4201),
        ("poster_6dof", 38_139, 29_693_900, 29_737_998, 0.4873),
    ],
)
def test_cuts_of_the_event_camera_dataset_have_their_published_facts(
    shared: Path, name: str, events: int, first: int, last: int, on: float
) -> None:
    facts = open_events(shared / "data" / "davis240c" / f"{name}.events.txt", camera="davis240").facts()
    assert (facts.events, facts.first, facts.last, facts.falls) == (events, first, last, 0)
    assert round(facts.on_fraction or 0, 4) == on


@pytest.mark.parametrize("names", ["t,x,y", "t,x,x,y,p", "t,ts,x,y,p", "a,b,c,d"])
def test_columns_are_named_once_each(write, names: str) -> None:
    with pytest.raises(DataError, match=f"line 1: the columns are {', '.join(names.split(','))}; wanted t, x, y and p"):
        open_events(write(names + "\n5,6,7,1\n", "a.csv"), unit="us")


def test_comments_have_an_end(write) -> None:
    with pytest.raises(DataError, match="more than 10,000 lines of comments"):
        open_events(write("#\n" * 10_002))


@pytest.mark.slow
@settings(deadline=None)
@given(some_events(65536, 65536, 1 << 62), st.integers(1, 100))
def test_any_events_come_back_from_csv(tmp_path_factory: pytest.TempPathFactory, events, chunk: int) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    write_events(path, events)
    assert same(open_events(path, chunk=chunk).events(), events)


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    write_events(tmp_path / "a.csv", random_events(40), width=240, height=180)
    whole = (tmp_path / "a.csv").read_bytes()
    for data in damaged(whole, 200, seed=2):
        read_or_refuse(tmp_path / "a.csv", data)
        read_or_refuse(tmp_path / "a.txt", data.replace(b",", b" "))
        read_or_refuse(tmp_path / "a.txt", data.replace(b",", b" "), unit="s")
