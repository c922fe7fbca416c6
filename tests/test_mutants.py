"""Bugs planted in the compiled loop are each caught by the random networks; the loop as it is passes them all.

Bugs planted in layers of change are each caught by a test file of theirs.

Each mutant is the text of one or two files with a string replaced, imported in place of the original in a process of its
own. Its compiled code goes to a folder of its own. One of twelve is planted; with `--whole` all, which takes half an hour of
a processor.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from few import part
from kept_code import copied

import eventnet

pytestmark = pytest.mark.slow

PACKAGE = Path(eventnet.__file__).parent
TESTS = Path(__file__).parent
NETWORKS = 400
PLANTED = 12
"""One of so many mutants is planted."""


LOOP, RULE, QUEUE = "engine/loop.py", "kernels/codegen.py", "engine/plan.py"
LANES, OUT = "kernels/simd.py", "kernels/out_compiled.py"
PREDICTIONS, MEMORY = "kernels/prediction_heap.py", "kernels/records.py"

FIRST_INPUT = """                if input_t == st[R.S_NOW]:
                    kind = INPUT
                elif arrival_t == st[R.S_NOW]:
                    kind = ARRIVAL if place >= 0 else LATE if place == -1 else RINGED
"""
ARRIVAL_FIRST = """                if arrival_t == st[R.S_NOW]:
                    kind = ARRIVAL if place >= 0 else LATE if place == -1 else RINGED
                elif input_t == st[R.S_NOW]:
                    kind = INPUT
"""
FRONT_BURST = """                elif waiting:
                    kind = BURST
                elif st[R.S_SETTLED] > 0:
                    kind = SETTLED
"""
SETTLED_FIRST = """                elif st[R.S_SETTLED] > 0:
                    kind = SETTLED
                elif waiting:
                    kind = BURST
