"""The table of docs/reference/event-layouts.md: layouts of event files, recordings of others, and other decoders.

    python tests/scripts/layouts_table.py --data FOLDER

FOLDER holds the recordings, as `shared/data` does. Every number is counted by eventnet's readers when the table is made,
and must be what whoever published the file, or another decoder, says (`tests/test_io_*.py`). A decoder is run where its
library is installed; of one that is not, the page keeps what it said. Rows, and what a test writes by itself, stand
here; the sentences around the table are written by hand.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eventnet.event import PIXEL_EVENT, Events
from eventnet.io import open_events

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reference" / "event-layouts.md"
BEGIN, END = "<!-- written by tests/scripts/layouts_table.py -->", "<!-- written until here -->"
HEAD = (
    "| layout (`format`) | made | real: events, first and last time (us), part ON | independent decoder |",
    "|---|---|---|---|",
)
NONE, NOT_FOUND = "none at hand", "none found"


@dataclass(frozen=True)
class Real:
    """A recording: its path below the folder of data, and what `open_events` is told of it."""

    path: str
    options: tuple[tuple[str, Any], ...] = ()

    def open(self, data: Path) -> Any:
        """The recording; events of EVT 3.0 may be earlier than the one before."""
        return open_events(data / self.path, order="accept", **dict(self.options))

    def said(self, data: Path) -> str:
        """Its facts, in words."""
        recording = self.open(data)
        facts = recording.facts()
        samples = len(recording.inertial()) if recording.holds_inertial else 0
        return (
            f"`{Path(self.path).name}`: {facts.events:,}, {facts.first:,} to {facts.last:,}, {facts.on_fraction:.4f}"
            + (f", and {samples:,} inertial samples" if samples else "")
        )


@dataclass(frozen=True)
class Row:
    """A line of the table. decoders: names in DECODERS; words: what else there is to say of decoders."""

    layout: str
    made: str = "yes"
    real: tuple[Real, ...] = ()
    decoders: tuple[str, ...] = ()
    words: str = NOT_FOUND


def _davis240(name: str) -> Real:
    return Real(f"davis240c/{name}.events.txt", (("camera", "davis240"),))


EVT3 = (
    "faery: x, y, p equal; t up to 11 us later in 1,455, where a time word falls back and faery goes on with the "
    "greatest. expelliarmus is no judge here: its times run 45 ms late"
)
EVT21 = "yes, both orders of halves"
LEGACY = (
    "none found (faery has none of it). That files of an IMX636 say `endianness=legacy` is not confirmed on one; of "
    "those that say nothing the order is where the time words are"
)
PLACES = tuple(
    _davis240(f"{scene}_{motion}")
    for scene, motion in (
        ("shapes", "rotation"), ("dynamic", "rotation"), ("poster", "rotation"), ("poster", "6dof"),
        ("poster", "translation"), ("shapes", "translation"), ("boxes", "translation"), ("dynamic", "translation"),
    )
)  # fmt: skip
ROWS = (
    Row(
        "AEDAT 2.0, DAVIS (`aedat2`)", real=(Real("davis_imu/IMU_rotDisk.aedat"), Real("davis_imu/IMU_translBoxes.aedat")),
        words="none found; a NumPy decoder of a reviewer, equal",
    ),
    Row("AEDAT 2.0, DVS128 (`aedat2`)", real=(Real("events/dvs128_pendulum.aedat"),)),
    Row("AEDAT 3.1 (`aedat3`)"),
    Row(
        "AEDAT 4.0 (`aedat4`)", real=(Real("events/sample.aedat4"), Real("events/davis346_sample.aedat4")),
        decoders=("aedat", "dv-processing", "faery"), words="",
    ),
    Row("EVT 2.0 (`evt2`)", real=(Real("events/evt2.raw"),), decoders=("expelliarmus", "faery"), words=""),
    Row("EVT 2.0, EVT 3.0 and DAT with `% t0`", words="faery, which writes it: equal (3,000 made events each)"),
    Row("EVT 2.1 (`evt21`)", EVT21, words=LEGACY),
    Row("EVT 3.0 (`evt3`)", real=(Real("events/evt3.raw"),), words=EVT3),
    Row("DAT 2 (`dat`)", real=(Real("events/sample_ncars.dat"),), decoders=("expelliarmus",), words=""),
    Row("Event Stream, DVS and ATIS (`es`)", words="event-stream 1.6.3 (both kinds): equal; faery's DVS files: equal"),
    Row("N-MNIST (`nmnist`)", real=(Real("events/sample_nmnist.bin"),)),
    Row(
        "N-Caltech101 (`ncaltech`)", real=(Real("events/ncaltech101_faces_easy_0001.bin", (("format", "ncaltech"),)),)
    ),
    Row(
        "DSEC, HDF5 (`hdf5`)", "yes; with Blosc where its plugin is",
        words="h5py 3.16.0 reads what is written, with `ms_to_idx`",
    ),
    Row("MVSEC, HDF5 (`hdf5`)"),
    Row("Metavision, HDF5 (`hdf5`)", "yes; with ECF only its refusal"),
    Row("records or arrays in `.npy`, `.npz`", words="NumPy"),
    Row("`events.txt` of the Event-Camera Dataset (`text`)", real=PLACES),
    Row("e2vid's and v2e's text (`text`)"),
    Row("Metavision's CSV, x,y,p,t (`csv`)"),
    Row("CSV of pandas, with its index or other names (`csv`)"),
    Row("CSV of faery (`csv`)", "", words="faery, which writes it: equal"),
    Row(
        "bag of ROS 1, EventPacket evt3 (`rosbag`)", real=(Real("events/ros1_evt3.bag"),),
        words="the counts that event_camera_py is tested by",
    ),
    Row(
        "bag of ROS 2, EventPacket evt3 (`rosbag`)", "yes, `.db3` and `.mcap`",
        real=(Real("events/ros2_evt3.db3"), Real("events/ros2_evt3_trigger.db3")),
        words="the sums of t, x, y, p that event_camera_codecs is tested by: equal",
    ),
    Row(
        "EventPacket libcaer, libcaer_cmp, mono; dvs_msgs/EventArray (`rosbag`)", "yes, `.bag`, `.db3`, `.mcap`",
    ),
    Row("any of these packed by gzip or zstd", words="Python's gzip, zstandard"),
)  # fmt: skip


# --- other decoders --------------------------------------------------------------------------------------------------
def decoded(columns: dict[str, Any]) -> Events:
    """PIXEL_EVENT of columns by name."""
    out = np.empty(len(columns["t"]), PIXEL_EVENT)
    for name in "txyp":
        out[name] = columns[name]
    return out


def by_expelliarmus(path: Path) -> Events:
    """The events of an EVT 2.0 or DAT file."""
    from expelliarmus import Wizard

    found = Wizard(encoding={".raw": "evt2", ".dat": "dat"}[path.suffix]).read(path)
    return decoded({name: found[name] for name in "txyp"})


def by_faery(path: Path) -> Events:
    """The events of a file that faery reads."""
    import faery

    options = {"dimensions_fallback": (1280, 720)} if path.suffix == ".raw" else {}
    parts = list(faery.events_stream_from_file(path, **options))
    return decoded({name: np.concatenate([part[name] for part in parts]) for name in "txyp"})


def by_aedat(path: Path) -> Events:
    """The events of an AEDAT 4.0 file."""
    from aedat import Decoder

    found = np.concatenate([packet["events"] for packet in Decoder(path) if "events" in packet])
    return decoded({**{name: found[name] for name in "txy"}, "p": found["on"]})


def by_dv_processing(path: Path) -> Events:
    """The events of an AEDAT 4.0 file."""
    import dv_processing as dv

    camera, parts = dv.io.MonoCameraRecording(str(path)), []
    while (batch := camera.getNextEventBatch()) is not None:
        parts.append(batch.numpy().copy())
    found = np.concatenate(parts)
    return decoded({"t": found["timestamp"], "x": found["x"], "y": found["y"], "p": found["polarity"]})


DECODERS: dict[str, tuple[str, Callable[[Path], Events]]] = {
    "expelliarmus": ("expelliarmus", by_expelliarmus), "faery": ("faery", by_faery), "aedat": ("aedat", by_aedat),
    "dv-processing": ("dv_processing", by_dv_processing),
}  # fmt: skip
UNREAD = {("faery", "davis346_sample.aedat4")}
"""Files that a decoder does not read."""


def verdict(name: str, reals: tuple[Real, ...], data: Path) -> str | None:
    """What comes out of a decoder beside eventnet's reader; None where its library is not installed."""
    library, decode = DECODERS[name]
    if importlib.util.find_spec(library) is None:
        return None
    words = []
    for real in reals:
        file = Path(real.path).name
        if (name, file) in UNREAD:
            continue
        other, found = decode(data / real.path), real.open(data).events()
        differ = len(found) if len(other) != len(found) else sum(np.any([found[f] != other[f] for f in "txyp"], axis=0))
        words.append(f"`{file}` " + ("equal" if differ == 0 else f"differs in {differ:,} events"))
    return f"{name}: {', '.join(words)}"


