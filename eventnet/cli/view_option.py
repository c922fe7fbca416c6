"""The options --view and --ros2, and where looks at a run or a recording go."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from eventnet.cli.results import Screen
from eventnet.cli.trace_option import check_place
from eventnet.errors import DataError
from eventnet.view import FoxgloveFile, LookWriter, Ros2Bag, RunRecorder
from eventnet.view.foxglove_file import sdk
from eventnet.view.ros2_bag import rosbags


def view_option(of: str) -> Any:
    """The option --view of a command that shows `of`."""
    return typer.Option("--view", help=f"Also write {of} into an MCAP file, for Foxglove, Lichtblick or Rerun.")


def ros2_option(of: str) -> Any:
    """The option --ros2 of a command that shows `of`."""
    return typer.Option("--ros2", help=f"Also write what the sensors of {of} sent into a bag of ROS 2: a new folder.")


def check_views(view: Path | None, ros2: Path | None) -> None:
    """Find out before a long run whether its files can be written. Raises DataError where they cannot."""
    for path, package in ((view, sdk), (ros2, rosbags)):
        if path is not None:
            package()
            check_place(path)
    if ros2 is not None and ros2.exists():
        raise DataError(f"{ros2} exists; name another folder for the bag")


def recorder_of(view: Path | None, ros2: Path | None, about: Mapping[str, str]) -> RunRecorder:
    """A recorder that writes what was asked for. about: goes into the file of --view."""
    sinks: list[LookWriter] = [] if view is None else [FoxgloveFile(view, about)]
    return RunRecorder(*sinks, *([] if ros2 is None else [Ros2Bag(ros2)]))


def say_views(screen: Screen, view: Path | None, ros2: Path | None) -> None:
    """Print the paths of the files."""
    if view is not None:
        screen.say_path("to watch, in Foxglove, Lichtblick or Rerun:", view)
    if ros2 is not None:
        screen.say_path("bag of ROS 2:", ros2)
