"""Random trained networks on a grid of 2^-8, and what a rounding network makes of a frame, by loops over windows.

On the grid all sums are exact, so that every order of additions gives the same bytes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from eventnet.models.layers import (
    AveragePool2d,
    Clip,
    Conv2d,
    Dense,
    Flatten,
    HardSigmoid,
    Identity,
    LeakyReLU,
    MaxPool2d,
    ReLU,
    Residual,
    Sigmoid,
    Softmax,
    Tanh,
)

LINEAR = (Dense, Conv2d, AveragePool2d)


class Net(NamedTuple):
    """Layers, the shape of a frame, the shapes of all quantities that are sent, and a scale for each."""

    layers: list[Any]
    shape: tuple[int, ...]
    shapes: list[tuple[int, ...]]
    scales: list[Any]


def grid(rng: np.random.Generator, *shape: int, most: float = 1.0) -> Any:
    """Multiples of 2^-8 up to `most`."""
    return rng.integers(-int(most * 256), int(most * 256) + 1, shape) / 256


def dense_net(seed: int = 0, sizes: tuple[int, ...] = (6, 8, 5, 3)) -> Net:
    """ReLU layers; scales are powers of 2."""
    rng, layers = np.random.default_rng(seed), []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [Dense(grid(rng, a, b), grid(rng, b)), ReLU()]
    shapes = [(n,) for n in sizes[:-1]]
    return Net(layers[:-1], (sizes[0],), shapes, [2.0 ** rng.integers(0, 4) for _ in shapes])


def conv_net(seed: int, pools: bool = True, relu: bool = False) -> Net:
    """Convolutions with strides and lopsided padding, average pools of 1, 2 or 4 places, dense layers at the end."""
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in (rng.integers(1, 4), rng.integers(4, 8), rng.integers(4, 8)))
    first, layers, shapes = shape, [], []
    activations: list[Any] = [ReLU(), Identity()] if relu else [ReLU(), HardSigmoid(), Identity()]
    for _ in range(int(rng.integers(1, 4))):
        stride, padding = tuple(rng.integers(1, 3, 2)), tuple(rng.integers(0, 3, 4))
        if pools and rng.random() < 0.35:
            size = [(1, 2), (2, 1), (2, 2)][int(rng.integers(3))]
            layer, channels = AveragePool2d(size, stride=stride, padding=padding), shape[0]
        else:
            size, channels = tuple(int(n) for n in rng.integers(1, 4, 2)), int(rng.integers(1, 6))
            weights = grid(rng, channels, shape[0], *size, most=0.5)
            layer = Conv2d(weights, grid(rng, channels), stride=stride, padding=padding)
        around = shape[1] + padding[0] + padding[2], shape[2] + padding[1] + padding[3]
        if size[0] > around[0] or size[1] > around[1]:
            continue
        layers.append(layer)
        shapes.append(shape)
        shape = (
            channels,
            len(range(0, around[0] - size[0] + 1, stride[0])),
            len(range(0, around[1] - size[1] + 1, stride[1])),
        )
        layers.append(activations[int(rng.integers(len(activations)))])
    if not layers or rng.random() < 0.7:
        units = int(np.prod(shape))
        layers += [
            Flatten(),
            Dense(grid(rng, units, 5, most=0.5), grid(rng, 5)),
            ReLU(),
            Dense(grid(rng, 5, 3), grid(rng, 3)),
        ]
        shapes += [shape, (5,)]
    return Net(layers, first, shapes, [2.0 ** rng.integers(0, 4) for _ in shapes])


def spread_net(seed: int, relu: bool = False) -> Net:
    """Convolutions with groups and dilation, activations with parameters that are powers of 2, a dense layer."""
    rng = np.random.default_rng(seed)
    first = shape = (int(rng.choice([2, 4])), int(rng.integers(6, 9)), int(rng.integers(6, 9)))
    activations: list[Any] = [LeakyReLU(0.25)] if relu else [LeakyReLU(-0.5), Clip(-0.5, 1.5), LeakyReLU(0.25), ReLU()]
    layers: list[Any] = []
    shapes = []
    for _ in range(2):
        groups, channels = int(rng.choice([g for g in (1, 2, 4) if shape[0] % g == 0])), int(rng.choice([4, 8]))
        size, dilation, stride = (tuple(int(n) for n in rng.integers(1, most, 2)) for most in (4, 4, 3))
        padding = tuple(int(n) for n in rng.integers(1, 4, 4))
        weights = grid(rng, channels, shape[0] // groups, *size, most=0.5)
        around = shape[1] + padding[0] + padding[2], shape[2] + padding[1] + padding[3]
        dilation = tuple(d if d * (k - 1) < n else 1 for d, k, n in zip(dilation, size, around))
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        layers += [Conv2d(weights, grid(rng, channels), **options), activations[int(rng.integers(len(activations)))]]
        shapes.append(shape)
        rows, columns = (range(0, n - d * (k - 1), s) for n, d, k, s in zip(around, dilation, size, stride))
        shape = (channels, len(rows), len(columns))
    units = int(np.prod(shape))
    layers += [Flatten(), Dense(grid(rng, units, 3, most=0.5), grid(rng, 3))]
    return Net(layers, first, [*shapes, shape], [2.0 ** rng.integers(0, 4) for _ in range(3)])


def joined_net(seed: int) -> Net:
    """A max pool, a residual whose shortcut is the map itself, and one whose shortcut is a kernel of one word."""
    rng = np.random.default_rng(seed)
    draw = lambda *shape: grid(rng, *shape, most=0.5)  # noqa: E731
    first = (2, int(rng.integers(6, 9)), int(rng.integers(6, 9)))
    inner = [Conv2d(draw(3, 3, 3, 3), draw(3), padding=1), ReLU(), Conv2d(draw(3, 3, 1, 1), draw(3))]
    pool = MaxPool2d((3, 2), stride=(2, 1), padding=(1, 0, 2, 1))
    wider = Residual([Conv2d(draw(4, 3, 3, 3), padding=1), LeakyReLU(0.5)], [Conv2d(draw(4, 3, 1, 1), draw(4))])
    layers = [Conv2d(draw(3, 2, 3, 3), draw(3), padding=1), pool, ReLU(), Residual(inner), ReLU(), wider, Flatten()]
    before, pooled = (3, *first[1:]), (3, (first[1] + 3 - 3) // 2 + 1, first[2] + 1 - 2 + 1)
    wide = (4, *pooled[1:])
    layers += [Dense(draw(int(np.prod(wide)), 3), grid(rng, 3))]
    shapes = [first, before, pooled, pooled, pooled, pooled, wide, wide, wide]
    return Net(layers, first, shapes, [2.0 ** rng.integers(0, 4) for _ in shapes])


def unit_scales(net: Net, seed: int, by_channel: bool = False) -> list[Any]:
    """Powers of 2, one a unit; where a kernel reads them (or for all maps) one a channel, where a pool reads them one."""
    rng, scales = np.random.default_rng(seed), []
    for layer, shape in zip([layer for layer in net.layers if isinstance(layer, LINEAR)], net.shapes):
        each = 2.0 ** rng.integers(0, 4, shape)
        if isinstance(layer, AveragePool2d):
            each = np.full(shape, each.flat[0])
        elif len(shape) == 3 and (by_channel or isinstance(layer, Conv2d)):
            each = np.broadcast_to(each[:, :1, :1], shape)
        scales.append(each)
    return scales


def slow_frames(net: Net, n: int, seed: int = 0, moving: float = 0.2) -> Any:
    """Frames in which a few inputs change; the fifth is the fourth again."""
    rng = np.random.default_rng(seed)
    frames = [grid(rng, *net.shape, most=2)]
    for k in range(1, n):
        new = np.where(rng.random(net.shape) < moving, grid(rng, *net.shape, most=2), frames[-1])
        frames.append(frames[-1] if k == 4 else new)
    return np.array(frames)


# --- the rounding network by loops -----------------------------------------------------------------------------------
def nearest(x: Any) -> Any:
    """Whole numbers, halves up."""
    x = np.asarray(x, np.float64)
    up = np.ceil(x)
    return np.where(up - x <= 0.5, up, up - 1)


def activated(layer: Any, u: Any) -> Any:
    if isinstance(layer, ReLU):
        return np.where(u > 0, u, 0.0)
    if isinstance(layer, HardSigmoid):
        return np.minimum(np.maximum(u, 0.0), 1.0)
    if isinstance(layer, Tanh):
        return np.tanh(u)
    if isinstance(layer, Sigmoid):
        return 0.5 * (1 + np.tanh(u / 2))
    if isinstance(layer, LeakyReLU):
        return np.where(u > 0, u, u * layer.slope)
    if isinstance(layer, Clip):
        return np.minimum(np.maximum(u, layer.low), layer.high)
    if isinstance(layer, Flatten):
        return u.ravel()
    if isinstance(layer, Softmax):
        return np.exp(u) / np.exp(u).sum()
    return u


def windowed(layer: Any, x: Any) -> Any:
    """A convolution without bias, or a mean over windows, place by place."""
    top, left, bottom, right = layer.padding
    largest, pools = isinstance(layer, MaxPool2d), not isinstance(layer, Conv2d)
    around = np.pad(x, ((0, 0), (top, bottom), (left, right)), constant_values=-1e9 if largest else 0)
    tall, wide = layer.size
    rows, columns = (range(0, n - m + 1, step) for n, m, step in zip(around.shape[1:], (tall, wide), layer.stride))
    made = np.zeros((len(x) if pools else len(layer.weights), len(rows), len(columns)))
    for r, y in enumerate(rows):
        for c, left_side in enumerate(columns):
            seen = around[:, y : y + tall, left_side : left_side + wide]
            if largest:
                made[:, r, c] = seen.max(axis=(1, 2))
                continue
            made[:, r, c] = seen.sum(axis=(1, 2)) / (tall * wide) if pools else sums_of(layer, seen)
    return made


def sums_of(layer: Any, seen: Any) -> list[Any]:
    """What each output channel of a convolution sums of one window."""
    down, across = layer.dilation
    words, each, share = seen[:, ::down, ::across], len(layer.weights) // layer.groups, len(seen) // layer.groups
    return [(words[o // each * share :][:share] * w).sum() for o, w in enumerate(layer.weights)]


def rounding_frame(layers: list[Any], frame: Any, scales: list[Any]) -> tuple[Any, list[Any]]:
    """The output for one frame, and the whole number of every quantity."""
    numbers: list[Any] = [None]
    value = _chain(layers, np.asarray(frame, np.float64), 0, scales, numbers)[0]
    return value, numbers[: len(scales)]


def _chain(layers: Any, value: Any, at: int, scales: list[Any], numbers: list[Any]) -> tuple[Any, int]:
    """The values behind a chain that begins at quantity `at`, and which quantity they are."""
    for layer in layers:
        if isinstance(layer, Residual):
            ways = [_chain(way, value, at, scales, numbers) for way in (layer.body, layer.shortcut)]
            (one, _), (other, _) = (_sent(end, k, scales, numbers) for end, k in ways)
            value = one / scales[ways[0][1]] + other / scales[ways[1][1]]
        elif isinstance(layer, (*LINEAR, MaxPool2d)):
            sent, by = _sent(value, at, scales, numbers)
            if isinstance(layer, Dense):
                value = np.array([(sent * w).sum() for w in layer.weights.T]) / by + layer.bias
            else:
                value = windowed(layer, sent) / by
                value = value + layer.bias[:, None, None] if isinstance(layer, Conv2d) else value
        else:
            value = activated(layer, value)
            continue
        at = len(numbers)
        numbers.append(None)
    return value, at


def _sent(value: Any, at: int, scales: list[Any], numbers: list[Any]) -> tuple[Any, Any]:
    """What is sent of a quantity, and what divides the sums of it: whole numbers and k, or k's part in each and 1."""
    k = np.asarray(scales[at], np.float64)
    k = k if k.ndim == 0 else k.reshape(value.shape)
    numbers[at] = nearest(k * value)
    return (numbers[at], k) if k.ndim == 0 else (numbers[at] / k, 1.0)


def fans(net: Net) -> list[Any]:
    """For every quantity how many sums each unit takes part in, counted window by window."""
    found = []
    for layer, shape in zip([layer for layer in net.layers if isinstance(layer, LINEAR)], net.shapes):
        if isinstance(layer, Dense):
            found.append(np.full(shape, layer.weights.shape[1]))
            continue
        top, left, bottom, right = layer.padding
        count = np.zeros((shape[1] + top + bottom, shape[2] + left + right), dtype=np.int64)
        (tall, wide), (down, across) = layer.size, (1, 1)
        each = 1
        if isinstance(layer, Conv2d):
            (down, across), each = layer.dilation, len(layer.weights) // layer.groups
        for y in range(0, count.shape[0] - tall + 1, layer.stride[0]):
            for x in range(0, count.shape[1] - wide + 1, layer.stride[1]):
                count[y : y + tall : down, x : x + wide : across] += each
        inside = count[top : top + shape[1], left : left + shape[2]]
        found.append(np.broadcast_to(inside, shape))
    return found