# --- the table -------------------------------------------------------------------------------------------------------
def lines(data: Path, before: dict[str, list[str]]) -> Iterator[str]:
    """The table, line by line. before: cells of the page's rows as they are, by layout."""
    yield from HEAD
    for row in ROWS:
        said = {part.partition(":")[0]: part for part in before.get(row.layout, ["", "", ""])[2].split("; ")}
        words = [verdict(name, row.real, data) or said.get(name, f"{name}: not run") for name in row.decoders]
        words += [row.words] if row.words else []
        real = "; ".join(real.said(data) for real in row.real) or NONE
        yield f"| {row.layout} | {row.made} | {real} | {'; '.join(words)} |"


def rows_of(page: str) -> dict[str, list[str]]:
    """Cells of the page's rows between the marks, by their layout: made, real, decoder."""
    table = page.partition(BEGIN)[2].partition(END)[0]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("| ")]
    return {row[0]: row[1:] for row in cells[1:]}


def written(page: str, data: Path) -> str:
    """The page with the table as it comes out now."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return "\n".join([before + BEGIN, "", *lines(data, rows_of(page)), "", END + after])


def main() -> int:
    """Write the table into the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of recordings")
    data = parser.parse_args().data
    PAGE.write_text(written(PAGE.read_text("utf-8"), data), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
