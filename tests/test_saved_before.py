"""What users saved with earlier versions still loads, and does what it did: to the last byte, or as CHANGELOG says.

tests/scripts/write_fixtures.py wrote the files and their facts under the earlier version.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import fixture_modules  # noqa: F401 - classes that files name are known once they have been imported
import numpy as np
import pytest

import eventnet as en
from eventnet.analysis.difference import first_difference
from eventnet.base.saved_names import STATE, name_of
from eventnet.engine import checkpoint
from eventnet.engine.log_file import read_log
from eventnet.errors import DataError
from eventnet.io import read_inputs
from eventnet.kernels.random import uniform
from eventnet.models import ConventionalNetwork, DeepSpikingNetwork, PDNetwork, StdpNetwork
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.simulation import ENGINES

Arrays = dict[str, Any]

BEFORE = Path(__file__).parent / "fixtures" / "eee0048"
FACTS: dict[str, Any] = json.loads((BEFORE / "facts.json").read_text("utf-8"))
NETWORKS, CHECKPOINTS, LOGS, MODELS = (
    sorted(p.name.split(".")[0] for p in (BEFORE / folder).glob(kind) if ".facts." not in p.name)
    for folder, kind in (("networks", "*.npz"), ("checkpoints", "*.npz"), ("logs", "*.npy"), ("models", "*.npz"))
)


def contents(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Text and arrays of a file, read without the package."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return json.loads(arrays.pop("json").tobytes()), arrays


def facts_of(name: str) -> tuple[dict[str, Any], Arrays]:
    """The facts of a network: how it was run, its inputs, its log, and all that it held at the end.

    What did not change in the run is kept as a digest, and the network that is loaded has it.
    """
    text, arrays = contents(BEFORE / "networks" / f"{name}.facts.npz")
    first = held(en.Simulation(network(name), engine="reference"))
    for key, wanted in named_now(text["still"]).items():
        assert digest(first[key]) == wanted, key
        arrays[key] = first[key]
    values = arrays.pop("values").tobytes()
    for key, dtype, shape in text["index"]:
        array = np.frombuffer(values, dtype, int(np.prod(shape))).reshape(shape)
        arrays[key], values = array.copy(), values[array.nbytes :]
    assert not values
    return text, named_now(arrays)


def named_now(held: dict[str, Any]) -> dict[str, Any]:
    """What was held, by the names that state has now."""
    found = (key.split(":") for key in held)
    return {":".join([*key[:-1], STATE.get(key[-1], key[-1])]): held[":".join(key)] for key in found}


def named_before(held: dict[str, Any]) -> dict[str, Any]:
    """What is held, by the names that state had in that version."""
    before = {now: old for old, now in STATE.items()}
    found = (key.split(":") for key in held)
    return {":".join([*key[:-1], before.get(key[-1], key[-1])]): held[":".join(key)] for key in found}


def digest(array: Any) -> str:
    return sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def digests(arrays: Arrays) -> dict[str, str]:
    names = sorted(set(arrays) - {"log"})
    rest = sha256("".join(f"{name} {digest(arrays[name])}\n" for name in names).encode()).hexdigest()
    return {"held": rest, "log": digest(arrays["log"])}


def loaded(name: str) -> en.Network:
    return en.Network.load(BEFORE / "networks" / f"{name}.npz")


def network(name: str) -> en.Network:
    """The network of a file, with the first state it had then: see `random_firsts`."""
    net = loaded(name)
    for module, phi in random_firsts(net):
        module.state["phi"][...] = phi
    return net


def run_of(net: en.Network, text: dict[str, Any], inputs: Any, engine: str, **options: Any) -> en.Simulation:
    sim = en.Simulation(net, engine=engine, record=True, **text["options"] | options)
    sim.inject(inputs)
    return sim.run(text["until"])


def held(sim: en.Simulation) -> Arrays:
    """State of every module and values of every block, as they are now."""
    found = {f"state:{m.name}:{name}": array for m in sim.net.modules for name, array in sim.state(m).items()}
    return found | {f"block:{b.name}": sim.weights(b) for b in sim.net.blocks}


def before_notices(counts: Any) -> Any:
    """Counts [n, columns] in the columns of that version: notices were counted as spikes."""
    columns = list(en.COLUMNS)
    assert [name for name in columns if name != "notices"] == FACTS["columns"]
    made = np.array(counts, dtype=np.int64).reshape(-1, len(columns))
    made[:, columns.index("spikes")] += made[:, columns.index("notices")]
    return np.delete(made, columns.index("notices"), axis=1)


def counted(sim: en.Simulation) -> Arrays:
    """Counts by port and, where they were asked for, by root, in the columns of that version."""
    found: Arrays = {"counts": rows_of(sim.tally)}
    if sim.roots:
        causes = sim.causes
        found |= {f"causes:{name}": getattr(causes, name) for name in ("ids", "depths", "ticks", "after", "came")}
        found |= {"causes:counts": before_notices(causes.counts)}
        found |= {f"beyond:{port}": before_notices(counts)[0] for port, counts in causes.beyond.items()}
    return found


def rows_of(tally: en.Tally) -> Any:
    return before_notices([list(row.values()) for row in tally.by_port().values()])


def assert_same(found: Arrays, wanted: Arrays) -> None:
    assert sorted(found) == sorted(wanted)
    for name, array in found.items():
        assert (array.dtype, array.shape) == (wanted[name].dtype, wanted[name].shape), name
        assert array.tobytes() == wanted[name].tobytes(), name


# --- what has changed since, as CHANGELOG says -----------------------------------------------------------------------
def random_firsts(net: en.Network) -> list[tuple[en.Module, Any]]:
    """Modules of real numbers whose potentials begin at random, and where: the step was not the network's number yet."""
    made = []
    for module in net.modules:
        if isinstance(module, en.Herding) and module.reset_policy == "random" and net.dtype != "int32":
            drawn = [(uniform(module.seed, k) - 0.5) * module.scale for k in range(module.units)]
            made.append((module, np.array(drawn, dtype=net.dtype)))
    return made


