"""Watched answers of networks that have learned are those of the table; looks show what was shown, and what came out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pace import least
from test_stdp_digits import SHORT, learned
from test_stdp_dvs import SMALL
from test_stdp_dvs import found as features
from test_view_recorder import Kept

from eventnet.data import scale_pixels
from eventnet.models import StdpNetwork
from eventnet.scenarios.stdp.digits import data_of
from eventnet.scenarios.stdp.watching import DIGITS, SIDE, watch_digits, watch_patches, watch_samples
from eventnet.view import FoxgloveFile, RunRecorder


def whole(kept: Kept, network: StdpNetwork, x: Any, counts: Any, every: int) -> None:
    """All looks together are all that was shown and counted."""
    rates = [look.rates for look in kept.looks]
    spans = [1e-6 * (look.t_us - look.begin_us) for look in kept.looks]
    spikes = sum(int((look.pictures["raster"] == 0).sum()) for look in kept.looks)
    heard = sum(rate["layer.spikes"] * span for rate, span in zip(rates, spans, strict=True))
    shown = sum(len(look.events["camera"]) for look in kept.looks)
    watched = network.tally
    assert watched is not None
    assert round(heard) == shown == watched.by_port()["layer.spikes"]["deliveries"]
    assert spikes <= watched.by_port()["counter.spikes"]["deliveries"]  # two in one ms are one point
    assert {look.t_us % every for look in kept.looks[:-1]} == {0}
    last = {look.answers["sample"]: look for look in kept.looks}
    assert sorted(last) == list(range(len(counts)))
    assert counts.tolist() == network.transform(x).tolist()
    assert network.tally.to_dict() == watched.to_dict()


@pytest.mark.parametrize("every", [20_000, 7000])
def test_watched_digits_are_answered_as_in_the_table(every: int) -> None:
    found, kept = learned(), Kept()
    given = data_of(SHORT)
    x = scale_pixels(given.x_test[:DIGITS])
    with RunRecorder(kept, every_us=every) as recorder:
        watch_digits(SHORT, found, recorder)
    alone = found.network.transform(x)
    rests = {look.answers["sample"]: look for look in kept.looks if not len(look.events["camera"])}
    for k, look in rests.items():  # when a digit is over
        assert look.answers["spikes"] == alone[k].sum()
        assert look.answers["digit"] == given.y_test[k]
        assert look.answers["answer"] == found.answers["assignment"][k]
    with RunRecorder(again := Kept(), every_us=every) as recorder:
        counts = watch_samples(found.network, x, SIDE, lambda k, counts: {}, recorder)
    whole(again, found.network, x, counts, every)


@pytest.mark.slow
def test_watched_patches_are_answered_as_in_the_table() -> None:
    made, kept = features(), Kept()
    with RunRecorder(kept) as recorder:
        watch_patches(SMALL, made, recorder)
    ends = np.cumsum([t[-1] + 1 for t, _ in made.tests.samples])
    assert kept.looks[-1].t_us == ends[-1]
    heard = np.concatenate([look.events["camera"] for look in kept.looks])
    for (t, index), end in zip(made.tests.samples, ends, strict=True):
        own = heard[(heard["t"] >= end - t[-1] - 1) & (heard["t"] < end)]
        assert (own["t"] - (end - t[-1] - 1)).tolist() == t.tolist()
        size = SMALL.patch.size_px
        assert ((own["p"].astype(int) * size + own["y"]) * size + own["x"]).tolist() == index.tolist()
    assert made.tests.directions is not None
    for look in kept.looks:
        x, y = made.tests.directions[look.answers["sample"]]
        assert look.answers["direction"] == pytest.approx(np.degrees(np.arctan2(y, x)))
    with RunRecorder(again := Kept()) as recorder:
        counts = watch_samples(made.network, made.tests.samples, SMALL.patch.size_px, lambda k, counts: {}, recorder)
    whole(again, made.network, made.tests.samples, counts, 20_000)


@pytest.mark.slow
def test_two_seconds_are_watched_in_less_than_a_second_of_processor_time(tmp_path: Path) -> None:
    """Digits are shown for 0.35 s and rest for 0.15 s: ten are five seconds."""
    pytest.importorskip("foxglove", reason="the extra view is not installed")
    found = learned()

    def watched() -> None:
        with RunRecorder(FoxgloveFile(tmp_path / "run.mcap")) as recorder:
            watch_digits(SHORT, found, recorder)

    watched()
    assert least(watched) < 5.0 / 2
