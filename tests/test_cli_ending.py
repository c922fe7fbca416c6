"""How commands end: one line, one code for one mistake, JSON where it was asked for, whatever becomes of stdout."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from few import few, part
from typer.testing import CliRunner

import eventnet as en
from eventnet import errors
from eventnet.cli.commands import app
from eventnet.cli.ending import CODES, TRACEBACK, Exit, asks_for_json, ended, failure_of
from eventnet.engine.compiled import CompiledEngine
from eventnet.models import DeepSpikingNetwork

ROOT = Path(__file__).parents[1]
COMMANDS = (
    "demo train orders race anytime cost report run info convert diff ablate cancellation prices reproduce".split()
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder: a network and inputs for it, a saved network that tells digits, events of a camera, damaged files."""
    folder = tmp_path_factory.mktemp("files")
    net = en.Network()
    a = net.add(en.Relay(2, name="a"))
    end = net.add(en.Sink(2, name="end"))
    net.connect(a.out, end.spikes)
    net.save(folder / "net.npz")
    (folder / "in.csv").write_text("t,port,index,sign\n0,a.spikes,0,1\n3,0,1,-1\n")
    (folder / "far.csv").write_text("t,port,index,sign\n0,a.spikes,2,1\n")
    (folder / "bad.npz").write_bytes(b"PK\x03\x04 this is no archive")
    (folder / "cam.csv").write_text("t,x,y,p\n5,1,2,1\n")
    np.savez(folder / "plain.npz", t=np.arange(3), x=np.arange(3))
    np.save(folder / "log.npy", np.zeros(0, en.DELIVERY))
    DeepSpikingNetwork([784, 4, 10]).save(folder / "digits.npz")
    DeepSpikingNetwork([784, 5, 10]).save(folder / "other.npz")
    DeepSpikingNetwork([3, 2]).save(folder / "odd.npz")
    return folder


