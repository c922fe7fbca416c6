"""One of each kind is one new file: dropped into the package, or announced by another package's entry point.

Both are then used from the command line, with no other edit anywhere.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from few import few
from test_cli_commands import SHOUT
from test_scenarios import RAN, SUMS

ROOT = Path(__file__).parents[1]

NEURON = '''
import eventnet as en


@en.rule
def tire(i, s, t, out, tally, phi, w):
    """Add a row; what passes 1 is sent on, and half of it is left."""
    for j in range(len(phi)):
        phi[j] += s * w[i, j]
        if phi[j] > 1:
            phi[j] *= 0.5
            out.spike(j, 1)


class Tired(en.Module):
    """Units that are left with half of what they had."""

    w = en.Weights("n_in", "units")
    phi = en.State()
    spikes = en.Port(tire, emits="out", accepts="n_in")
    out = en.Outlet()
    membrane = None
'''
LEARNING = '''
import eventnet as en


@en.rule
def grow(i, s, t, out, tally, w):
    """A weight grows by 1 with each spike."""
    w[i, 0] += 1


class Grow(en.Module):
    """Counts spikes in weights."""

    w = en.Weights("units", None)
    spikes = en.Port(grow, accepts="units")
    membrane = None
'''
ORDER = '''
from eventnet.order import KEYED, Order


def newest(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """The newest delivery first."""
    return 2, -seq


ORDER = Order("newest", KEYED, newest)
'''
PRICES = 'name = "my chip"\nsource = "its data sheet"\n[adds]\ntypical_pj = 0.125\n'
CHIP = 'from pathlib import Path\n\nMY_CHIP = Path(__file__).with_name("my-chip.toml")\n'
SENSOR = '''
import numpy as np

import eventnet as en
from eventnet.scenarios.sensors import Windowed


class Wheel(Windowed):
    """A tick each millisecond."""

    record = en.PIXEL_EVENT

    def _run(self):
        told = 0

        def before(stop):
            nonlocal told
            events = np.zeros(-int(-stop // 1000) - told, self.record)
            events["t"], events["p"] = 1000 * (told + np.arange(len(events))), True
            told += len(events)
            return events

        return before


def sensor(seed):
    return Wheel(0.0)
'''
FORMAT = """
import re

import numpy as np

from eventnet.event import PIXEL_EVENT
from eventnet.io import Format
from eventnet.io.source import Chunk, Source


def open_rows(path, options):
    def chunks():
        held = path.read_bytes()[6:]
        yield Chunk(np.frombuffer(held, PIXEL_EVENT).copy(), lambda k: f"row {k}", len(held))

    return Source(chunks, options.width, options.height)