"""

# name -> (file, text, what it becomes), all of which are replaced in one mutant
MUTANTS: dict[str, list[tuple[str, str, str]]] = {
    "depth-first runs do not stop at a spike": [(LOOP, "p.stop[port] if REMOVES or order == DEPTH else 0", "0")],
    "inputs wait behind bursts": [(LOOP, "if input_t == st[R.S_NOW]:", "if input_t == st[R.S_NOW] and not waiting:")],
    "a batch is not closed": [
        (LOOP, "order == BREADTH and q.opened[source] == slot:", "order == KEYED and q.opened[source] == slot:")
    ],
    "arrivals go before inputs": [
        (LOOP, FIRST_INPUT, ARRIVAL_FIRST),
        (
            LOOP,
            "kind = INPUT if input_t == t else ARRIVAL if place >= 0 else LATE if place == -1 else RINGED",
            "kind = INPUT if arrival_t > t else ARRIVAL if place >= 0 else LATE if place == -1 else RINGED",
        ),
    ],
    "breadth-first goes spike by spike": [
        (LOOP, "(wires > 1 and order != BREADTH)", "(wires > 1)"),
        (
            LOOP,
            "    elif order == BREADTH:\n        burst[P.CURSOR] += taken",
            "    elif order == KEYED:\n        burst[P.CURSOR] += taken",
        ),
    ],
    "a run gives all its spikes the first root": [
        (RULE, "root, parent = roots[r], first + r", "root, parent = roots[lo], first + r")
    ],
    "the log gives a run its first root": [(LOOP, "row[4] = roots[lo + k]", "row[4] = roots[lo]")],
    "ties go to the highest index": [
        (LANES, "while m > 0 and values[m - 1] < value:", "while m > 0 and values[m - 1] <= value:")
    ],
    "children are not moved down after a pop": [
        (LOOP, "if moved > 0 and single == source:", "if moved < 0 and single == source:")
    ],
    "no room is made for bursts": [
        (LOOP, "len(q.bursts) - st[R.S_COUNT] <= (1 if single >= 0 else most)", "len(q.bursts) - st[R.S_COUNT] < 0"),
    ],
    "no room is made in delay lines": [(LOOP, "if size - q.line_most[0] < need:", "if size < 0:")],
    "settled wires go before the front burst": [(LOOP, FRONT_BURST, SETTLED_FIRST)],
    "a heap forgets the third word of its keys": [
        (QUEUE, "return heap[a, KEY2] < heap[b, KEY2]", "return heap[a, KEY2] > heap[b, KEY2]")
    ],
    "predicted spikes wait behind bursts": [
        (
            LOOP,
            "if GENERAL and predicted_t == st[R.S_NOW]:",
            "if GENERAL and predicted_t == st[R.S_NOW] and not waiting:",
        )
    ],
    "a prediction belongs to the first delivery of its run": [
        (OUT, "job[R.FIRST] + job[R.AT] - job[R.LO]", "job[R.FIRST]")
    ],
    "a cancelled neuron's place is not filled in order": [
        (
            PREDICTIONS,
            "_settle(slots, waiting - 1, place, slots[waiting - 1, HEAP])",
            "_put(slots, place, slots[waiting - 1, HEAP])",
        )
    ],
    "inputs of several times go on over a new prediction": [
        (RULE, " or (times_at != 0 and job[FORESAW] != 0)", ""),
    ],
    "inputs of several times go on past a foreseen spike": [
        (LOOP, "min(st[R.S_UNTIL], predicted_t, arrival_t + 1)", "min(st[R.S_UNTIL], arrival_t + 1)"),
    ],
    "inputs of several times go on past an arrival": [(LOOP, "arrival_t + 1)", "arrival_t + 2)")],
    "inputs of several times count as one instant": [(LOOP, "q.in_t[last], -taken", "q.in_t[last], 0")],
    "a spike lies as deep as its cause": [(RULE, "root += job[DEEPER] if root < AT_DEEPEST else 0", "root += 0")],
    "a foreseen spike lies as deep as its cause": [
        (OUT, "root += job[R.DEEPER] if root < R.AT_DEEPEST else 0", "root += 0")
    ],
    "the last delivery at an end counts as the first": [
        (MEMORY, 'builder.icmp_signed("==", builder.load(cell(END_ID)), word(0))', "ir.Constant(ir.IntType(1), 1)")
    ],
    "children count by the port they go to": [
        (LOOP, "q.came[source + 1] += taken", "q.came[port % len(q.came)] += taken")
    ],
    "a run goes on at its last tick": [(LOOP, "if t >= st[R.S_UNTIL]:", "if t > st[R.S_UNTIL]:")],
}

PATCH, ROUNDING = "kernels/patches.py", "neurons/rounding.py"
LAYERS, FRAMES = "neurons/sigma_delta.py", "neurons/frames.py"
CURRENTS, CROSSING = "neurons/currents.py", "neurons/crossing.py"
FILTERS, DECAYING = "neurons/filters.py", "neurons/decaying.py"
TRACES, DEPENDENCE = "learning/traces.py", "learning/dependence.py"
FIELD, CODE, SYNAPSES = "kernels/patches.py", "neurons/pd_code.py", "learning/synapses.py"

# name -> (file, text, what it becomes, the tests that must notice)
CHANGE_MUTANTS = {
    "a patch foresees only that it rises": (
        FILTERS, "    if number > 0 and below < down:", "    if number > 9 and below < down:", "test_filters.py",
    ),
    "what an event leaves decays twice": (
        FILTERS, "    when[place] = t\n", "    when[place] = t - 1\n", "test_filters.py",
    ),
    "what has been sent is not foreseen to fade": (
        DECAYING, "        up += held\n        rising += fading\n", "        pass\n", "test_decaying.py",
    ),
    "a compiled patch begins at the map's left side": (
        PATCH, "target = address_of(acc) + (y * frame[W_OUT] + x) * c_out * item",
        "target = address_of(acc) + y * frame[W_OUT] * c_out * item", "test_patches.py",
    ),
    "the last words of a run are never subtracted": (PATCH, "_sub1(target", "_add1(target", "test_patches.py"),
    "halves go down": (ROUNDING, "if x - below >= 0.5", "if x - below > 0.5", "test_rounding.py"),
    "a place that was half done is not begun anew": (
        ROUNDING, "            cursor[DONE] = 0\n    else:", "            pass\n    else:", "test_sigma_delta_layers.py",
    ),
    "a rounding layer forgets its sums but not what it has sent": (
        LAYERS, "what was sent become 0, and every unit is looked at.\"\"\"\n    for j in range(len(acc)):\n        acc[j] = 0\n        sent[j] = 0\n",
        "what was sent become 0, and every unit is looked at.\"\"\"\n    for j in range(len(acc)):\n        acc[j] = 0\n", "test_sigma_delta_layers.py",
    ),
    "an unchanged input is encoded again": (FRAMES, "if frames[i, j] != acc[j]:", "if True:", "test_frames.py"),
    "64 words at once are never subtracted": (FIELD, "_sub64(target", "_add64(target", "test_patches_back.py"),
    "errors come back from one row too many": (FIELD, "k >= rows[3 * y]:", "k > rows[3 * y]:", "test_patches_back.py"),
    "a compiled code rounds halves down": (CODE, "p - below >= half", "p - below > half", "test_pd_code.py"),
    "a synapse without a spike forgets what it is owed": (
        SYNAPSES, "owed[j] = x_new * after[j] if spikes[j] != 0 else product", "owed[j] = x_new * after[j]",
        "test_synapses.py",
    ),
    "spikes of one tick are pairs": (TRACES, "if dt == 0 and plan[IN_ORDER] == 0:", "if False:", "test_stdp.py"),
    "a spike of a unit is in its trace at once": (
        TRACES, "clock[FRESH] != 0 and (t > clock[UPDATED] or plan[IN_ORDER] != 0)", "clock[FRESH] != 0", "test_stdp.py",
    ),
    "the last spike of one tick hides the one before": (
        TRACES, "marks[len(marks) // 2 + k] if marks[k] == now else marks[k]", "marks[k]", "test_stdp.py",
    ),
    "a response does not rise, it jumps": (
        "neurons/spike_response.py", "        fast[j] += word\n", "", "test_spike_response.py",
    ),
    "an input after a spike is first for ever": (
        "neurons/spike_response.py", "    seen[i] = clock[UPDATED] = t", "    clock[UPDATED] = t", "test_spike_response.py",
    ),
    "an input of a spike's tick is one after it": (
        "learning/restricted.py", "0 < dt <= life[MINUS]", "0 <= dt <= life[MINUS]", "test_restricted.py",
    ),
    "an input that came before the last spike strengthens": (
        "learning/restricted.py", "if seen[k] > before and dt <= life[PLUS]", "if dt <= life[PLUS]", "test_restricted.py",
    ),
    "weights have no upper bound": (DEPENDENCE, "highest if below > highest else below", "below", "test_stdp.py"),
    "compiled rows overshoot": (
        DEPENDENCE, "row[j] = lowest if moved < lowest and word >= lowest else moved", "row[j] = moved",
        "test_dependence.py",
    ),
    "a refractory time is counted from its tick": (
        CURRENTS, "fired[j] + plan[REFRACTORY] - t) - np.float64(early[j])", "fired[j] + plan[REFRACTORY] - t)",
        "test_currents.py",
    ),
    "a crossing taken back still comes": (CURRENTS, "            out.cancel(j)\n", "            pass\n", "test_currents.py"),
    "a crossing comes a tick early": (CURRENTS, "ticks = math.ceil(wait)", "ticks = math.floor(wait)", "test_currents.py"),
    "a bound takes crossings away": (CROSSING, "(1 + 1e-12) * peak_of_phi", "0.999 * peak_of_phi", "test_crossing.py"),
    "a current that rises first is forgotten": (CROSSING, "        if peak > 0.0:", "        if peak < 0.0:", "test_crossing.py"),
}  # fmt: skip

INSTEAD = """
import importlib.util, sys
from pathlib import Path