def summing(net: en.Network) -> list[tuple[Any, int, int]]:
    """Modules that only since then keep what they fire, and count an add a spike; numbers of outlet and reset port."""
    outlets = [str(outlet) for outlet in net.outlets()]
    return [(m, outlets.index(f"{m.name}.out"), int(m.reset)) for m in net.modules if type(m) is en.Summing]


def with_what_summing_keeps(net: en.Network, facts: Arrays) -> Arrays:
    """Facts as they are since: what each unit has fired since its last reset, and one add a spike.

    Each such module of the files has one wire, so that the log has a line a spike, below the delivery that made it.
    """
    made = {name: array.copy() for name, array in facts.items()}
    log, adds = facts["log"], FACTS["columns"].index("neuron_adds")
    for module, outlet, reset in summing(net):
        sent = log[log["source"] == outlet]
        begun = max(log["id"][log["port"] == reset], default=-1)
        fired = made[f"state:{module.name}:fired"]
        assert len(sent)
        assert not fired.any()
        for line in sent:
            if line["parent"] > begun:
                fired[line["index"]] += line["sign"] * fired.dtype.type(module.scale)
            made["counts"][log["port"][line["parent"]], adds] += 1
            made["causes:counts"][made["causes:ids"] == line["root"], adds] += 1
    return made


def without_what_summing_keeps(sim: en.Simulation, found: Arrays) -> Arrays:
    """What a run of today holds and has counted, as it was: nothing in `fired`, and an add a spike less."""
    made, adds = dict(found), FACTS["columns"].index("neuron_adds")
    rows = sim.tally.by_port()
    for module, _, _ in summing(sim.net):
        made[f"state:{module.name}:fired"] = np.zeros_like(found[f"state:{module.name}:fired"])
        if "counts" in made:
            made["counts"] = made["counts"].copy()
            for k, port in enumerate(rows):
                if port.startswith(f"{module.name}."):
                    made["counts"][k, adds] -= rows[port]["spikes"]
    return made


# --- networks --------------------------------------------------------------------------------------------------------
def test_every_class_that_could_be_saved_is_in_a_file() -> None:
    files = [contents(BEFORE / "networks" / f"{name}.npz")[0] for name in NETWORKS]
    saved = {entry["kind"] for text in files for entry in text["modules"]}
    assert set(FACTS["kinds"]) - saved == set(FACTS["unsaveable"])
    assert {"fixture_modules:Dripping", "fixture_modules:Remembering"} <= saved
    assert {text["format"] for text in files} == {"eventnet-network-1"}
    assert {text["dtype"] for text in files} == {"float32", "float64", "int32"}