def start(args: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    environment |= options.pop("env", {})
    return subprocess.Popen([sys.executable, "-m", "eventnet", *args], env=environment, **options)


def end(args: Sequence[str], **options: Any) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a process of its own."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    process = start(args, **options)
    out, err = process.communicate(timeout=300)
    return process.returncode, (out or b"").decode(), (err or b"").decode()


def shell(words: str, cwd: Path) -> tuple[int, str]:
    """Exit code and stderr of a command line with redirections, run by sh."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    found = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m eventnet {words}'], env=environment, stderr=subprocess.PIPE, cwd=cwd
    )
    return found.returncode, found.stderr.decode()


# --- stdout that is lost ---
FIRST = ["prices", ""]
REST = [
    "--help", "info --json", "--version", "info {net}", "diff {log} {log}", "run gaze --print-config", "prices --json",
    "orders --out {out}", "race {net} --inputs {in} --seeds 1 --fresh", "ablate {net} --inputs {in} --fresh",
    "cost {net} --inputs {in} --out {out}", "cancellation {net} --inputs {in} --out {out}", "report --out {out}.html",
    "convert {cam} {out}.npz --unit us", "train --sizes 784-4-10 --train 20 --test 10 --epochs 1 --out {out}-m.npz",
    "anytime {digits} --orders depth,breadth --test 5 --learn 5 --choose 2 --out {out}",
    "demo --sizes 784-5-5-10 --train 20 --test 10 --epochs 1 --out {out}", "reproduce routing --out {out}",
    "run stdp-pattern {toml} --processes 1 --out {out}",
]  # fmt: skip
SHORT = "[run]\nruns = 1\nduration_s = 1\n[input]\nafferents = 60\npattern_afferents = 30\n[neuron]\nthreshold = 15\nreset = -30\n"
EVERY = few([*FIRST, *part(REST, 3)], len(FIRST))


def filled(words: str, files: Path, out: Path) -> str:
    (files / "short.toml").write_text(SHORT)
    names = {"net": "net.npz", "in": "in.csv", "log": "log.npy", "cam": "cam.csv", "digits": "digits.npz"}
    names |= {"toml": "short.toml"}
    return words.format(out=out / "out", **{name: files / file for name, file in names.items()})


@pytest.mark.parametrize("words", EVERY)
def test_a_full_stdout_is_one_line_and_a_code(words: str, files: Path, tmp_path: Path) -> None:
    code, err = shell(f"{filled(words, files, tmp_path)} >/dev/full", tmp_path)
    assert (code, last(err)) == (Exit.FILE, "eventnet: stdout cannot be written: No space left on device")


@pytest.mark.parametrize("words", few(["prices", *REST[::3]], 1))
def test_a_closed_stdout_is_one_line_and_a_code_before_anything_is_done(
    words: str, files: Path, tmp_path: Path
) -> None:
    code, err = shell(f"{filled(words, files, tmp_path)} >&-", tmp_path)
    assert (code, err) == (Exit.FILE, "eventnet: stdout cannot be written: it is closed\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", EVERY)
def test_a_stdout_that_nobody_reads_ends_in_silence(words: str, files: Path, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code, _, err = end(filled(words, files, tmp_path).split(), stdout=writer, cwd=tmp_path)
    os.close(writer)
    assert (code, last(err)) == (Exit.UNREAD, "")


def last(err: str) -> str:
    """The only line of stderr, but for the engine's word that it compiles."""
    lines = [line for line in err.splitlines() if "compiling" not in line]
    assert len(lines) < 2, err
    return lines[0] if lines else ""


@pytest.mark.slow
@pytest.mark.parametrize("where", few([">&-", ">/dev/full"], 1))
def test_stderr_may_be_lost(where: str, files: Path, tmp_path: Path) -> None:
    assert shell(f"info {files / 'net.npz'} 2{where} >out.txt", tmp_path) == (Exit.DONE, "")
    assert "Relay" in (tmp_path / "out.txt").read_text()
    assert shell(f"prices nosuch 2{where} >out.txt", tmp_path) == (Exit.USAGE, "")
    assert shell(f"prices nosuch --json 2{where} >out.txt", tmp_path)[0] == Exit.USAGE
    assert json.loads((tmp_path / "out.txt").read_text())["error"]["exit"] == Exit.USAGE
    assert shell(f"prices >&- 2{where}", tmp_path)[0] == Exit.FILE


@pytest.mark.slow
def test_a_file_is_not_opened_in_the_place_of_a_closed_stderr(files: Path, tmp_path: Path) -> None:
    assert shell(f"convert {files / 'cam.csv'} b.csv --unit us 2>&- 0>&- >out.txt", tmp_path)[0] == Exit.DONE
    assert (tmp_path / "b.csv").read_text().splitlines()[-1] == "5,1,2,1"


@pytest.mark.slow
def test_letters_that_stdout_cannot_spell_are_replaced(tmp_path: Path) -> None:
    code, out, err = end(["demo", "--help"], env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (code, err) == (0, "")
    code, out, err = end(["info", "\udcff.npz", "--json"], env={"PYTHONIOENCODING": "ascii"})
    assert code == Exit.FILE
    assert json.loads(out)["error"]["kind"] == "DataError"


# --- signals ---
class Dropping:
    """Its destructor is interrupted, and Python drops that."""

    def __del__(self) -> None:
        raise KeyboardInterrupt


def test_an_interruption_in_a_destructor_is_not_lost(capsys: pytest.CaptureFixture[str]) -> None:
    hook = sys.unraisablehook

    def run() -> None:
        dropping = Dropping()
        del dropping
        for _ in range(500):
            time.sleep(0.01)

    assert ended(run, as_json=False) == Exit.INTERRUPTED
    assert capsys.readouterr().err == "eventnet: interrupted\n"
    assert sys.unraisablehook is hook


def test_other_errors_in_a_destructor_are_told_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: told.append(found.exc_type))
    monkeypatch.setattr(Dropping, "__del__", lambda self: 1 / 0)
    assert ended(lambda: Dropping() and None, as_json=False) == Exit.DONE
    assert told == [ZeroDivisionError]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code", "said"), [(signal.SIGINT, 130, "eventnet: interrupted"), (signal.SIGTERM, -signal.SIGTERM, "")]
)
def test_a_run_that_is_interrupted_says_so_in_one_line(number: int, code: int, said: str, tmp_path: Path) -> None:
    args = ["train", "--sizes", "784-4-10", "--train", "200", "--test", "10", "--epochs", "100000"]
    with start([*args, "--out", str(tmp_path / "m.npz")], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for _ in range(3000):
            if (tmp_path / "m.npz").exists() or process.poll() is not None:
                break
            time.sleep(0.1)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, last(err.decode())) == (code, said)


