"""Watched networks that settle take the way of the table; a look is at each flip, or at each pixel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from test_view_recorder import Kept

from eventnet.data import digits
from eventnet.models import EquilibriumNetwork, HopfieldNetwork
from eventnet.scenarios.settling.follow_run import PixelChanges, drawn
from eventnet.scenarios.settling.parameters import FollowParameters, RecallParameters
from eventnet.scenarios.settling.recall_run import Recalled, recall
from eventnet.scenarios.settling.recall_run import drawn as patterns_of
from eventnet.scenarios.settling.watching import watch_pixels, watch_recall
from eventnet.scenarios.shared.pixel_by_pixel import along
from eventnet.view import RunRecorder

EVERY = 20_000


def test_a_watched_recall_takes_the_way_of_the_table() -> None:
    p = RecallParameters()
    p = replace(p, run=replace(p.run, recalls=1), network=replace(p.network, units=40, patterns=3, flipped=0.2))
    found: Recalled = recall(p, progress=lambda done, of: None)
    kept = Kept()
    with RunRecorder(kept, every_us=EVERY) as recorder:
        states = watch_recall(p, found, recorder)
    patterns, start = patterns_of(p, 0)
    net = HopfieldNetwork.of_patterns(patterns, order="fifo", seed=0)
    assert states.tobytes() == net.trace(start).tobytes()
    assert [look.t_us for look in kept.looks] == [EVERY * k for k in range(1, len(kept.looks) + 1)]
    assert len(kept.looks) == len(states) + 1  # the last is when it rests
    for look, state in zip(kept.looks, [*states, states[-1]], strict=True):
        assert look.answers == {"energy": net.energy(state[None])[0], "overlap": (state * patterns[0]).mean()}
        assert np.where(look.pictures["units"].ravel()[:40] == 255, 1, -1).tolist() == state.tolist()
    assert [look.answers["energy"] for look in kept.looks[:-1]] == found.energies["fifo"].tolist()
    assert kept.looks[-1].pictures["units"].shape == (6, 7)
    assert net.tally is not None
    deliveries = sum(sum(look.rates.values()) * 1e-6 * EVERY for look in kept.looks)
    assert round(deliveries) == net.tally.deliveries


def test_watched_pixels_cost_and_answer_what_those_of_the_table_do() -> None:
    p, d = FollowParameters(), digits()
    net = EquilibriumNetwork([784, 6, 10], k=4, grid=1, learn="event", engine="compiled", seed=3)
    none = np.empty(0)
    found = PixelChanges(p, [], 0.0, {}, {}, none, none.astype(np.int64), (0, 0), net)
    whole, pixels = drawn(d, 0, p)
    kept = Kept()
    with RunRecorder(kept, every_us=EVERY) as recorder:
        watched = watch_pixels(p, found, recorder)
    alone = along(net, whole[0], whole[1], pixels)
    assert [one.tobytes() for one in watched] == [one.tobytes() for one in alone]
    assert len(kept.looks) == len(pixels) + 1
    assert set(np.diff([look.t_us for look in kept.looks])) == {EVERY}
    for k, look in enumerate(kept.looks):
        assert [look.answers[f"output {n}"] for n in range(10)] == alone[0][k].tolist()
        assert look.answers["answer"] == alone[0][k].argmax()
        image = np.where(np.isin(np.arange(784), pixels[:k]), whole[1], whole[0])
        assert (look.pictures["digit"].ravel() == 255 * image).all()
    adds = [sum(look.adds.values()) * 1e-6 * (look.t_us - look.begin_us) for look in kept.looks]
    assert (np.round(adds) >= alone[2]).all()  # neurons' own additions are in these, too
