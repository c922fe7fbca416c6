"""Equilibrium propagation by levels, many samples in a call: the compiled form of `EquilibriumNetwork`.

Layers look one at a time, and no unit of a layer reaches another of it, so one unit moves at a time. Levels,
nudges and changes of weights are defined in `eventnet.neurons.levels`. Arrays of units hold all layers but the input,
one after the other, each from first[layer] to first[layer + 1]. Blocks [n_in, n_out] lie one after the other in `w`, of
one number type: that whose columns are a layer begins at at[layer].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.kernels.compiling import compiled
from eventnet.kernels.random import hash64
from eventnet.neurons.levels import dither_of, level_of, nudged, pressure, weight_change

# Columns of counts. A phase has three: messages, adds, and products (none where the change is +1 or -1).
INPUT_ADDS, INPUT_PRODUCTS, NEGATIVE, POSITIVE = 0, 1, 2, 5
LEARNING_ADDS, LEARNING_PRODUCTS, UNIT_ADDS, LOOKS = range(8, 12)
COUNTS = (
    "input_adds", "input_products", "negative_messages", "negative_adds", "negative_products", "positive_messages",
    "positive_adds", "positive_products", "learning_adds", "learning_products", "unit_adds", "looks",
)  # fmt: skip
"""unit_adds: what messages would cost as spikes of one level each, a row for every level."""

ORDERS = ("layers", "fifo", "lifo", "random", "largest", "lowest", "highest")
"""Orders of looks: whole layers, first asked first; or single units: the first or the last asked, at random, with the
largest change, of the lowest or of the highest layer."""
LAYERS, FIFO, LIFO, RANDOM, LARGEST, LOWEST, HIGHEST = range(7)


@compiled(error_model="numpy")
def learn_event(j, layer, d, first, at, w, bias, n, x, rates, counts):
    """Plasticity at an event: all weights of unit j, by its change and the levels of the other ends now."""
    own, width, made = j - first[layer], first[layer + 1] - first[layer], 1
    if layer == 0:
        for i in range(len(x)):
            if x[i] != 0:
                w[i * width + own] += w.dtype.type(weight_change(rates[0, 0], d, np.float64(x[i])))
                made += 1
    else:
        for i in range(first[layer] - first[layer - 1]):
            if n[first[layer - 1] + i] != 0:
                change = weight_change(rates[1, layer], d, n[first[layer - 1] + i])
                w[at[layer] + i * width + own] += w.dtype.type(change)
                made += 1
    if layer + 2 < len(first):
        above = first[layer + 2] - first[layer + 1]
        for m in range(above):
            if n[first[layer + 1] + m] != 0:
                change = weight_change(rates[1, layer + 1], d, n[first[layer + 1] + m])
                w[at[layer + 1] + own * above + m] += w.dtype.type(change)
                made += 1
    bias[j] += bias.dtype.type(weight_change(rates[0, layer], d, 1))
    counts[LEARNING_ADDS] += made
    counts[LEARNING_PRODUCTS] += made


@compiled(error_model="numpy")
def target_level(j, layer, first, below, above, bias, dither, k, beta, y):
    """The level at which the energy of unit j of a layer is least."""
    up = 1.0 / k
    v = pressure(below[j], above[j], bias[j], 1.0 if layer == 0 else up, up) + dither[j]
    if beta != 0.0 and layer == len(first) - 2:
        v = nudged(v, beta, y[j - first[layer]])
    return level_of(v, k)


@compiled(error_model="numpy")
def deliver(j, layer, d, first, at, w, below, above, counts, phase):
    """Unit j of a layer has changed by d levels: d times its weights goes to the layers above and below."""
    own, width, many, reached = j - first[layer], first[layer + 1] - first[layer], w.dtype.type(d), 0
    if layer + 2 < len(first):
        base, wide = first[layer + 1], first[layer + 2] - first[layer + 1]
        row = at[layer + 1] + own * wide
        for m in range(wide):
            below[base + m] += many * w[row + m]
        reached += wide
    if layer > 0:
        base, high = first[layer - 1], first[layer] - first[layer - 1]
        for m in range(high):
            above[base + m] += many * w[at[layer] + m * width + own]
        reached += high
    counts[phase] += 1
    counts[phase + 1] += reached
    counts[phase + 2] += reached if abs(d) > 1 else 0
    counts[UNIT_ADDS] += reached * abs(d)


@compiled(error_model="numpy")
def settle_layers(
    start, first, at, w, bias, dither, n, below, above, x, y, k, beta, rates, at_events, counts, phase, most
):
    """One phase from layer `start` on: layers look, first asked first, until nobody asks; each from there on looks.

    False after more than `most` messages.
    """
    layers, waiting, head, fresh = len(first) - 1, 0, 0, start
    queue, waits, looked = np.empty(layers, np.int64), np.zeros(layers, np.bool_), np.zeros(layers, np.bool_)
    begun = counts[phase]
    while True:
        while waiting == 0 and fresh < layers:
            if not looked[fresh]:
                queue[head], waits[fresh], waiting = fresh, True, 1
            fresh += 1
        if waiting == 0:
            return True
        layer = queue[head]
        looked[layer] = True
        head, waiting = (head + 1) % layers, waiting - 1
        waits[layer] = False
        counts[LOOKS] += first[layer + 1] - first[layer]
        sent = counts[phase]
        for j in range(first[layer], first[layer + 1]):
            d = target_level(j, layer, first, below, above, bias, dither, k, beta, y) - n[j]
            if d != 0:
                n[j] += d
                deliver(j, layer, d, first, at, w, below, above, counts, phase)
                if at_events:
                    learn_event(j, layer, d, first, at, w, bias, n, x, rates, counts)
        for other in (layer + 1, layer - 1):
            if counts[phase] > sent and 0 <= other < layers and not waits[other]:
                waits[other] = True
                queue[(head + waiting) % layers] = other
                waiting += 1
        if counts[phase] - begun > most:
            return False


@compiled(error_model="numpy")
def settle_finer(ks, first, at, w, bias, dither, n, below, above, x, y, beta, rates, counts, most):
    """The first phase from the coarsest of the levels `ks` to the finest: a state is the same where levels grow.

    False where one of them does not rest: see `settle_layers`.
    """
    for stage in range(len(ks)):
        if stage > 0:
            more = ks[stage] // ks[stage - 1]
            times = w.dtype.type(more)
            for j in range(len(n)):
                n[j] *= more
                above[j] *= times
                if j >= first[1]:
                    below[j] *= times
        if not settle_layers(
            0, first, at, w, bias, dither, n, below, above, x, y, ks[stage], beta, rates, False, counts, NEGATIVE, most
        ):
            return False
    return True


@compiled(error_model="numpy")
def draw(dither, k, seed, number):
    """The dither of a sample; seed below 0: it stays as it is."""
    if seed >= 0:
        for j in range(len(dither)):
            dither[j] = dither_of(k, seed, number * len(dither) + j)


@compiled(error_model="numpy")
def show(x, first, w, n, below, above, counts):
    """A sample begins: everything is 0, then the input's rows are added, in one burst, before anyone looks."""
    n[:] = 0
    below[:] = 0
    above[:] = 0
    width = first[1]
    for i in range(len(x)):
        if x[i] != 0:
            much, row = x[i], i * width
            for j in range(width):
                below[j] += much * w[row + j]
            counts[INPUT_ADDS] += width
            counts[INPUT_PRODUCTS] += width