# --- the table ---
def _made(kind: type[Exception]) -> Exception:
    return kind(*["why"] * (2 if kind is errors.NoSuchName else 1))


def test_every_error_of_the_package_has_a_code_and_none_is_that_of_an_answer() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    codes = {kind.__name__: failure_of(_made(kind)).exit for kind in kinds}
    assert codes == {
        "EventnetError": Exit.USAGE, "NetworkError": Exit.USAGE, "WiringError": Exit.USAGE, "InputError": Exit.USAGE,
        "OrderError": Exit.USAGE, "ModelError": Exit.USAGE, "DataError": Exit.FILE, "RuleError": Exit.FAILED,
        "UnsettledError": Exit.FAILED, "EngineError": Exit.FAILED, "InternalError": Exit.BUG,
    } | {name: code for name, code in codes.items() if name not in BEFORE}  # fmt: skip
    assert not {Exit.DONE, Exit.NO} & {*codes.values(), *CODES.values()}


BEFORE = set(
    "EventnetError NetworkError WiringError InputError OrderError ModelError DataError RuleError UnsettledError "
    "EngineError InternalError".split()
)


def test_the_documented_table_is_the_one_in_force() -> None:
    text = (ROOT / "docs" / "reference" / "command-line.md").read_text("utf-8")
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.M)}
    assert documented == {int(code) for code in Exit} | {143}


@pytest.mark.parametrize(
    ("error", "kind", "exit", "message"),
    [
        (MemoryError("4 GiB"), "MemoryError", Exit.FAILED, "memory has run out: 4 GiB"),
        (PermissionError(13, "Permission denied", "a.npz"), "PermissionError", Exit.FILE, "a.npz: Permission denied"),
        (KeyError("x"), "InternalError", Exit.BUG, "a bug in eventnet: KeyError: 'x'"),
        (KeyboardInterrupt(), "Interrupted", Exit.INTERRUPTED, "interrupted"),
    ],
)
def test_errors_from_below_have_their_codes(error: BaseException, kind: str, exit: Exit, message: str) -> None:
    found = failure_of(error)
    assert (found.kind, found.exit) == (kind, exit)
    assert found.message.startswith(message)


def test_a_bug_is_one_line_that_asks_for_a_report_and_a_traceback_where_one_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*args: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("eventnet.cli.options.open_prices", broken)
    found = CliRunner().invoke(app, ["prices", "--json"])
    assert found.exit_code == Exit.BUG
    line = found.stderr.strip()
    assert re.fullmatch(r"eventnet: a bug in eventnet: KeyError: 'x' at test_cli_ending.py:\d+; please report .*", line)
    assert json.loads(found.stdout)["error"] == {
        "kind": "InternalError", "message": line.removeprefix("eventnet: "), "exit": 5
    }  # fmt: skip
    monkeypatch.setenv(TRACEBACK, "1")
    assert "Traceback (most recent call last)" in CliRunner().invoke(app, ["prices"]).stderr


