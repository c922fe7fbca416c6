"""The network that puts a camera of events and a gyroscope together: learned weights, and modules on the engine.

    events -> LeakyFilters -> SigmaDeltaPool -> SigmaDelta (relu) -> LeakyReadout <- gyroscope

Signed events enter as signed spikes, with no quantizer. Each layer sends the changes of its activations in quanta of
std / a, where std is the activation's standard deviation over the training data. Where what patches have sent decays by
itself (code "pd"), the first two are DecayingFilters and DecayingPool.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.base.files import described, read_npz, write_npz
from eventnet.errors import ModelError
from eventnet.given import SEEDS, whole_number
from eventnet.kernels.patches import kernel_rows

FORMAT = "eventnet-fusion-1"
NOISES = (10.0, 1.0)
"""White noise, degrees a second at each sample, of the gyroscopes that there are trained weights for."""

Floats = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Head:
    """Fusion of the sensors: a linear read-out of inputs and of leaky traces of them.

    tau_us  time constants of the traces
    ramp    which of them grow from nothing as 1 - exp(-t / tau)
    mix     float32 [1 + n_in * (1 + T), n_answers], rows as in `LeakyReadout`: biases; inputs (gyroscope, then rates of
            the camera); traces, by input and time constant. Answers: fused, camera alone, gyroscope alone.
    """

    tau_us: tuple[float, ...]
    ramp: tuple[bool, ...]
    mix: Floats

    def __post_init__(self) -> None:
        _set(self, "tau_us", _times("the head's tau_us", self.tau_us))
        _set(self, "ramp", tuple(bool(ramp) for ramp in self.ramp))
        if len(self.ramp) != len(self.tau_us):
            raise ModelError(f"the head's ramp has {len(self.ramp)} entries for {len(self.tau_us)} time constants")


@dataclass(frozen=True, eq=False)
class FusionWeights:
    """Weights of the network from signed events to rates, float32, and the scales of its layers.

    width, height      pixels (after binning, where events are binned)
    tau_us             time constants of the filters' traces, M of them
    filters, bias      [M, K, size, size] and [K]: h = relu(bias + sum over m of filter m on the trace of tau m)
    stride             pixels from a patch to the next
    pool, pool_stride  averages of h over regions of so many patches (down, across)
    hidden, hidden_bias  [regions * K, H] and [H], rows channel-last (region * K + k); relu
    out, out_bias      [H, n_out] and [n_out]: rates in degrees a second about the camera's x, y and z
    filter_std, pool_std, hidden_std  [K], [K], [H]: standard deviations over the training data. A layer's scale, quanta
                       a unit, is a / std.
    head               None where the network has not been put together with a gyroscope yet
    manifest           where they come from: seed, command, versions, training set

    Raises ModelError for arrays that do not fit together.
    """

    width: int
    height: int
    tau_us: tuple[float, ...]
    filters: Floats
    bias: Floats
    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats
    filter_std: Floats
    pool_std: Floats
    hidden_std: Floats
    stride: int = 4
    pool: tuple[int, int] = (5, 6)
    pool_stride: tuple[int, int] = (3, 3)
    head: Head | None = None
    manifest: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        _set(self, "tau_us", _times("tau_us", self.tau_us))
        _set(self, "pool", tuple(self.pool))
        _set(self, "pool_stride", tuple(self.pool_stride))
        if np.ndim(self.filters) != 4:
            raise ModelError(f"filters have shape {np.shape(self.filters)}; wanted [time constants, filters, y, x]")
        rows, columns = self.patches
        if min(rows, columns, self.stride, *self.pool_stride) < 1 or self.pool[0] > rows or self.pool[1] > columns:
            raise ModelError(f"regions of {self.pool} do not fit into {rows} x {columns} patches")
        k, h, regions = self.n_filters, np.shape(self.hidden)[-1], self.regions[0] * self.regions[1]
        shapes = {
            "filters": (len(self.tau_us), k, self.size, self.size), "bias": (k,), "hidden": (regions * k, h),
            "hidden_bias": (h,), "out": (h, self.n_out), "out_bias": (self.n_out,), "filter_std": (k,),
            "pool_std": (k,), "hidden_std": (h,),
        }  # fmt: skip
        for name, shape in shapes.items():
            _set(self, name, _array(name, getattr(self, name), shape))
            if name.endswith("_std") and getattr(self, name).min() <= 0:
                raise ModelError(f"{name} goes from {getattr(self, name).min()}; wanted numbers above 0")
        if self.head is not None:
            inputs = 2 * self.n_out
            mix = _array("the head's mix", self.head.mix, (1 + inputs * (1 + len(self.head.tau_us)), 3 * self.n_out))
            _set(self.head, "mix", mix)

    @property
    def size(self) -> int:
        """Pixels along a patch."""
        return int(np.shape(self.filters)[3])

    @property
    def n_filters(self) -> int:
        """Number of filters, K."""
        return int(np.shape(self.filters)[1])

    @property
    def n_out(self) -> int:
        """Number of rates that are estimated."""
        return int(np.shape(self.out)[-1])

    @property
    def patches(self) -> tuple[int, int]:
        """Patches, down and across."""
        return (self.height - self.size) // self.stride + 1, (self.width - self.size) // self.stride + 1

    @property
    def regions(self) -> tuple[int, int]:
        """Regions of patches, down and across."""
        (rows, columns), (high, wide), (down, right) = self.patches, self.pool, self.pool_stride
        return (rows - high) // down + 1, (columns - wide) // right + 1

    def save(self, path: str | Path) -> None:
        """Write them to one .npz with a JSON member, never pickled; a failed write leaves the old file."""
        text, arrays = _parts(self)
        if self.head is not None:
            text["head"], mix = _parts(self.head)
            arrays["head_mix"] = mix["mix"]
        write_npz(path, json.dumps({"format": FORMAT, **text}), arrays)

    @classmethod
    def load(cls, path: str | Path) -> FusionWeights:
        """Read a file of weights. Raises DataError for one that is absent, damaged or holds what does not fit."""
        text, arrays = read_npz(path, FORMAT)
        with described(path, "weights of this network"):
            text.pop("format")
            if text["head"] is not None:
                text["head"] = Head(**text["head"], mix=arrays.pop("head_mix"))
            given: dict[str, Any] = {**text, **arrays}
            return cls(**given)

    @classmethod
    def shipped(cls, noise: float = NOISES[0]) -> FusionWeights:
        """The trained weights that come with the package: 64 x 48 pixels, three rates.

        Their head is that of a gyroscope with a bias of 5 degrees a second and this white noise, 10 or 1; the camera's
        part is the same in both. Raises ModelError for another noise.
        """
        return cls.load(shipped_at(noise))

    @classmethod
    def random(cls, seed: int = 0) -> FusionWeights:
        """Weights that have learned nothing, for 64 x 48 pixels and three rates."""
        rng = np.random.default_rng(whole_number("seed", seed, *SEEDS))
        draw = lambda fan_in, *shape: rng.normal(0, np.sqrt(2 / fan_in), shape)  # noqa: E731
        taus, k, h = (8e3, 30e3, 120e3), 16, 64
        head = Head((3e3, 10e3, 1e6), (False, False, True), draw(25, 25, 9))
        return cls(
            64, 48, taus, draw(3 * 64, 3, k, 8, 8), np.zeros(k), draw(12 * k, 12 * k, h), np.zeros(h), draw(h, h, 3),
            np.zeros(3), np.ones(k), np.ones(k), np.ones(h), head=head, manifest={"seed": seed, "training set": "none"},
        )  # fmt: skip


def shipped_at(noise: float) -> Path:
    """The path of the trained weights for a gyroscope with this noise. Raises ModelError where there are none."""
    if noise not in NOISES:
        raise ModelError(
            f"there are trained weights for a noise of {' and '.join(f'{n:g}' for n in NOISES)}, not {noise}"
        )
    return Path(__file__).with_name(f"noise-{noise:g}.npz")


def _parts(described: Any) -> tuple[dict[str, Any], dict[str, Floats]]:
    """Fields for the JSON text, and those that are arrays."""
    values = {field.name: getattr(described, field.name) for field in fields(described) if field.name != "head"}
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    return {name: value for name, value in values.items() if name not in arrays} | (
        {"head": None} if isinstance(described, FusionWeights) else {}
    ), arrays


def _set(described: Any, name: str, value: Any) -> None:
    object.__setattr__(described, name, value)


def _times(name: str, given: Any) -> tuple[float, ...]:
    times = tuple(float(tau) for tau in given)
    if not times or not all(0 < tau < np.inf for tau in times):
        raise ModelError(f"{name} is {given}; wanted times above 0, in microseconds")
    return times


def _array(name: str, given: Any, shape: tuple[int, ...]) -> Floats:
    array = np.ascontiguousarray(given, np.float32)
    if array.shape != shape or not np.all(np.isfinite(array)):
        raise ModelError(f"{name} has shape {list(array.shape)}; wanted {list(shape)} finite numbers")
    return array


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