@compiled(error_model="numpy")
def answer_levels(xs, first, at, w, bias, ks, most, seed, counts, pressures, states):
    """v of the outputs [samples, n_out] and levels [samples, units] at rest; the sample that does not rest, or -1.

    ks: levels, from the coarsest to those of the answer. seed: of dither; below 0 for none.
    """
    units, last = len(bias), len(first) - 2
    n, below, above = np.zeros(units, np.int64), np.zeros(units, bias.dtype), np.zeros(units, bias.dtype)
    k = ks[len(ks) - 1]
    y, rates, up, dither = np.zeros(1), np.zeros((2, last + 1)), 1.0 / k, np.zeros(units)
    for a in range(len(xs)):
        draw(dither, k, seed, a)
        show(xs[a], first, w, n, below, above, counts)
        if not settle_finer(ks, first, at, w, bias, dither, n, below, above, xs[a], y, 0.0, rates, counts, most):
            return a
        for j in range(first[last], first[last + 1]):
            pressures[a, j - first[last]] = pressure(below[j], above[j], bias[j], 1.0 if last == 0 else up, up)
        states[a] = n
    return -1


@compiled(error_model="numpy")
def apply_contrast(x, first, at, w, bias, was, now, rates, counts):
    """Change weights by the contrast of one sample (thesis 2.12, 2.13) between its levels of both phases."""
    changed, many, made = np.empty(len(bias), np.int64), 0, 0
    for j in range(len(bias)):
        if now[j] != was[j]:
            changed[many] = j
            many += 1
    width, low = first[1], 0
    while low < many and changed[low] < width:
        low += 1
    for i in range(len(x)):
        if x[i] != 0 and low > 0:
            for m in range(low):
                j = changed[m]
                w[i * width + j] += w.dtype.type(weight_change(rates[0, 0], now[j] - was[j], np.float64(x[i])))
            made += low
    for layer in range(1, len(first) - 1):
        wide = first[layer + 1] - first[layer]
        for i in range(first[layer] - first[layer - 1]):
            a, b = now[first[layer - 1] + i], was[first[layer - 1] + i]
            if a == 0 and b == 0:
                continue
            row = at[layer] + i * wide
            for m in range(wide):
                d = a * now[first[layer] + m] - b * was[first[layer] + m]
                if d != 0:
                    w[row + m] += w.dtype.type(weight_change(rates[1, layer], d, 1))
                    made += 1
    for layer in range(len(first) - 1):
        for j in range(first[layer], first[layer + 1]):
            if now[j] != was[j]:
                bias[j] += bias.dtype.type(weight_change(rates[0, layer], now[j] - was[j], 1))
                made += 1
    counts[LEARNING_ADDS] += made
    counts[LEARNING_PRODUCTS] += made


