"""Sweeps of a network file with inputs: orders, threshold checks, price lists; its answer as a hash, and its cost.

Parameters: `inputs`, a file of inputs, or `recording`, a file of camera events, with `port`, `polarity`, `binning`,
`crop`, `start_us`, `end_us` and `tick_us` (all the same in every job); `order`, `coalesce`, `annihilate`, `until`,
`engine`, `prices`, `answer`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from eventnet import cost
from eventnet.analysis.answers import check_answer, read_answer
from eventnet.analysis.cascades import end_ports
from eventnet.analysis.run_variants import Course, Variant
from eventnet.engine.journal import trace_of
from eventnet.engine.values import digest
from eventnet.errors import ModelError, did_you_mean
from eventnet.event import Events
from eventnet.io import open_events, read_inputs, recorded_inputs
from eventnet.network import Network
from eventnet.sweep.kinds import Kind, Numbers, Prepared

OF_RECORDING = "port polarity binning crop start_us end_us tick_us".split()
FIXED = ["inputs", "recording", *OF_RECORDING]
VARIED = "order coalesce annihilate until engine prices answer".split()


@dataclass(frozen=True)
class NetworkSubject:
    """A network, its inputs at once, the tick at which they end, if they do; and a hash of the file of the network."""

    net: Network
    feed: Events = field(repr=False)
    until: int | None
    file: str


def _prepare(given: Prepared) -> NetworkSubject:
    for name in given.names:
        if name not in (*FIXED, *VARIED):
            raise ModelError(f"a network is swept over no {name!r}{did_you_mean(name, [*FIXED, *VARIED])}")
        if name in FIXED and name not in given.fixed:
            raise ModelError(f"{name} is the same in every job: wanted it in [fixed]")
    if ("inputs" in given.names) == ("recording" in given.names):
        raise ModelError("wanted inputs, a file of inputs, or recording, a file of camera events, in [fixed]")
    path = given.folder / given.name
    net = Network.load(path)
    if "inputs" in given.fixed:
        return NetworkSubject(net, read_inputs(given.folder / given.fixed["inputs"], net), None, trace_of(path))
    told = {name: given.fixed[name] for name in OF_RECORDING if name in given.fixed}
    if "port" not in told:
        raise ModelError("a recording goes to a port: wanted port, as module.port, in [fixed]")
    found = recorded_inputs(open_events(given.folder / Path(given.fixed["recording"])), net, **told)
    return NetworkSubject(net, found.events(), found.until, trace_of(path))


def _run(subject: NetworkSubject, parameters: Mapping[str, Any], seed: int) -> Numbers:
    net, told = subject.net, parameters
    course = Course(
        net, subject.feed, told.get("coalesce"), told.get("until", subject.until),
        engine=told.get("engine", "compiled"), annihilate=bool(told.get("annihilate", False)),
    )  # fmt: skip
    answer = told.get("answer", "ends" if end_ports(net) else "state")
    check_answer(net, answer)
    with course.logged(Variant(told.get("order", "breadth"), seed)) as (run, log):
        outputs = hashlib.sha256()
        for array in read_answer(run, answer, net, log):
            outputs.update(f"{array.dtype} {array.shape} ".encode() + np.ascontiguousarray(array).tobytes())
        tally, prices = run.tally, told.get("prices")
    priced = cost.price_list(net.dtype) if prices is None else cost.prices(str(prices))
    estimate = priced.estimate(tally)
    low, typical, high = estimate.total
    return {
        "deliveries": tally.deliveries, "spikes": tally.spikes, "adds": tally.adds, "energy_pj": typical,
        "energy_comparisons_too_pj": estimate.comparisons_too.typical, "energy_low_pj": low, "energy_high_pj": high,
        "outputs": outputs.hexdigest()[:32],
    }  # fmt: skip


def _trace(subject: NetworkSubject) -> str:
    return digest(subject.file, subject.feed, subject.until)


KIND = Kind(prepare=_prepare, run=_run, trace=_trace)
