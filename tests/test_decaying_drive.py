"""A Poisson drive of layers that decay: the draws of `PoissonDrive`, added to what acts, its bytes and counts."""

from typing import Any

import numpy as np
import pytest
from test_poisson_drive import DENSE, SPARSE

import eventnet as en


def driven(kind: Any, rate: float, weight: float = 1.0, units: int = 50, **options: Any) -> tuple[en.Network, Any, Any]:
    """A layer that never fires and never decays, so that what acts on it is what came."""
    net = en.Network(dtype="float64")
    if kind is en.LeakyDelta:
        layer = net.add(kind(units, tau=1e12, threshold=1e9, name="layer"))
    else:
        more = {"reversal_e": 5.0, "reversal_i": -1.0} if kind is en.LeakyConductance else {}
        layer = net.add(kind(units, tau_m=20.0, tau_e=1e12, tau_i=1e12, threshold=1e9, **more, name="layer"))
    drive = net.add(en.PoissonDrive(layer, rate=rate, weight=weight, seed=3, name="drive", **options))
    return net, layer, drive


def started(net: en.Network, drive: Any, at: int = 0, **options: Any) -> en.Simulation:
    sim = en.Simulation(net, **({"engine": "reference"} | options))
    sim.inject([(at, drive.ticks, 0, 1)])
    return sim


@pytest.mark.parametrize("rate", [DENSE, SPARSE])
@pytest.mark.parametrize("weight", [0.5, -0.5])
def test_it_draws_what_a_drive_of_delta_synapses_draws(rate: float, weight: float) -> None:
    net, layer, drive = driven(en.LeakyDelta, rate, weight)
    wanted = np.rint(started(net, drive).run(until=40)[layer].phi / weight)
    for kind in (en.LeakyExponential, en.LeakyConductance):
        net, layer, drive = driven(kind, rate, weight)
        assert type(drive) is en.DecayingPoissonDrive
        sim = started(net, drive).run(until=40)
        acts = (sim[layer].synaptic + sim[layer].came).reshape(2, 50)
        part = acts[int(weight < 0)]
        assert np.rint(part / (abs(weight) if kind is en.LeakyConductance else weight)).tolist() == wanted.tolist()
        assert not acts[int(weight > 0)].any()
        row = sim.tally.by_module()["drive"]
        assert row["synaptic_adds"] == wanted.sum()
        assert (row["deliveries"], row["reads"], row["compares"]) == (40, 40, 0)
        assert row["multiplies"] == (40 * 50 if rate == DENSE else 0)


@pytest.mark.parametrize("rate", [DENSE, SPARSE])
def test_a_run_that_stops_and_goes_on_has_the_same_bytes(rate: float, tmp_path: Any) -> None:
    net, layer, drive = driven(en.LeakyExponential, rate, until=60)
    whole = started(net, drive).run(until=80)
    part = started(net, drive)
    for until in (1, 17, 30):
        part.run(until=until)
    part.save(tmp_path / "half.npz")
    later = en.Simulation(net, engine="reference").resume(tmp_path / "half.npz").run(until=80)
    assert later[layer].phi.tolist() == whole[layer].phi.tolist()
    assert repr(later.tally.by_port()) == repr(whole.tally.by_port())


def test_it_begins_the_steps_of_its_layer_and_a_file_holds_it(tmp_path: Any) -> None:
    net, layer, drive = driven(en.LeakyExponential, DENSE)
    net.save(tmp_path / "net.npz")
    again = en.Network.load(tmp_path / "net.npz")
    for each in (net, again):
        sim = started(each, each["drive"], 3).run(until=20)
        assert sim.tally.by_module()["layer"]["deliveries"] == 16
        found = sim[each["layer"]].phi.tolist()
    assert found == started(net, drive, 3).run(until=20)[layer].phi.tolist()
