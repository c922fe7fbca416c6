"""The same bytes without the compiler, and on a processor without wide vectors; import is quick and compiles nothing."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

DIGEST = """
import hashlib, sys
sys.path.insert(0, {tests!r})
from cases import make_case, run_case
total = hashlib.sha256()
for seed in range({n}):
    total.update(repr(sorted(run_case(make_case(seed), {engine!r}).items(), key=lambda kv: kv[0])).encode())
print(total.hexdigest())
"""
REFUSAL = """
import eventnet as en
net = en.Network()
relay = net.add(en.Relay(2))
try:
    en.simulate(net, [(0, relay.spikes, 0, 1)], engine="compiled")
except en.EventnetError as error:
    print(error)
print(len(en.simulate(net, [(0, relay.spikes, 0, 1)], engine="reference", record=True).log))
"""


def run(code: str, **environment: str) -> str:
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=900, env={**os.environ, **environment}
    )
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


def digest(engine: str, n: int, **environment: str) -> str:
    return run(DIGEST.format(tests=str(Path(__file__).parent), n=n, engine=engine), **environment)


@pytest.mark.slow
def test_the_reference_engine_gives_the_same_bytes_without_the_compiler() -> None:
    assert digest("reference", 30, NUMBA_DISABLE_JIT="1") == digest("reference", 30)


@pytest.mark.slow
def test_without_the_compiler_the_compiled_engine_refuses_and_says_why() -> None:
    said, records = run(REFUSAL, NUMBA_DISABLE_JIT="1").splitlines()
    assert "NUMBA_DISABLE_JIT" in said
    assert "reference" in said
    assert records == "1"


@pytest.mark.whole
def test_a_generic_processor_gives_the_same_bytes(tmp_path: Path) -> None:
    n = 200
    generic = digest("compiled", n, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="", NUMBA_CACHE_DIR=str(tmp_path))
    assert generic == digest("compiled", n)


OTHERS = "networkx, numba, numpy, platformdirs, simpy"
TIMED = "import time; t = time.process_time(); import {}; print(time.process_time() - t)"


@pytest.mark.slow
def test_import_is_quick() -> None:
    """In processor time, beside that of what it is built on, in turns: a busy machine slows both alike."""
    rounds = [tuple(float(run(TIMED.format(names))) for names in (OTHERS, "eventnet")) for _ in range(4)]
    timed = rounds[1:]  # the first writes bytecode
    ratio = statistics.median(whole / others for others, whole in timed)
    said = ", ".join(f"{others:.2f} and {whole:.2f}" for others, whole in timed)
    assert ratio < 2, (
        f"importing eventnet takes {ratio:.2f} times as long as importing {OTHERS} (median of {len(timed)}); "
        f"wanted less than 2; seconds of processor time, those and eventnet: {said}"
    )


@pytest.mark.slow
def test_import_compiles_nothing() -> None:
    seen = run(
        "import numba.core.event as ev\n"
        "with ev.install_recorder('numba:compile') as seen:\n"
        "    import eventnet, eventnet.models\n"
        "print(len(seen.buffer))"
    )
    assert seen == "0"


RULE = """
import sys, time
sys.path.insert(0, {folder!r})
import numpy as np
import eventnet as en
import numba.core.event as ev
from mine import Mine
net = en.Network()
mine = net.add(Mine(3))
with ev.install_recorder("numba:compile") as seen:
    en.simulate(net, [(0, mine.spikes, 0, 1)])
print(sorted({{str(event.data["dispatcher"].py_func.__name__) for _, event in seen.buffer}}))
"""
MINE = """
HERE = {folder!r}  # no other test has compiled this file
import eventnet as en

@en.rule
def my_rule(i, s, t, out, tally, phi):
    phi[i] += s * {factor}

class Mine(en.Module):
    phi = en.State()
    spikes = en.Port(my_rule, accepts="units")
"""


@pytest.mark.slow
def test_a_new_rule_is_compiled_once_and_never_the_loop(tmp_path: Path) -> None:
    run(REFUSAL)  # the loop is in the cache from here on
    (tmp_path / "mine.py").write_text(MINE.format(factor="1", folder=str(tmp_path)))
    first = run(RULE.format(folder=str(tmp_path)))
    assert "my_rule" in first
    assert "run_loop" not in first
    assert "my_rule" not in run(RULE.format(folder=str(tmp_path)))
    (tmp_path / "mine.py").write_text(MINE.format(factor="2", folder=str(tmp_path)))
    assert "my_rule" in run(RULE.format(folder=str(tmp_path)))
