"""The watched network is that of the table: the same counts and states; its rates and its raster are those of its log."""

from __future__ import annotations

import pytest
from test_cli_brunel import small
from test_view_recorder import Kept

import eventnet as en
from eventnet.analysis import SpikeTrains
from eventnet.scenarios.brunel import BrunelParameters, brunel_network
from eventnet.scenarios.brunel.watching import live, watch_regime
from eventnet.view import RunLook, RunRecorder


@pytest.mark.parametrize("every", [20_000, 7000])
def test_a_watched_network_is_that_of_the_table(every: int) -> None:
    p, kept = small(), Kept()
    with RunRecorder(kept, every_us=every) as recorder:
        watched = watch_regime(p, recorder)
    built = brunel_network(p, p.network.g, p.network.eta, p.run.seed)
    alone = built.begin(en.Simulation(built.net, record=True))
    alone.run(until=p.ticks(p.run.duration_ms))
    assert watched.tally.to_dict() == alone.tally.to_dict()
    for module in alone.net.modules:
        for name, array in alone.state(module).items():
            assert array.tobytes() == watched.state(module.name)[name].tobytes()

    trains = {name: SpikeTrains.of(alone, layer) for name, layer in built.layers.items()}
    for name, one in trains.items():
        counts = [
            round(look.answers[f"{name} rate, Hz"] * one.units * 1e-6 * _length(look, p))
            for look in kept.looks
        ]  # fmt: skip
        assert sum(counts) == len(one.t) > 0
    shown = sum(int((look.pictures["raster"] == 0).sum()) for look in kept.looks)
    assert shown == sum(int((one.unit < 0.4 * one.units).sum()) for one in trains.values()) > 0
    assert {look.pictures["raster"].shape for look in kept.looks} == {(200, every // 100)}


@pytest.mark.slow
def test_a_live_network_is_the_watched_one_in_any_order_that_it_is_to_go() -> None:
    found = {}
    for order in ("breadth", "depth"):
        kept = Kept()
        with RunRecorder(kept, every_us=5000) as recorder:
            live(small(), recorder, order)
        found[order] = kept.looks
    kept = Kept()
    with RunRecorder(kept, every_us=5000) as recorder:
        watch_regime(small(), recorder)
    for look, other in zip(found["breadth"], kept.looks, strict=True):
        assert (look.adds, look.answers, look.queued) == (other.adds, other.answers, other.queued)
        assert look.by_input == {}
    assert len(found["depth"]) == len(found["breadth"])


def _length(look: RunLook, p: BrunelParameters) -> float:
    """Microseconds of spikes that a look has: the first lacks those that are on their way."""
    return look.t_us - look.begin_us - (1000 * p.network.delay_ms if look.begin_us == 0 else 0)