COMPILED_ANYWAY = {name.rsplit("-", 2 if name in CHECKPOINTS else 1)[0] for name in [*CHECKPOINTS, *LOGS]}
"""Other networks take the compiler some 7 seconds each where nothing is kept yet."""


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        pytest.param(name, engine, marks=[pytest.mark.slow] if engine == "compiled" and slow else [])
        for name, slow in ((name, name not in COMPILED_ANYWAY) for name in NETWORKS)
        for engine in ENGINES
    ],
)
def test_a_network_runs_as_it_did(name: str, engine: str) -> None:
    text, facts = facts_of(name)
    sim = run_of(network(name), text, facts["inputs"], engine, roots=True)
    assert list(sim.tally.ports) == text["ports"]
    found = {"inputs": facts["inputs"], "log": sim.log, **held(sim), **counted(sim)}
    assert_same(found, with_what_summing_keeps(sim.net, facts))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_runs_as_it_did_in_every_order(name: str) -> None:
    text, facts = facts_of(name)
    assert list(text["orders"]) == list(en.ORDERS)
    for order, wanted in text["orders"].items():
        sim = run_of(network(name), text, facts["inputs"], "reference", order=order)
        kept = without_what_summing_keeps(sim, held(sim))
        assert digests({"log": sim.log, **named_before(kept)}) == wanted, order


def test_what_has_changed_since_is_in_the_files() -> None:
    """The two changes that a run shows, so that the tests above are not without them."""
    assert sum(len(summing(loaded(name))) for name in NETWORKS) == 2
    firsts = {name: random_firsts(loaded(name)) for name in NETWORKS}
    moved = {n for n, found in firsts.items() if any(m.state["phi"].tobytes() != phi.tobytes() for m, phi in found)}
    assert moved == {"uneven-step"}
    assert sum(map(len, firsts.values())) > len(firsts["uneven-step"])


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_saved_again_is_the_same(name: str, tmp_path: Path) -> None:
    text, facts = facts_of(name)
    loaded(name).save(tmp_path / "again.npz")
    again, _ = contents(tmp_path / "again.npz")
    assert again["format"] != "eventnet-network-1"
    assert not any("changed" in entry for entry in again["modules"])
    runs = [
        run_of(net, text, facts["inputs"], "reference")
        for net in (loaded(name), en.Network.load(tmp_path / "again.npz"))
    ]
    assert_same(*({"log": sim.log, **held(sim)} for sim in runs))


# --- checkpoints -----------------------------------------------------------------------------------------------------
def begun(about: dict[str, Any]) -> en.Simulation:
    return en.Simulation(network(about["network"]), about["order"], engine=about["engine"], **about["options"])


