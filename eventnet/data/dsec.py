"""Driving seen by stereo event cameras: DSEC (Gehrig et al. 2021, CC BY-SA 4.0), two of 640x480 pixels.

A sequence is a folder with `events/left/events.h5` and `events/right/events.h5`, beside images, disparity and flow.
Sources: dsec.ifi.uzh.ch/data-format; doi:10.1109/LRA.2021.3068942.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from eventnet.errors import DataError
from eventnet.io import Recording, open_events

CAMERAS = ("left", "right")
SIZE = (640, 480)


def dsec(folder: str | PathLike[str], camera: str = "left") -> dict[str, Recording]:
    """Recordings of a camera, "left" or "right", by the names of their sequences, as you have unpacked them.

    folder: of one sequence, or one with sequences in it, at any depth. Needs the extra `hdf5`, and hdf5plugin for files
    as they are published. Nothing is downloaded: no checksum of its owners is known. Raises DataError where there
    is no sequence, where two have one name, and for a file that is damaged or cannot be unpacked.
    """
    if camera not in CAMERAS:
        raise DataError(f"the camera is {camera!r}; wanted {' or '.join(map(repr, CAMERAS))}")
    found: dict[str, Recording] = {}
    for path in sorted(Path(folder).rglob(f"events/{camera}/events.h5")):
        name = path.resolve().parents[2].name
        if name in found:
            raise DataError(f"{path} and {found[name].path} are both of the sequence {name!r}; wanted it once")
        found[name] = open_events(path, "hdf5", width=SIZE[0], height=SIZE[1])
    if not found:
        raise DataError(f"{folder} has no sequence of DSEC; wanted folders with events/{camera}/events.h5")
    return found
