"""Takes and traces: against sums over all events, another speed, backwards, and the read-out on the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fusion_cases import HEIGHT, WIDTH, pixels, rates

import eventnet as en
from eventnet.errors import ModelError
from eventnet.scenarios.fusion.train.features import Take, smoothed, traces

TAU = (3000.0, 20_000.0)


def some_take(n: int = 300) -> Take:
    times = np.array([0.0, 10_000, 50_000])
    return Take.of(pixels(n=n), times, np.array([[0.0, 1], [20, 1], [-20, 5]]))


def test_traces_are_sums_of_what_is_left_of_all_events_before() -> None:
    take, times = some_take(), np.array([0.0, 5000, 5000.5, 23_456, 60_000])
    found = traces(take, times, TAU, width=WIDTH, height=HEIGHT)
    assert found.shape == (5, 5, 6, 2, 4, 4)
    events = pixels()
    for n, until in enumerate(times):
        wanted = np.zeros((2, HEIGHT, WIDTH))
        for e in events[events["t"] < until]:
            for m, tau in enumerate(TAU):
                wanted[m, e["y"], e["x"]] += (1 if e["p"] else -1) * np.exp((int(e["t"]) - until) / tau)
        maps = found[n].transpose(2, 0, 3, 1, 4).reshape(2, HEIGHT, WIDTH)
        assert np.abs(maps - wanted).max() < 2e-3 * max(1, np.abs(wanted).max())  # float16 has 11 bits


def test_rows_that_no_patch_covers_are_left_out() -> None:
    take = some_take()
    whole = traces(take, np.array([50_000.0]), TAU, width=WIDTH, height=HEIGHT)
    part = traces(take, np.array([50_000.0]), TAU, width=WIDTH, height=HEIGHT + 3)
    assert np.array_equal(whole, part)


def test_pixels_put_together_are_pixels_of_a_smaller_camera() -> None:
    events = pixels()
    take = Take.of(events, np.zeros(1), np.zeros((1, 1)), binning=2)
    assert (take.x.max(), take.y.max()) == (events["x"].max() // 2, events["y"].max() // 2)
    assert take.s.tolist() == np.where(events["p"], 1, -1).tolist()


def test_played_twice_as_fast_all_turns_twice_as_fast() -> None:
    take = some_take()
    fast = take.played(2)
    assert np.array_equal(fast.t * 2, take.t)
    assert np.array_equal(fast.rates_at(take.times / 2), 2 * take.rates)
    slow, wanted = (some_take().played(0.5), 20 / 2)
    assert slow.rates_at(np.array([20_000.0]))[0, 0] == wanted


def test_a_speed_may_change_on_the_way() -> None:
    take = some_take()
    wander = take.played(np.array([1.0, 2.0, 0.5]))
    # 10 ms at a mean slowness of 0.75, 40 ms at one of 1.25.
    assert wander.times.tolist() == [0, 7500, 57_500]
    assert wander.rates[:, 0].tolist() == [0, 40, -10]
    whole, wanted = np.interp(take.t, [0, 10_000, 50_000], [0, 7500, 57_500]), take.played(2).t
    assert np.array_equal(wander.t, whole)
    assert np.allclose(take.played(np.full(3, 2.0)).t[take.t < 50_000], wanted[take.t < 50_000])
    back = take.played(np.array([1.0, 2.0, 0.5]), backwards=True)
    assert np.array_equal(back.t, -wander.t[::-1])
    assert np.array_equal(back.rates, -wander.rates[::-1])


def test_played_backwards_what_got_brighter_gets_darker_and_rates_change_their_sign() -> None:
    take = some_take()
    back = take.played(backwards=True)
    assert np.all(np.diff(back.t) >= 0)
    assert np.all(np.diff(back.times) > 0)
    assert (back.t[0], back.s[0], back.x[0]) == (-take.t[-1], -take.s[-1], take.x[-1])
    assert np.array_equal(back.rates_at(np.array([-10_000.0])), [[-20, -1]])
    for a, b in zip(back.played(backwards=True), take):
        assert np.array_equal(a, b)


def test_rates_go_straight_between_times() -> None:
    assert some_take().rates_at(np.array([5000.0, 30_000])).tolist() == [[10, 1], [0, 3]]


def test_smoothed_samples_are_what_the_read_out_keeps() -> None:
    samples = rates()
    t, values = samples["t"][::2].astype(float), samples["value"].reshape(-1, 2)
    net = en.Network("float64")
    mix, head_tau = np.eye(7)[:, 3:], [3000.0, 20_000.0]  # the traces alone, by input and time constant
    table = net.weights(np.column_stack([samples["index"], samples["value"]]))
    answers = net.weights(np.zeros((len(t), 4)), "answers")
    head = net.add(en.LeakyReadout(2, net.weights(mix), answers, tau=head_tau, updates=table, start=[3.0, -2.0]))
    feed: list[Any] = [(int(at), head.read, k, 1) for k, at in enumerate(t)]
    feed += [(int(at), head.value, k, 1) for k, at in enumerate(samples["t"])]
    found = en.simulate(net, sorted(feed, key=lambda e: e[0]), engine="compiled").weights("answers")
    wanted = smoothed(t, values, tuple(head_tau), np.array([3.0, -2.0]))
    assert np.allclose(found, wanted.reshape(len(t), 4), atol=1e-10)


def test_what_does_not_fit_is_refused() -> None:
    take = some_take()
    for options, message in (
        ({"size": 7}, "patches of 7 pixels, 4 apart"), ({"width": 6, "height": 6}, "wanted whole blocks that fit"),
        ({"width": 20}, "events lie outside 20 x 20"),
    ):  # fmt: skip
        with pytest.raises(ModelError, match=message):
            traces(take, np.zeros(1), TAU, **({"width": WIDTH, "height": HEIGHT} | options))
