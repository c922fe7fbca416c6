"""Synapses and drives of a layer of `LeakyDelta` in parts: each part is a range of the layer's units.

A thread has a part of every layer. The rules here do what `add_synapses` and `draw_events` do, to the units of one part
alone, with a clock and a ring of its own: they note what each delivery counted and which units fired. Afterwards one
thread takes the same deliveries in the same order by `merge_found`, which sends and counts what all parts found, and
keeps the clock and the ring of the whole layer. `eventnet.engine.parts` and `eventnet.engine.threaded` call them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from eventnet.kernels.fetch import fetch, fetch_word
from eventnet.kernels.part_notes import (
    ADDS_OF,
    BROUGHT_MIXED,
    COMPARES_OF,
    CURSOR,
    EVENTS_OF,
    F_ADDS,
    F_AGAIN,
    F_COMPARES,
    F_EVENTS,
    F_INDEX,
    F_MIXED,
    F_PORT,
    F_PRODUCTS,
    F_READS,
    F_SIGN,
    F_SPIKES,
    F_T,
    FOUND,
    HELD_PRODUCTS,
    MADE,
    MIXED_AFTER,
    NOT_AS_FOUND,
    NOTE,
    NOTED,
    NOTES,
    PLACED,
    PRODUCTS_OF,
    READS_OF,
    SplitRule,
)
from eventnet.kernels.rows import at
from eventnet.kernels.rows_drawn import bits_of, word_of
from eventnet.neurons.delta_synapses import add_synapses
from eventnet.neurons.leaky_delta import (
    ALL,
    COUNT_HELD,
    EACH,
    FLOOR,
    HEAD,
    MIXED,
    TICKED,
    bring_all,
    bring_one,
    count_events,
    decayed,
    fire_one,
    free_units,
    hold,
    let_go,
    refractory_of,
)
from eventnet.neurons.poisson_drive import (
    EVERY,
    FIRST,
    KEY,
    LOW,
    LOW_62,
    SCATTERED,
    UNTIL,
    count_at,
    draw_events,
    total_of,
    unit_of,
)
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, READS, SYNAPTIC_ADDS

CLOCK_WORDS = 6
BEGIN, WHOLE, LEADS = range(CLOCK_WORDS, CLOCK_WORDS + 3)
"""Words of a part's clock behind those of a layer: its first unit; units of the whole layer; whether it is the last
part, which counts what is once for all."""


# --- in a part -------------------------------------------------------------------------------------------------------
@register_jitable(error_model="numpy")
def begin_part(
    t: int, n: int, phi: Any, updated: Any, ring: Any, free: Any, clock: Any, plan: Any, factors: Any, lands: Any,
    notes: Any, tally: Any,
) -> int:  # fmt: skip
    """`begin_tick` for the units of a part, where n events come to the whole layer; where the delivery's note begins.

    A whole layer counts a product for each unit where none has gone further (MIXED), and else only for those that are
    not held. Whether units of other parts have, this part cannot know: it notes the difference.
    """
    note: int = NOTES + NOTE * notes[NOTED]
    notes[note + EVENTS_OF], notes[note + PLACED] = n, 0
    notes[note + BROUGHT_MIXED], notes[note + HELD_PRODUCTS] = 0, 0
    before = tally[MULTIPLIES]
    if count_events(t, n, clock[WHOLE], updated, clock, plan):
        ticks = t - clock[ALL]
        if ticks <= 64 and clock[MIXED] != 0:
            notes[note + BROUGHT_MIXED] = 1
        elif ticks <= 64:
            still = 0
            for j in range(len(phi)):
                still += 0 if phi[j] > FLOOR else 1
            notes[note + HELD_PRODUCTS] = ticks * still
        bring_all(t, phi, updated, clock, factors, tally)
    free_units(t, phi, updated, ring, free, clock, plan, factors, lands, tally)
    notes[note + PRODUCTS_OF] = tally[MULTIPLIES] - before
    return note


@register_jitable(error_model="numpy")
def end_part(note: int, adds: int, compares: int, products: int, reads: int, clock: Any, notes: Any, out: Any) -> None:
    """Note what a delivery counted in a part."""
    notes[note + ADDS_OF], notes[note + COMPARES_OF], notes[note + READS_OF] = adds, compares, reads
    notes[note + PRODUCTS_OF] += products
    notes[note + MIXED_AFTER] = clock[MIXED]
    notes[NOTED] += 1
    notes[MADE] += out.made()


@rule
def add_in_part(
    i, s, t, out, tally, phi, updated, ring, free, clock, plan, factors, bar, lands, tau, columns, targets, w, cuts,
    notes,
):  # fmt: skip
    """Row i adds to those of its targets that are units of the part: `add_synapses`."""
    first, last, whole = cuts[3 * i], cuts[3 * i + 1], cuts[3 * i + 2]
    n, column, begin = last - first, columns[i], np.uint64(clock[BEGIN])
    note = begin_part(t, whole, phi, updated, ring, free, clock, plan, factors, lands, notes, tally)
    before, ticked = tally[MULTIPLIES], plan[TICKED] != 0
    if not ticked:
        k = first
        for unit in targets[first:last]:
            j: Any = np.uint64(unit) - begin
            x = w[0, k] if column < 0 else w[0, column]
            v = decayed(j, t, phi, updated, factors, tau)
            v = v + x if s > 0 else v - x
            phi[j] = v
            if v > at(bar, j):
                fire_one(np.int64(j), t, phi, updated, ring, free, clock, plan, lands, out)
            k += 1
    else:
        if clock[ALL] != t:
            for unit in targets[first:last]:
                bring_one(np.int64(np.uint64(unit) - begin), t, phi, updated, clock, factors, tally)
        if column >= 0:
            x = w[0, column] if s > 0 else -w[0, column]
            for unit in targets[first:last]:
                j = np.uint64(unit) - begin
                v = phi[j] + x
                phi[j] = v
                if v > at(bar, j):
                    fire_one(np.int64(j), t, phi, updated, ring, free, clock, plan, lands, out)
        else:
            k = first
            for unit in targets[first:last]:
                j = np.uint64(unit) - begin
                v = phi[j] + w[0, k] if s > 0 else phi[j] - w[0, k]
                phi[j] = v
                if v > at(bar, j):
                    fire_one(np.int64(j), t, phi, updated, ring, free, clock, plan, lands, out)
                k += 1
    reads = n if column < 0 else clock[LEADS] if whole > 0 else 0
    end_part(note, n, n, (tally[MULTIPLIES] - before) if ticked else n, reads, clock, notes, out)


@add_in_part.looks_ahead
def fetch_part(i: int, later: int, columns: Any, targets: Any, cuts: Any) -> None:
    """Ask the memory for the targets of row i that are in the part, and for where those of a later row are."""
    fetch_word(cuts, 3 * later)
    fetch_word(columns, later)
    fetch(targets, cuts[3 * i], cuts[3 * i + 1])


@rule
def draw_in_part(
    i, s, t, out, tally, phi, updated, ring, free, clock, plan, factors, bar, lands, tau, draws, limits, guide, amount,
    notes, places,
):  # fmt: skip
    """The events of this tick at units of the part: `draw_events`. All parts draw those scattered over the layer."""
    base, begin, end, made, hits = word_of(draws[KEY], t), clock[BEGIN], clock[BEGIN] + len(phi), 0, 0
    ticked = plan[TICKED] != 0
    if draws[SCATTERED] == 0:
        whole = clock[WHOLE]
        note = begin_part(t, whole, phi, updated, ring, free, clock, plan, factors, lands, notes, tally)
        before = tally[MULTIPLIES]
        for pair in range(begin // 2, (end + 1) // 2):
            z = word_of(base, pair)
            for unit in range(max(2 * pair, begin), min(2 * pair + 2, end)):
                c = count_at(unit, bits_of(z, 32 * (unit & 1), LOW), limits, guide, draws)
                if c > 0:
                    j = unit - begin
                    made += c
                    hits += 1
                    v = phi[j] if ticked else decayed(j, t, phi, updated, factors, tau)
                    v += phi.dtype.type(c) * amount
                    phi[j] = v
                    if v > at(bar, j):
                        fire_one(j, t, phi, updated, ring, free, clock, plan, lands, out)
        products = hits if ticked else 2 * hits
    else:
        whole = draws[FIRST] + total_of(bits_of(word_of(base, -1), 2, LOW_62), limits, 0, len(limits))
        note = begin_part(t, whole, phi, updated, ring, free, clock, plan, factors, lands, notes, tally)
        notes[note + PLACED], before = 1, tally[MULTIPLIES]
        late, k = ticked and clock[ALL] != t, 0
        for place in range(whole):
            unit = unit_of(word_of(base, k), clock[WHOLE], draws)
            k += 1
            while unit < 0:
                unit = unit_of(word_of(base, k), clock[WHOLE], draws)
                k += 1
            if begin <= unit < end:
                j = unit - begin
                if late:
                    bring_one(j, t, phi, updated, clock, factors, tally)
                v = phi[j] if ticked else decayed(j, t, phi, updated, factors, tau)
                v += amount
                phi[j] = v
                made += 1
                if v > at(bar, j):
                    places[notes[MADE] + out.made()] = place
                    fire_one(j, t, phi, updated, ring, free, clock, plan, lands, out)
        hits, products = made, 0 if ticked else made
    end_part(note, made, hits, tally[MULTIPLIES] - before + products, clock[LEADS], clock, notes, out)


# --- of all parts ----------------------------------------------------------------------------------------------------
@rule
def merge_found(i, s, t, out, tally, ring, free, clock, plan, found, sizes, number):
    """Take over what all parts found of this delivery: counts, spikes, and the clock and the ring of the layer."""
    here = found[CURSOR]
    if found[here + F_PORT] != number[0] or found[here + F_T] != t or found[here + F_INDEX] != i:
        return NOT_AS_FOUND
    if found[here + F_SIGN] != s:
        return NOT_AS_FOUND
    if count_events(t, found[here + F_EVENTS], len(ring), found[:0], clock, plan):
        clock[ALL] = t
    while clock[COUNT_HELD] > 0 and free[clock[HEAD]] <= t:
        let_go(ring, clock)
    clock[MIXED] = found[here + F_MIXED]
    tally[SYNAPTIC_ADDS] += found[here + F_ADDS]
    tally[COMPARES] += found[here + F_COMPARES]
    tally[MULTIPLIES] += found[here + F_PRODUCTS]
    tally[READS] += found[here + F_READS]
    n = found[here + F_SPIKES]
    for k in range(here + FOUND, here + FOUND + n):
        made, j = out.made(), found[k]
        out.spike(j, 1, 0, np.float64(sizes[k]))
        if out.made() == made:  # no room: a fault
            return 0
        refractory = refractory_of(j, plan)
        if refractory > 0:
            hold(j, t + refractory, ring, free, clock)
    if found[here + F_AGAIN] != 0:
        out.spike(0, 1, 1)
    found[CURSOR] = here + FOUND + n
    return 0


# --- what a thread has of a layer ------------------------------------------------------------------------------------
def part_of_layer(arrays: dict[str, Any], begin: int, end: int) -> dict[str, Any]:
    """The arrays of a part of a layer: views of its units, and a clock and a ring of its own."""
    units = len(arrays["phi"])
    made = {name: arrays[name][begin:end] for name in ("phi", "updated")}
    for name in ("bar", "lands", "tau"):
        made[name] = arrays[name][begin:end] if len(arrays[name]) == units > 1 else arrays[name]
    each = arrays["plan"][TICKED] != 0 and len(arrays["factors"]) > 1
    made["factors"] = arrays["factors"][begin:end] if each else arrays["factors"]
    made["plan"] = np.zeros(EACH + (end - begin if len(arrays["plan"]) > EACH else 0), np.int64)
    made["ring"], made["free"] = np.zeros(end - begin, np.int64), np.zeros(end - begin, np.int64)
    made["clock"] = np.array([0] * CLOCK_WORDS + [begin, units, end == units], dtype=np.int64)
    return made


def take_over(arrays: dict[str, Any], part: dict[str, Any]) -> None:
    """A part's clock and ring become what the layer's are now."""
    clock, held = part["clock"], arrays["clock"]
    begin, units = int(clock[BEGIN]), len(arrays["ring"])
    places = (int(held[HEAD]) + np.arange(int(held[COUNT_HELD]))) % max(units, 1)
    which = arrays["ring"][places]
    own = (which >= begin) & (which < begin + len(part["ring"]))
    n = int(own.sum())
    part["ring"][:n], part["free"][:n] = which[own] - begin, arrays["free"][places][own]
    clock[:CLOCK_WORDS] = held
    clock[HEAD], clock[COUNT_HELD] = 0, n
    whole, plan = arrays["plan"], part["plan"]
    plan[:EACH], plan[EACH:] = whole[:EACH], whole[EACH + begin : EACH + begin + len(plan) - EACH]


NAMES = ("phi", "updated", "ring", "free", "clock", "plan", "factors", "bar", "lands", "tau")
add_synapses.parts = SplitRule(add_in_part, merge_found, NAMES, part_of_layer, take_over)
draw_events.parts = SplitRule(draw_in_part, merge_found, NAMES, part_of_layer, take_over, again=("draws", EVERY, UNTIL))