mutants = Path(sys.argv[1])
class Instead:
    @staticmethod
    def find_spec(name, path=None, target=None):
        file = mutants / (name.replace(".", "/") + ".py")
        return importlib.util.spec_from_file_location(name, file) if file.exists() else None

sys.meta_path.insert(0, Instead)
"""

TEST_FILES = """
import pytest

for name in sys.argv[3:]:
    assert Path(importlib.import_module(name).__file__).is_relative_to(mutants), name
sys.exit(pytest.main(["-x", "-q", "-n", "0", "--slow", "-p", "no:cacheprovider", *sys.argv[2].split(",")]))
"""

SCRIPT = """
from cases import make_case, make_sparse_case, run_case
from eventnet.engine import compiled

for name in sys.argv[3:]:
    assert Path(sys.modules[name].__file__).is_relative_to(mutants), name
compiled.CompiledEngine.burst_room = 2
for n in range(int(sys.argv[2])):
    seed = n // 2
    case = make_sparse_case(seed) if n % 2 else make_case(seed)
    wanted = run_case(case, "reference")
    if wanted["error"] is not None and wanted["error"].startswith("RuleError"):
        continue
    print("network", seed, flush=True)
    for way in ("at once", "by instants"):
        found = run_case(case, "compiled", way)
        if any(found[part] != wanted[part] for part in ("error", "log", "by_port", "by_root", "causes", "state", "weights")):
            print("differs", flush=True)
            sys.exit(0)
