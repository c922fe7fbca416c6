"""How many files one passes through to follow a thing from where it begins to where it ends, in real runs.

    python tests/scripts/walk.py [CHECKOUT ...] [--files]

Three walks, each in a process of its own, with what is imported on the way not counted: a pixel's event from the sensor
to its entry in the ledger (reference engine); from `fit` of a Deep Spiking Network to the new weight (reference engine);
and `eventnet run dvs-gyro` as a whole, from the command's function to its last file. A file counts once one of its
functions is called. Printed are files, functions, and changes from one file to another; with `--files` the files, too.
It speaks names that versions since eee0048 know, so that it runs in an old checkout as well. Needs an environment with
what the checkouts need.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

TOPS = ("eventnet", "models", "scenarios")


class Steps:
    """Functions of a checkout that are called while it is active; their own lines at the top level aside."""

    def __init__(self, root: Path) -> None:
        self.tops = tuple(f"{(root / top).resolve()}{os.sep}" for top in TOPS)
        self.known: dict[str, str | None] = {}
        self.functions: set[tuple[str, int]] = set()
        self.changes = 0
        self.last = ""

    def file_of(self, name: str) -> str | None:
        """The file of the checkout that code comes from; None for all others."""
        if name not in self.known:
            path = os.path.realpath(name)
            self.known[name] = path if path.startswith(self.tops) else None
        return self.known[name]

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event != "call" or code.co_name == "<module>":
            return
        path = self.file_of(code.co_filename)
        if path is None:
            return
        self.functions.add((path, code.co_firstlineno))
        self.changes += path != self.last
        self.last = path

    def follow(self, walk: Callable[[], None]) -> None:
        sys.setprofile(self)
        try:
            walk()
        finally:
            sys.setprofile(None)


def pixel() -> Callable[[], None]:
    """From the sensor to the ledger: all of the run, the network built before."""
    import eventnet as en
    from eventnet.scenarios.sensors import DVS, on_clock
    from eventnet.scenarios.worlds import Panorama, RandomTurning, TurningCamera

    camera = TurningCamera(Panorama.random(seed=1), RandomTurning(3, rms=55), width=8, height=6, focal=6)
    net = en.Network()
    layer = net.add(en.Herding(4, net.weights([[0.3] * 4] * (8 * 6)), name="layer"))
    net.connect(layer.out, net.add(en.Sink(4, name="end")).spikes)
    simulation = en.Simulation(net, engine="reference", roots=True)
    clock = en.Clock(simulation)
    clock.play(on_clock(DVS(camera, seed=7), 5_000), layer.spikes, width=8)

    def walk() -> None:
        clock.run(until=50_000)
        ledger: Any = getattr(en, "CostLedger", None) or vars(en)["Ledger"]  # as versions before the rooms call it
        book = ledger.of(simulation)
        assert book.inputs > 10
        assert book.entry(0).adds >= 4

    return walk


def weight() -> Callable[[], None]:
    """From `fit` to the weights it has learned."""
    import numpy as np

    from eventnet.models import DeepSpikingNetwork

    network = DeepSpikingNetwork([6, 4, 3], rule="fsgd", engine="reference")
    x, y = np.random.default_rng(0).random((4, 6)), np.array([0, 1, 2, 0])

    def walk() -> None:
        network.fit(x, y, epochs=1)
        assert network.weights[0].shape == (6, 4)

    return walk


def command() -> Callable[[], None]:
    """`eventnet run dvs-gyro`, shortened by a file of parameters, in this process."""
    from typer.testing import CliRunner

    from eventnet.cli import app

    Path("short.toml").write_text("[run]\nduration_s = 0.6\ntrajectories = 1\n")

    def walk() -> None:
        words = ["run", "dvs-gyro", "short.toml", "--processes", "1", "--out", tempfile.mkdtemp(dir=".")]
        found = CliRunner().invoke(app, words)
        assert found.exit_code == 0, found.output

    return walk


WALKS = {"pixel to ledger": pixel, "fit to weight": weight, "eventnet run dvs-gyro": command}


def walked(root: Path, name: str) -> dict[str, Any]:
    """A walk in a process of its own, which imports the checkout."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, Path(__file__).resolve(), root, "--one", name], cwd=folder, capture_output=True, text=True,
            env=os.environ | {"PYTHONPATH": str(root), "MPLBACKEND": "Agg"},
        )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{root}: {name} has failed:\n{done.stdout}{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def one(root: Path, name: str) -> None:
    WALKS[name]()()  # compiles what it needs
    steps = Steps(root)
    steps.follow(WALKS[name]())
    entered = sorted({os.path.relpath(path, root.resolve()) for path, _ in steps.functions})
    print(json.dumps({"files": entered, "functions": len(steps.functions), "changes": steps.changes}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="*", type=Path, default=[Path(__file__).parents[2]])
    parser.add_argument("--files", action="store_true", help="print the files, too")
    parser.add_argument("--one", choices=[*WALKS], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        return one(given.checkouts[0], given.one)
    print(f"{'':40} files  functions  changes of file")
    for root in given.checkouts:
        for name in WALKS:
            found = walked(root.resolve(), name)
            print(
                f"{root.name + ': ' + name:40} {len(found['files']):5}  {found['functions']:9}  {found['changes']:15,}"
            )
            if given.files:
                print("\n".join(f"    {path}" for path in found["files"]))
    return None


if __name__ == "__main__":
    main()