def about_checkpoint(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((BEFORE / "checkpoints" / f"{name}.facts.json").read_text("utf-8"))
    return found


WITHOUT_NOTICES = {
    "currents-compiled-random", "currents-reference-magnitude", "own-modules-compiled-breadth",
    "own-modules-reference-random",
}  # fmt: skip
"""Checkpoints of networks in which nothing sends notices: all that was counted as spikes were spikes of neurons."""


@pytest.mark.parametrize("name", sorted(WITHOUT_NOTICES))
def test_a_run_goes_on_from_a_checkpoint_of_a_network_without_notices(name: str) -> None:
    about = about_checkpoint(name)
    sim = begun(about).resume(BEFORE / "checkpoints" / f"{name}.npz").run(about["until"])
    found = held(sim) | counted(sim)
    found |= {"log": sim.log} if about["options"]["record"] is not False else {}
    assert {key: digest(array) for key, array in found.items()} == named_now(about["digests"])
    assert sim.tally.notices == 0
    assert sim.tally.spikes > 0


@pytest.mark.parametrize("name", sorted(set(CHECKPOINTS) - WITHOUT_NOTICES))
def test_a_checkpoint_whose_counts_cannot_be_split_says_so(name: str) -> None:
    path, sim = BEFORE / "checkpoints" / f"{name}.npz", begun(about_checkpoint(name))
    wanted = f"{path} has format 'eventnet checkpoint 2', in which spikes of neurons and notices ("
    with pytest.raises(DataError, match=rf"{re.escape(wanted)}\w+\.\w+ sends some\) are counted as one and cannot be"):
        sim.resume(path)
    assert sim.idle
    assert sim.deliveries == 0


def comparable(sim: en.Simulation, arrays: Arrays) -> Arrays:
    """What a checkpoint holds, but for counts, what summing units keep, and the compiled engine's room to work in."""
    without = ["store:tally", "engine:" if sim.engine_name == "compiled" else "engine:roots"]
    without += [f"store:state:{module.name}:fired" for module, _, _ in summing(sim.net)]
    return {key: array for key, array in arrays.items() if not key.startswith(tuple(without))}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_run_is_halfway_where_the_checkpoint_was_and_ends_where_it_ended(name: str, tmp_path: Path) -> None:
    about = about_checkpoint(name)
    text, arrays = contents(BEFORE / "checkpoints" / f"{name}.npz")
    sim = begun(about)
    sim.inject(facts_of(about["network"])[1]["inputs"])
    sim.run(about["until"], max_deliveries=about["deliveries"])
    kept = checkpoint.take(sim)
    text["of"]["modules"] = [[name, name_of(kind), units] for name, kind, units in text["of"]["modules"]]
    assert kept.text | {"format": text["format"]} == text
    arrays = checkpoint.by_names_of_now(sim.net, arrays)
    assert_same(comparable(sim, kept.arrays), comparable(sim, arrays))
    counts = without_what_summing_keeps(sim, held(sim) | counted(sim))["counts"]
    assert counts.tobytes() == arrays["store:tally"].tobytes()
    sim.save(tmp_path / "now.npz")
    sim = begun(about).resume(tmp_path / "now.npz").run(about["until"])
    found = without_what_summing_keeps(sim, held(sim) | counted(sim))
    found |= {"log": sim.log} if about["options"]["record"] is not False else {}
    assert {key: digest(array) for key, array in found.items()} == named_now(about["digests"])


# --- logs and inputs -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", LOGS)
def test_a_log_on_disk_is_read_and_written_as_it_was(name: str, tmp_path: Path) -> None:
    of, engine = name.rsplit("-", 1)
    text, facts = facts_of(of)
    old = read_log(BEFORE / "logs" / f"{name}.npy")
    assert old.tobytes() == facts["log"].tobytes()
    sim = en.Simulation(network(of), engine=engine, record=tmp_path / "now.npy", **text["options"])
    sim.inject(facts["inputs"])
    sim.run(text["until"])
    assert first_difference(old, read_log(tmp_path / "now.npy")) is None
    assert (tmp_path / "now.npy").read_bytes() == (BEFORE / "logs" / f"{name}.npy").read_bytes()


@pytest.mark.parametrize("kind", ["npy", "csv"])
def test_inputs_on_disk_are_read_as_they_were(kind: str) -> None:
    found = read_inputs(BEFORE / "inputs" / f"leaky.{kind}", network("leaky"))
    assert found.tobytes() == facts_of("leaky")[1]["inputs"].tobytes()


# --- models ----------------------------------------------------------------------------------------------------------
def model(name: str) -> tuple[Any, Arrays]:
    """The model of a file, and what it did."""
    text, facts = contents(BEFORE / "models" / f"{name}.facts.npz")
    return CLASSES[text["class"]].load(BEFORE / "models" / f"{name}.npz"), facts


CLASSES: dict[str, Any] = {
    made.__name__: made for made in (ConventionalNetwork, DeepSpikingNetwork, FusionWeights, PDNetwork, StdpNetwork)
}


def flat(arrays: Any) -> Any:
    return np.concatenate([array.ravel() for array in arrays])


def of_kind(kind: str) -> list[str]:
    return [name for name in MODELS if name.startswith(kind)]


def test_every_model_that_could_be_saved_is_in_a_file() -> None:
    classes = {contents(BEFORE / "models" / f"{name}.facts.npz")[0]["class"] for name in MODELS}
    assert classes == set(CLASSES) == set(FACTS["models"])


def loaded_and_saved_again(name: str, tmp_path: Path) -> list[tuple[Any, Arrays]]:
    old, facts = model(name)
    old.save(tmp_path / "again.npz")
    return [(old, facts), (type(old).load(tmp_path / "again.npz"), facts)]


@pytest.mark.parametrize("name", of_kind("dsn"))
def test_a_deep_spiking_network_answers_and_learns_as_it_did(name: str, tmp_path: Path) -> None:
    for net, facts in loaded_and_saved_again(name, tmp_path):
        assert net.tally is None
        assert net.learning_tally is None
        found = {
            "before": flat(net.weights),
            "answers": net.decision_function(facts["x"]),
            "counts": rows_of(net.tally),
        }
        found |= {"classes": net.predict(facts["x"])}
        net.partial_fit(facts["x"], facts["labels"])
        found |= {"after": flat(net.weights), "learned": rows_of(net.tally)}
        assert_same(found | {"x": facts["x"], "labels": facts["labels"]}, facts)


@pytest.mark.parametrize("name", of_kind("stdp"))
def test_an_stdp_network_answers_and_learns_as_it_did(name: str, tmp_path: Path) -> None:
    for net, facts in loaded_and_saved_again(name, tmp_path):
        found = {"before": net.weights, "thresholds": net.thresholds, "responses": net.responses}
        found |= {"spikes": net.transform(facts["x"]), "counts": rows_of(net.tally)}
        found |= {readout: net.predict(facts["x"], readout=readout) for readout in ("assignment", "proportion")}
        net.partial_fit(facts["x"])
        found |= {"after": net.weights, "thresholds after": net.thresholds, "learned": rows_of(net.tally)}
        assert_same(found | {"x": facts["x"], "labels": facts["labels"]}, facts)


@pytest.mark.parametrize("name", of_kind("pd"))
def test_a_pd_network_answers_and_learns_as_it_did(name: str, tmp_path: Path) -> None:
    for net, facts in loaded_and_saved_again(name, tmp_path):
        found = {"before": flat(a for pair in net._modules.learned() for a in pair), "answers": net.outputs(facts["x"])}
        net.partial_fit(facts["x"], facts["labels"])
        found |= {"after": flat(a for pair in net._modules.learned() for a in pair), "learned": rows_of(net.tally)}
        found |= {"answers after": net.outputs(facts["x"])}
        assert_same(found | {"x": facts["x"], "labels": facts["labels"]}, facts)


@pytest.mark.parametrize("name", of_kind("conventional"))
def test_a_conventional_network_answers_and_learns_as_it_did(name: str, tmp_path: Path) -> None:
    """Matrix products add up in an order that depends on the processor: their last digits are not the file's."""
    for net, facts in loaded_and_saved_again(name, tmp_path):
        assert flat(net.parameters().values()).tobytes() == facts["before"].tobytes()
        assert np.array_equal(net.predict(facts["x"]), facts["classes"])
        close = {"rtol": 1e-12 if net.dtype == np.float64 else 1e-4, "atol": 1e-12 if net.dtype == np.float64 else 1e-6}
        np.testing.assert_allclose(net.predict_proba(facts["x"]), facts["answers"], **close)
        net.partial_fit(facts["x"], facts["labels"])
        np.testing.assert_allclose(flat(net.parameters().values()), facts["after"], **close)
        np.testing.assert_allclose(net.predict_proba(facts["x"]), facts["answers after"], **close)


@pytest.mark.parametrize("name", of_kind("fusion"))
def test_weights_of_sensor_fusion_are_as_they_were(name: str, tmp_path: Path) -> None:
    for weights, facts in loaded_and_saved_again(name, tmp_path):
        found = {key: array for key, array in vars(weights).items() if isinstance(array, np.ndarray)}
        found |= {} if weights.head is None else {"mix": weights.head.mix}
        assert_same(found, facts)
        assert (weights.head is None) == (name == "fusion-no-head")
        assert (weights.width, weights.height, weights.tau_us, weights.regions) == (8, 6, (8e3, 3e4), (1, 1))
        assert (weights.stride, weights.pool, weights.manifest) == (2, (2, 3), {"seed": 1, "training set": "none"})


# --- the files -------------------------------------------------------------------------------------------------------
def test_the_files_are_small_and_hold_no_pickles() -> None:
    files = [path for path in BEFORE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 600_000
    assert {path.suffix for path in files} == {".npz", ".npy", ".csv", ".json"}
    for path in files:
        if path.suffix in (".npz", ".npy"):
            contents(path) if path.suffix == ".npz" else np.load(path, allow_pickle=False)