print("agrees", flush=True)
"""


def write_mutant(folder: Path, changes: list[tuple[str, str, str]], along: tuple[str, ...] = (LOOP,)) -> list[str]:
    """Write the changed files; the names of the modules they stand in for. A changed helper takes the loop along."""
    texts = {file: (PACKAGE / file).read_text() for file in {*along, *(file for file, _, _ in changes)}}
    for file, old, new in changes:
        assert texts[file].count(old) == 1, f"{file} holds {old!r} {texts[file].count(old)} times"
        texts[file] = texts[file].replace(old, new)
    for file, text in texts.items():
        path = folder / "eventnet" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return ["eventnet." + file.removesuffix(".py").replace("/", ".") for file in texts]


def run_script(script: str, folder: Path, cache: Path, what: str, names: list[str], seconds: int = 150) -> Any:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    environment.pop("PYTEST_ADDOPTS", None)  # workers of another process would import the original
    environment["PYTHONPATH"] = os.pathsep.join([str(TESTS), str(PACKAGE.parent)])
    command = [sys.executable, "-c", INSTEAD + script, str(folder), what, *names]
    try:
        return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired as late:
        return late


def run_networks(folder: Path, cache: Path, names: list[str], networks: int, seconds: int = 150) -> Any:
    return run_script(SCRIPT, folder, cache, str(networks), names, seconds)


def run_tests(folder: Path, cache: Path, names: list[str], files: list[str]) -> Any:
    return run_script(TEST_FILES, folder, cache, ",".join(str(TESTS / file) for file in files), names, seconds=300)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled rules, which the mutants of all workers share: what is made of a changed file has a name of its own."""
    base = tmp_path_factory.getbasetemp()
    return copied((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "compiled-for-mutants")


def test_every_mutant_is_of_a_text_that_is_there(tmp_path: Path) -> None:
    others = (change[:3] for change in [*CARRYING_MUTANTS.values(), *CHANGE_MUTANTS.values()])
    for changes in [*MUTANTS.values(), *([one] for one in others)]:
        write_mutant(tmp_path, changes, along=())


def test_the_loop_as_it_is_passes(tmp_path: Path, cache: Path) -> None:
    done = run_networks(tmp_path, cache, write_mutant(tmp_path, []), NETWORKS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("agrees\n")


@pytest.mark.parametrize("name", part(MUTANTS, PLANTED))
def test_a_planted_bug_is_caught(name: str, tmp_path: Path, cache: Path) -> None:
    """Caught: another result, a crash of the process, or a run without end; a mutant that does not compile is none."""
    done = run_networks(tmp_path, cache, write_mutant(tmp_path, MUTANTS[name]), NETWORKS, seconds=75)
    if isinstance(done, subprocess.TimeoutExpired):
        assert b"network" in (done.stdout or b"")
        return
    assert done.returncode <= 0, done.stderr  # below 0: killed by a signal
    assert done.returncode < 0 or done.stdout.endswith("differs\n"), f"{NETWORKS} networks did not notice"


LOOKS, LOOKED, CARRIED = "engine/looks_heap.py", "test_looks.py", "test_amounts.py"
TOO_LARGE = (
    f"{CARRIED}::test_an_amount_that_cannot_leave_is_an_error_of_the_rule"  # those before it compile all families
)
CARRYING_MUTANTS = {
    "a look that waits is sent again": (LOOP, "        q.places[look] = 1\n        return 0", "        return 0", LOOKED),
    "a unit that was looked at waits on": (LOOP, "                q.places[look] = 0\n", "                pass\n", LOOKED),
    "looks are taken in runs": (LOOP, " or (PENDS and p.looks[source] >= 0):", ":", LOOKED),
    "a row that sinks does not say where it is": (
        LOOKS, "        row = child\n    note(heap, row, looks, places, bits)", "        row = child", LOOKED,
    ),
    "the magnitude of a look is that of its first sending": (
        LOOP, "asked[P.KEY0], asked[P.KEY1] = q.key_words[KEY_PHASE], q.key_words[KEY_PLACE]", "pass", LOOKED,
    ),
    "an amount is one too small": (RULE, "s *= (code & ((1 << job[BITS]) - 1)) + 1", "s *= code & 1", CARRIED),
    "fired units are not shifted": (OUT, "codes[k] = int32(code << bits) if code >= 0", "codes[k] = code if code >= 0", CARRIED),
    "an amount too large leaves": (OUT, "if 1 <= sign <= most or -most <= sign <= -1:", "if sign != 0:", TOO_LARGE),
}  # fmt: skip
"""Bugs in what carries amounts and in what waits once."""


@pytest.mark.parametrize("name", part(CARRYING_MUTANTS, PLANTED))
def test_a_bug_planted_in_amounts_or_looks_is_caught(name: str, tmp_path: Path, cache: Path) -> None:
    file, old, new, tests = CARRYING_MUTANTS[name]
    done = run_tests(tmp_path, cache, write_mutant(tmp_path, [(file, old, new)]), [tests])
    assert isinstance(done, subprocess.TimeoutExpired) or done.returncode == 1 or done.returncode < 0, done.stdout


@pytest.mark.parametrize("file", ["test_crossing.py", "test_rounding.py"])
def test_layers_of_change_as_they_are_pass(file: str, tmp_path: Path, cache: Path) -> None:
    """Two of the files, in a process as that of a mutant; all of them run by themselves in the same suite."""
    done = run_tests(tmp_path, cache, [], [file])
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", part(CHANGE_MUTANTS, PLANTED))
def test_a_bug_planted_in_layers_of_change_is_caught(name: str, tmp_path: Path, cache: Path) -> None:
    file, old, new, tests = CHANGE_MUTANTS[name]
    done = run_tests(tmp_path, cache, write_mutant(tmp_path, [(file, old, new)], along=()), [tests])
    assert done.returncode == 1, done.stdout + done.stderr  # tests ran, and one failed