def write_rows(file, path, packets, size, samples):
    file.write(b"#rows\\n")
    return sum(file.write(events.tobytes()) // PIXEL_EVENT.itemsize for events in packets)


FORMAT = Format(open_rows, re.compile(rb"#rows\\n"), (".rows",), write_rows)
"""
REPRODUCTION = """
from eventnet.scenarios.reproductions.common.report import ReproductionReport


def tiny_figure(request):
    return ReproductionReport("tiny-figure", "A tiny figure", "nowhere", [{"published": 1, "measured": request.seed}])
"""
CUBE = """
from eventnet.sweep import Kind

KIND = Kind(
    prepare=lambda given: given.name,
    run=lambda name, parameters, seed: {"cube": parameters["k"] ** 3},
    trace=lambda name: name,
)
"""

FILES = {
    "eventnet/neurons/tired.py": NEURON,
    "eventnet/learning/grow.py": LEARNING,
    "eventnet/orders/newest.py": ORDER,
    "eventnet/cost/price_lists/my-chip.toml": PRICES,
    "scenarios/sensors/sensor_wheel.py": SENSOR,
    "scenarios/gaze/scenario_my_sums.py": SUMS,
    "eventnet/io/formats/rows.py": FORMAT,
    "eventnet/cli/shout_it.py": SHOUT,
    "scenarios/reproductions/tiny_figure.py": REPRODUCTION,
    "eventnet/sweep/kind_cube.py": CUBE,
}
PACKAGE = {
    "extras/__init__.py": "",
    "extras/tired.py": NEURON,
    "extras/grow.py": LEARNING,
    "extras/newest.py": ORDER,
    "extras/my-chip.toml": PRICES,
    "extras/chip.py": CHIP,
    "extras/wheel.py": SENSOR,
    "extras/sums.py": SUMS,
    "extras/rows.py": FORMAT,
    "extras/shout.py": SHOUT,
    "extras/figure.py": REPRODUCTION,
    "extras/cube.py": CUBE,
    "extras-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: extras\nVersion: 1.0\n",
    "extras-1.0.dist-info/entry_points.txt": """
[eventnet.neurons]
Tired = extras.tired:Tired
[eventnet.learning]
Grow = extras.grow:Grow
[eventnet.orders]
newest = extras.newest:newest
[eventnet.price_lists]
my-chip = extras.chip:MY_CHIP
[eventnet.sensors]
wheel = extras.wheel:sensor
[eventnet.scenarios]
my-sums = extras.sums:SCENARIO
[eventnet.formats]
rows = extras.rows:FORMAT
[eventnet.commands]
shout-it = extras.shout:shout
[eventnet.reproductions]
tiny-figure = extras.figure:tiny_figure
[eventnet.sweep_kinds]
cube = extras.cube:KIND
""",
}
BROKEN = """
[eventnet.neurons]
Bad = nowhere:Bad
[eventnet.orders]
bad = nowhere:bad
[eventnet.price_lists]
bad = nowhere:bad
text = string:digits
wrong = math:pi
[eventnet.sensors]
bad = nowhere:bad
[eventnet.formats]
bad = nowhere:bad
wrong = math:pi
"""

NEW = {
    "neurons": "Tired", "learning": "Grow", "orders": "newest", "prices": "my-chip", "sensors": "wheel",
    "scenarios": "my-sums", "formats": "rows", "commands": "shout-it", "reproductions": "tiny-figure",
    "sweeps": "cube",
}  # fmt: skip

MAKE = """
import eventnet as en
from eventnet import learning

net = en.Network()
tired = net.add(en.Tired(2, net.weights([[0.75, 0.5]]), name="tired"))
net.connect(tired.out, net.add(learning.Grow(2, net.weights([[0.0], [0.0]]), name="grow")).spikes)
net.save("net.npz")
"""
RUN = """
import json, sys
from typer.testing import CliRunner
from eventnet.cli import app

for words in json.loads(sys.argv[1]):
    done = CliRunner().invoke(app, words.split())
    print(json.dumps([words, done.exit_code, done.stdout, done.stderr]))
"""
COMPILED = """
from eventnet.cli.compile_all import jobs
print(*(thing[0].name if kind == "rule" else thing for kind, thing in jobs() if kind in ("rule", "key")))
"""


def planted(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def python(code: str, *words: str, path: Path, folder: Path) -> str:
    """What a Python of its own prints, with a folder before all others on its path."""
    known = {**os.environ, "PYTHONPATH": str(path), "COLUMNS": "200"}
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=folder, env=known, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def command_lines(lines: list[str], path: Path, folder: Path) -> dict[str, tuple[int, str, str]]:
    """Exit code, stdout and stderr of command lines."""
    made = [json.loads(line) for line in python(RUN, json.dumps(lines), path=path, folder=folder).splitlines()]
    return {words: (code, out, err) for words, code, out, err in made}


@pytest.fixture(params=few(["files", "entry points"], 1))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder for the path of Python: a copy of the package with ten files more, or another package."""
    if request.param == "entry points":
        return planted(tmp_path / "other", PACKAGE)
    for name in ("eventnet", "models", "scenarios"):
        shutil.copytree(ROOT / name, tmp_path / "copy" / name, ignore=shutil.ignore_patterns("__pycache__"))
    return planted(tmp_path / "copy", {"pyproject.toml": "", **FILES})


@pytest.mark.slow
def test_one_of_each_is_one_file_and_is_used_from_the_command_line(place: Path, tmp_path: Path) -> None:
    python(MAKE, path=place, folder=tmp_path)
    (tmp_path / "cube.toml").write_text('[sweep]\nof = "cube"\n[grid]\nk = [2, 3]\n')
    asked = [f"info {kind} --json" for kind in NEW] + [
        "info --json", "info net.npz --json", "race net.npz --seeds 1 --processes 1 --answer weights --json",
        "orders --processes 1 --out orders --json", "prices my-chip --json", "record wheel a.rows --seconds 0.1 --json",
        "info a.rows --json", "convert a.rows b.csv --json", "run my-sums --seed 6 --out sums --json",
        "shout-it hello --json", "reproduce tiny-figure --seed 3 --out tiny --json",
        "sweep cube.toml --processes 1 --out cubes --json",
    ]  # fmt: skip
    done = command_lines(asked, place, tmp_path)
    assert {
        words: found for words, found in done.items() if found[0] not in ((0, 1) if "race" in words else (0,))
    } == {}
    told: dict[str, Any] = {words.removesuffix(" --json"): json.loads(out) for words, (_, out, _) in done.items()}
    for kind, name in NEW.items():
        assert name in [row["name"] for row in told[f"info {kind}"][kind]], kind
    assert told["info"]["orders"][-1] == "newest"
    assert [row["class"] for row in told["info net.npz"]["modules"]] == ["Tired", "Grow"]
    trials = [trial["variant"] for trial in told["race net.npz --seeds 1 --processes 1 --answer weights"]["trials"]]
    assert trials.count("newest") == 1
    assert [name for name in told["orders --processes 1 --out orders"]["orders"] if "newest" in name]
    assert told["prices my-chip"]["lists"]["my-chip"]["prices"]["adds"]["typical_pj"] == 0.125
    assert told["record wheel a.rows --seconds 0.1"]["records"] == 100
    assert (told["info a.rows"]["format"], told["info a.rows"]["events"]) == ("rows", 100)
    assert (told["convert a.rows b.csv"]["format"], told["convert a.rows b.csv"]["events"]) == ("csv", 100)
    assert told["run my-sums --seed 6 --out sums"]["numbers"] == [RAN]
    assert told["shout-it hello"] == {"word": "HELLO"}
    assert told["reproduce tiny-figure --seed 3 --out tiny"]["rows"] == [{"published": 1, "measured": 3}]
    assert told["sweep cube.toml --processes 1 --out cubes"]["done"] == 2
    rows = (tmp_path / "cubes" / "table.csv").read_text().splitlines()
    assert [row.split(",")[2] for row in rows] == ["cube", "8", "27"]


@pytest.mark.slow
def test_rules_and_orders_of_both_are_among_what_is_compiled(place: Path, tmp_path: Path) -> None:
    found = python(COMPILED, path=place, folder=tmp_path).split()
    assert {"tire", "grow", "newest"} <= set(found)


@pytest.mark.slow
def test_what_does_not_load_is_named_and_spoils_nothing_else(tmp_path: Path) -> None:
    about = {"broken-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n"}
    place = planted(tmp_path / "other", {**about, "broken-1.0.dist-info/entry_points.txt": BROKEN})
    (tmp_path / "a.csv").write_text("# unit: us\n1,2,3,1\n")
    done = command_lines(
        [
            "info neurons", "info a.csv", "convert a.csv b.npy", "convert a.csv b.bad --to bad", "info a.csv --format bad",
            "info a.csv --format wrong", "prices cpu", "prices bad", "prices text", "prices wrong", "record bad c.csv",
            "cost a.csv --inputs a.csv --order bad",
        ],
        place, tmp_path,
    )  # fmt: skip
    fine = ("info neurons", "info a.csv", "convert a.csv b.npy", "prices cpu")
    assert [words for words, (code, _, _) in done.items() if code == 0] == list(fine), done
    for words in ("prices bad", "record bad c.csv", "cost a.csv --inputs a.csv --order bad"):
        assert "'bad' of nowhere:bad cannot be loaded: No module named 'nowhere'" in done[words][2], done[words]
    assert "wanted a PriceList, or the path of a TOML file" in done["prices wrong"][2]
    tried = python(
        "import eventnet as en\ntry: en.Bad\nexcept en.EventnetError as e: print(e)", path=place, folder=tmp_path
    )
    assert "the neuron 'Bad' of nowhere:Bad cannot be loaded" in tried