@compiled(error_model="numpy")
def learn_levels(xs, ys, first, at, w, bias, ks, betas, rates, batch, at_events, most, seed, number, counts):
    """Both phases of every sample, and learning: at each event of the positive phase, or by the sum once a batch.

    ks: levels of the first phase, from the coarsest to those of the second. betas: nudges of both phases. rates [2,
    layers]: of inputs and biases, and of blocks between levels, as `weight_change` takes them. seed: of dither, below 0
    for none; number: samples learned before. Returns the sample that does not come to rest, or -1.
    """
    units, layers, k = len(bias), len(first) - 1, ks[len(ks) - 1]
    minus, plus = np.zeros((batch, units), np.int64), np.zeros((batch, units), np.int64)
    below, above, dither = np.zeros(units, bias.dtype), np.zeros(units, bias.dtype), np.zeros(units)
    for begin in range(0, len(xs), batch):
        end = min(begin + batch, len(xs))
        for a in range(begin, end):
            n, x, y = plus[a - begin], xs[a], ys[a]
            draw(dither, k, seed, number + a)
            show(x, first, w, n, below, above, counts)
            if not settle_finer(ks, first, at, w, bias, dither, n, below, above, x, y, betas[0], rates, counts, most):
                return a
            minus[a - begin] = n
            if not settle_layers(
                layers - 1,
                first,
                at,
                w,
                bias,
                dither,
                n,
                below,
                above,
                x,
                y,
                k,
                betas[1],
                rates,
                at_events,
                counts,
                POSITIVE,
                most,
            ):
                return a
        if not at_events:
            for a in range(begin, end):
                apply_contrast(xs[a], first, at, w, bias, minus[a - begin], plus[a - begin], rates, counts)
    return -1


@compiled(error_model="numpy")
def layer_at(j, first):
    """The layer of unit j."""
    layer = 0
    while j >= first[layer + 1]:
        layer += 1
    return layer


@compiled(error_model="numpy")
def choose(order, first, n, below, above, bias, dither, k, beta, y, stamp, seed):
    """The unit that looks next, -1 if none waits. Of equals the first asked comes first."""
    best, best_key = -1, np.int64(0)
    for j in range(len(stamp)):
        if stamp[j] < 0:
            continue
        layer, key = layer_at(j, first), stamp[j]
        if order == LIFO:
            key = -stamp[j]
        elif order == RANDOM:
            key = np.int64(hash64(seed, stamp[j]) >> np.uint64(2))
        elif order == LARGEST:
            key = stamp[j] - (abs(target_level(j, layer, first, below, above, bias, dither, k, beta, y) - n[j]) << 40)
        elif order == LOWEST:
            key = stamp[j] + (layer << 40)
        elif order == HIGHEST:
            key = stamp[j] - (layer << 40)
        if best < 0 or key < best_key:
            best, best_key = j, key
    return best


@compiled(error_model="numpy")
def settle_units(order, seed, start, first, at, w, bias, n, below, above, y, k, beta, counts, phase, most, path):
    """One phase in which single units look, in one of ORDERS but the first; the events (unit, change) go into `path`.

    -1 after more than `most` messages, else how many there were.
    """
    layers, stamp, clock, made, reach = len(first) - 1, np.full(len(n), -1, np.int64), 0, 0, start
    dither, fresh = np.zeros(len(n)), start + 1
    while True:
        for other in (reach, reach - 2) if made else (start, -1):
            if 0 <= other < layers:
                for j in range(first[other], first[other + 1]):
                    if stamp[j] < 0 and target_level(j, other, first, below, above, bias, dither, k, beta, y) != n[j]:
                        stamp[j] = clock
                        clock += 1
        d = 0
        while d == 0:
            j = choose(order, first, n, below, above, bias, dither, k, beta, y, stamp, seed)
            if j < 0 and fresh < layers:
                for i in range(first[fresh], first[fresh + 1]):
                    if target_level(i, fresh, first, below, above, bias, dither, k, beta, y) != n[i]:
                        stamp[i] = clock
                        clock += 1
                fresh += 1
                continue
            if j < 0:
                return made
            stamp[j], layer = -1, layer_at(j, first)
            d = target_level(j, layer, first, below, above, bias, dither, k, beta, y) - n[j]
            counts[LOOKS] += 1
        n[j] += d
        deliver(j, layer, d, first, at, w, below, above, counts, phase)
        if made == most or made == len(path):
            return -1
        path[made, 0], path[made, 1] = j, d
        made, reach = made + 1, layer + 1


def event_path(
    order: str, seed: int, start: int, net: Any, n: Any, below: Any, above: Any, y: Any, beta: float, most: int
) -> Any:
    """The events (unit, change) [m, 2] of one phase in an order of single units; None where it does not rest."""
    path, counts = np.zeros((most, 2), np.int64), np.zeros(len(COUNTS), np.int64)
    made = settle_units(
        ORDERS.index(order), np.uint64(seed), start, net.first, net.at, net.w, net.bias, n, below, above, y, net.k,
        beta, counts, NEGATIVE if beta == 0 else POSITIVE, most, path,
    )  # fmt: skip
    return None if made < 0 else path[:made]
