"""The watched neuron is that of the table: the same weights; its pictures are the spikes that it hears."""

from __future__ import annotations

import numpy as np
import pytest
from test_pattern_listener import small
from test_view_recorder import Kept

from eventnet.kernels.random import hash64
from eventnet.scenarios.pattern import HiddenPattern, listen
from eventnet.scenarios.pattern.run import STRONG
from eventnet.scenarios.pattern.watching import watch_neuron
from eventnet.view import RunRecorder


@pytest.mark.slow
@pytest.mark.parametrize("every", [20_000, 7000])
def test_a_watched_neuron_is_that_of_the_table(every: int) -> None:
    p, kept = small(3.0), Kept()
    with RunRecorder(kept, every_us=every) as recorder:
        watched = watch_neuron(p, recorder)
    alone = listen(p)
    assert watched.weights("w")[:, 0].tolist() == alone.weights.tolist()
    assert watched.tally.to_dict() == alone.tally.to_dict()
    assert [look.t_us for look in kept.looks] == [*range(every, 3_000_000, every), 3_000_000]
    assert kept.looks[-1].answers["strong weights"] == int((alone.weights > STRONG).sum())
    inside = [look.t_us for look in kept.looks if look.answers["pattern"]]
    begins = alone.begins
    assert all(((begins < t) & (t <= begins + alone.slot)).any() for t in inside if t < 2_950_000)
    assert inside

    trains = HiddenPattern(p.input, p.run.duration_s, hash64(p.run.seed, 0) >> 33)
    heard = [events.copy() for _, events in trains.pieces(0)]
    spikes = np.concatenate(heard)[["t", "index"]].tolist()
    wanted = {(t // every, t % every // 1000, k) for t, k in spikes}
    shown = {
        (number, int(column), int(row))
        for number, look in enumerate(kept.looks)
        for row, column in np.argwhere(look.pictures["raster"] == 0)
    }
    assert shown == wanted