# --- wrong arguments: one code for one mistake, JSON, and nothing compiled before ---
NET = "{net} --inputs {in}"
WRONG = [
    # orders of events
    *((f"{words} --order sideways", 2, "no order is called 'sideways'") for words in (
        f"cost {NET} --out {{out}}", f"cancellation {NET} --out {{out}}", f"ablate {NET}", "report --out {out}.html",
        "train --out {out}.npz")),
    *((f"{words} --orders depth,sideways", 2, "no order is called 'sideways'") for words in (
        f"race {NET}", "anytime --out {out}")),
    # granularities
    *((f"{words} --coalesce often", 2, "often") for words in (
        f"cost {NET} --out {{out}}", f"cancellation {NET} --out {{out}}", f"ablate {NET}", "report --out {out}.html",
        f"race {NET}", "orders --out {out}", "train --out {out}.npz")),
    # scenarios, modules, price lists
    *((f"{command} --scenario fusoin", 2, "did you mean 'fusion'") for command in (
        "orders --out {out}", "cost --out {out}", "cancellation --out {out}", "report --out {out}.html", "race")),
    (f"orders {NET} --out {{out}} --output ent", 2, "did you mean 'end'"),
    ("orders --scenario dsn-answering --out {out} --output laier0", 2, "did you mean 'layer0'"),
    (f"cost {NET} --out {{out}} --output ent", 2, "did you mean 'end'"),
    ("cost --scenario pd --out {out} --output ent", 2, "there is no module 'ent'"),
    (f"cost {NET} --out {{out}} --port end.spikes", 2, "ports that have some: a.spikes"),
    (f"cost {NET} --out {{out}} --by enegy", 2, "did you mean 'energy'"),
    (f"cost {NET} --out {{out}} --blame fair", 2, "wanted triggering or proportional"),
    (f"race {NET} --answer nobody", 2, "an answer is one of"),
    ("race --scenario pd --answer nobody", 2, "there is no module 'nobody'"),
    (f"ablate {NET} --answer nobody", 2, "an answer is one of"),
    (f"ablate {NET} --without 7", 2, "there is no input 7; there are 2"),
    (f"ablate {NET} --without 0-99999999999", 2, "there is no input 99999999999"),
    (f"ablate {NET} --without x", 2, "is no number of an input"),
    *((f"{words} --prices lohi", 2, "did you mean 'loihi'") for words in (
        f"orders {NET} --out {{out}}", f"cost {NET} --out {{out}}", "report --out {out}.html")),
    ("prices lohi", 2, "did you mean 'loihi'"),
    # sizes, kinds, rules and other words
    *((f"{command} --sizes 784-x-10", 2, "are no layer sizes") for command in (
        "train --out {out}.npz", "anytime --out {out}", "demo --out {out}")),
    *((f"{command} --sizes 5-4", 2, "digits want 784 inputs") for command in (
        "train --out {out}.npz", "anytime --out {out}", "demo --out {out}")),
    ("anytime --kind analogue --out {out}", 2, "--kind is 'analogue'"),
    ("train --rule guess --out {out}.npz", 2, "rule is 'guess'"),
    ("train --split mine --out {out}.npz", 2, "--split is 'mine'"),
    ("train --out {out}.txt", 2, "wanted a file that ends in .npz"),
    ("anytime {digits} {other} --out {out}", 2, "wanted one shape"),
    ("run nothing --out {out}", 2, "unknown scenario 'nothing'"),
    ("reproduce nothing --out {out}", 2, "unknown reproduction 'nothing'"),
    *((f"reproduce {name} --out {{out}}", 2, "--data FOLDER") for name in (
        "newsgroups", "nmnist", "frame-rate", "sigma-delta-video")),
    ("convert {cam} {out}.bmp --unit us", 2, "no format to write has the suffix '.bmp'"),
    ("report {digits} --digit 1000 --out {out}.html", 2, "there is no test digit 1000"),
    ("report {net} --out {out}.html", 2, "say what it is fed"),
    ("diff {log}", 2, "Missing argument"),
    ("dance", 2, "No such command"),
    *((f"{command} --nonsense", 2, "No such option") for command in COMMANDS),
    # files that are missing
    *((words, 3, "no file") for words in (
        "info nosuch.npz", "diff nosuch.npy nosuch.npy", "race nosuch.npz", "ablate nosuch.npz --inputs {in}",
        "orders nosuch.npz --inputs {in} --out {out}", "cost nosuch.npz --inputs {in} --out {out}",
        "cancellation nosuch.npz --inputs {in} --out {out}", "report nosuch.npz --out {out}.html",
        "anytime nosuch.npz --out {out}", "train --resume nosuch.npz", "diff {log} {log} --network nosuch.npz")),
    *((words, 3, "there is no file") for words in (
        "convert nosuch.aedat {out}.csv", "run nosuch.toml --out {out}", "prices nosuch.toml",
        "run stdp-dvs --recording nosuch.npz --out {out}", "run dvs-gyro --recording nosuch.npz --out {out}")),
    *((words, 3, "nosuch") for words in (
        "race {net} --inputs nosuch.csv", "ablate {net} --inputs nosuch.npy", "cost {net} --inputs nosuch.csv --out {out}",
        "anytime --data nosuch --out {out}", "train --data nosuch --out {out}.npz", "reproduce mnist --data nosuch --out {out}",
        "run stdp-digits --full --data nosuch --out {out}")),
    # files that hold something else
    *((words, 3, "damaged") for words in (
        "info {bad}", "race {bad}", "ablate {bad} --inputs {in}", "anytime {bad} --out {out}", "train --resume {bad}",
        "report {bad} --out {out}.html", "orders {bad} --inputs {in} --out {out}")),
    ("info {plain}", 3, "holds the arrays t, x; wanted"),
    ("info {folder}", 3, "is a folder"),
    ("anytime {odd} --out {out}", 3, "digits want 784"),
    ("report {odd} --out {out}.html", 3, "digits need 784"),
    *((words, 3, "far.csv, line 2") for words in (
        "race {net} --inputs {far}", "ablate {net} --inputs {far}", "orders {net} --inputs {far} --out {out}",
        "cost {net} --inputs {far} --out {out}", "cancellation {net} --inputs {far} --out {out}",
        "report {net} --inputs {far} --out {out}.html")),
    # places to write to
    *((words, 3, "there is no folder") for words in (
        "orders --trace no/where.json --out {out}", "report --out no/where.html", "train --out no/where.npz",
        f"ablate {NET} --csv no/where.csv", "convert {cam} no/where.csv --unit us", "demo --report no/where.html --out {out}")),
    *((words, 3, "cannot be made") for words in (
        "orders --out {bad}", "demo --out {bad}", "reproduce lif-trace --out {bad}", "anytime --out {bad}")),
]  # fmt: skip


