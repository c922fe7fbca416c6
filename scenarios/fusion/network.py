"""The network that puts a camera of events and a gyroscope together, as modules on the engine.

    events -> LeakyFilters -> SigmaDeltaPool -> SigmaDelta (relu) -> LeakyReadout <- gyroscope

Signed events enter as signed spikes, with no quantizer. Each layer sends the changes of its activations in quanta of
std / a, where std is the activation's standard deviation over the training data. Where what patches have sent decays by
itself (code "pd"), the first two are DecayingFilters and DecayingPool.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.errors import ModelError
from eventnet.kernels.patches import kernel_rows
from eventnet.scenarios.fusion.weights import FusionWeights

CODES = ("sigma-delta", "pd")


class FusionNetwork:
    """Modules `eye`, `pool`, `hidden` and `head` in the network `net`.

    a         quanta per standard deviation of patches, regions and hidden units: larger is finer, and dearer
    every_us  patches are looked at after events at multiples of so many microseconds; 0: at the end of each instant
    least_us  least time between two looks at a patch without events; 0: it is never looked at
    code      "sigma-delta", or "pd": what patches have sent decays by itself, with the time constant fade_us
    rows      how many answers can be read in one run
    updates   how many values of the gyroscope can wait at a time

    Ports for a clock: `eye.spikes` (pixels: `width` of the weights; ON +1, OFF -1) and `head` (values 0 to n_out - 1
    are the gyroscope's rates). Time begins at 0. Needs weights with a head.
    """

    def __init__(
        self, weights: FusionWeights, *, a: tuple[float, float, float] = (2.0, 2.0, 2.0), every_us: int = 1000,
        least_us: int = 4000, code: str = "sigma-delta", fade_us: float = 30_000.0, rows: int = 1,
        updates: int = 1024, dtype: str = "float32",
    ) -> None:  # fmt: skip
        if len(a) != 3 or not all(0 < part < np.inf for part in a):
            raise ModelError(f"a is {a}; wanted three numbers above 0: patches, regions, hidden units")
        if code not in CODES:
            raise ModelError(f"code is {code!r}; wanted {' or '.join(map(repr, CODES))}")
        if weights.head is None:
            raise ModelError("these weights have no head: the network has not been put together with a gyroscope yet")
        self.weights, self.a, self.code, head = weights, a, code, weights.head
        self.net = net = en.Network(dtype)
        w, k = weights, weights.n_filters
        patch, pool, hidden = a[0] / w.filter_std, a[1] / w.pool_std, a[2] / w.hidden_std
        kernel = w.filters.reshape(len(w.tau_us) * k, 1, w.size, w.size)
        stride = (w.stride, w.stride)
        window = en.Geometry.window((1, w.height, w.width), len(kernel), (w.size, w.size), stride)
        patches = (k, *w.patches)
        regions = en.Geometry.window(patches, k, w.pool, w.pool_stride)
        block, looks = net.weights(kernel_rows(kernel, stride), "filters"), {"every": every_us, "least": least_us}
        most = [units * (8 + 8 * math.ceil(part)) for units, part in zip((regions.units_in, regions.units_out), a)]
        bias_hidden, k_pool = w.hidden_bias, np.tile(pool / patch, regions.places_out)
        self.eye: en.LeakyFilters | en.DecayingFilters
        self.pool: en.SigmaDeltaPool | en.DecayingPool
        if code == "pd":
            self.eye = net.add(en.DecayingFilters(
                window, block, w.tau_us, fade=fade_us, bias=w.bias, scale=patch, most=most[0], name="eye", **looks,
            ))  # fmt: skip
            self.pool = net.add(
                en.DecayingPool(regions, fade=fade_us, k=k_pool, least=least_us, most=most[1], name="pool")
            )
            # Patches say what they are above their rest; hidden units know what that is.
            bias_hidden = bias_hidden + np.tile(np.maximum(w.bias, 0), regions.places_out) @ w.hidden
        else:
            self.eye = net.add(en.LeakyFilters(
                window, block, w.tau_us, bias=w.bias, scale=patch, most=most[0], name="eye", **looks,
            ))  # fmt: skip
            self.pool = net.add(en.SigmaDeltaPool(regions, k=k_pool, name="pool"))
        rows_hidden = w.hidden / np.tile(pool, regions.places_out)[:, None] * hidden
        self.hidden = net.add(en.SigmaDelta(
            en.Geometry.dense(*w.hidden.shape), net.weights(rows_hidden, "hidden"), bias=bias_hidden * hidden,
            baked=True, name="hidden",
        ))  # fmt: skip
        self.head = net.add(en.LeakyReadout(
            2 * w.n_out, net.weights(head.mix, "mix"), net.weights(np.zeros((rows, 3 * w.n_out)), "answers"),
            tau=head.tau_us, ramp=head.ramp, weights=net.weights(w.out / hidden[:, None], "out"),
            updates=net.weights(np.zeros((updates, 2)), "updates"),
            start=np.concatenate((np.zeros(w.n_out), w.out_bias)), name="head",
        ))  # fmt: skip
        net.connect(self.eye.out, self.pool.spikes)
        net.connect(self.pool.out, self.hidden.spikes)
        net.connect(self.hidden.out, self.head.spikes)

    def simulation(self, **options: Any) -> en.Simulation:
        """A simulation in which everything has been looked at once, at time 0: biases count. Options of Simulation."""
        simulation = en.Simulation(self.net, **options)
        simulation.inject(self.begins())
        return simulation

    def begins(self) -> NDArray[Any]:
        """Inputs that look at everything once, at time 0."""
        begins = [self.eye.begin] if isinstance(self.eye, en.LeakyFilters) else []
        return en.events([(0, port, 0, 1) for port in (*begins, self.hidden.look)])

    def reads(self, times: NDArray[Any]) -> NDArray[Any]:
        """Inputs that write the answers at these times, [n] in microseconds and in order, to rows 0, 1, 2, ..."""
        if len(times) > self.head.n_answers:
            raise ModelError(f"{len(times)} answers are to be read, but there are {self.head.n_answers} rows for them")
        made = np.zeros(len(times), en.EVENT)
        made["t"], made["port"], made["index"], made["sign"] = times, int(self.head.read), np.arange(len(times)), 1
        return made

    def answers(self, simulation: en.Simulation) -> dict[str, NDArray[Any]]:
        """The answers that were read, each [rows, n_out] in degrees a second: "fused", "dvs" and "gyro"."""
        found = simulation.weights("answers")
        return dict(zip(("fused", "dvs", "gyro"), np.split(found, 3, axis=1)))