def told(words: str, files: Path, out: Path) -> list[str]:
    names = {path.name.split(".")[0]: path for path in files.iterdir()}
    return words.format(out=out / "out", folder=files, **names).split()


def without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by Numba's own switch, which in this process would last: what is decorated under it stays plain Python."""

    def refuse(*args: object, **options: object) -> None:
        raise errors.EngineError("there is no compiler")

    monkeypatch.setattr(CompiledEngine, "__init__", refuse)


@pytest.mark.slow
def test_a_process_without_a_compiler_names_the_file_that_is_missing(tmp_path: Path) -> None:
    code, _, err = end(["anytime", "nosuch.npz", "--out", str(tmp_path)], env={"NUMBA_DISABLE_JIT": "1"})
    assert (code, err) == (Exit.FILE, "eventnet: there is no file nosuch.npz\n")


@pytest.mark.parametrize(("words", "code", "message"), WRONG)
def test_a_wrong_argument_is_found_before_anything_is_compiled(
    words: str, code: int, message: str, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that is asked to work says that it has no compiler, and that is not what is said."""
    without_compiler(monkeypatch)
    monkeypatch.chdir(tmp_path)
    args = told(words, files, tmp_path)
    plain = CliRunner().invoke(app, args)
    assert message in plain.stderr
    assert (plain.exit_code, plain.stderr.count("\n"), plain.stdout) == (code, 1, "")
    assert plain.stderr.startswith("eventnet: ")
    found = CliRunner().invoke(app, [*args, "--json"])
    error = json.loads(found.stdout)["error"]
    assert set(error) == {"kind", "message", "exit"}
    assert (error["exit"], found.exit_code) == (code, code)
    assert message in error["message"]
    assert f"eventnet: {' '.join(error['message'].splitlines())}\n" == found.stderr


def test_without_a_compiler_right_arguments_end_at_the_engine(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_compiler(monkeypatch)
    for words in (
        f"race {NET}",
        f"ablate {NET}",
        "anytime {digits} --out {out}",
        "train --out {out}.npz",
        "demo --out {out}",
    ):
        found = CliRunner().invoke(app, told(words, files, tmp_path))
        assert (found.exit_code, "there is no compiler" in found.stderr) == (Exit.FAILED, True), words


# --- JSON ---
def test_every_command_has_json() -> None:
    for command in COMMANDS:
        assert "--json" in CliRunner().invoke(app, [command, "--help"]).stdout


def test_json_is_asked_for_by_a_word_before_two_dashes() -> None:
    assert asks_for_json(["prices", "--json"])
    assert not asks_for_json(["prices", "--", "--json"])
    assert not asks_for_json([])


def test_parameters_come_as_json_where_that_is_asked_for() -> None:
    found = CliRunner().invoke(app, ["run", "gaze", "--print-config", "--json"])
    plain = CliRunner().invoke(app, ["run", "gaze", "--print-config"])
    assert json.loads(found.stdout) == {"parameters": plain.stdout}


def test_no_command_is_help_and_the_code_of_wrong_usage() -> None:
    found = CliRunner().invoke(app, [])
    assert found.exit_code == Exit.USAGE
    assert "Begin here:" in found.stdout
