"""The network of the reproductions on video: a small convolutional one that names digits in video frames.

It is trained here and kept in the output folder, so that the reproductions share it. Scales are one number a layer,
k = c / (the 99th percentile of its positive activations); every c is 4, 8, 16, 32 or 64, or half or a quarter of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.data import Digits, digits, mnist
from eventnet.engine.journal import going_on
from eventnet.errors import DataError
from eventnet.models import ConventionalNetwork, ConvSpec, DenseSpec, SigmaDeltaNetwork, percentile_scales
from eventnet.models.layers import Floats, Layer, Spec, forward
from eventnet.models.sigma_delta import synaptic_adds
from eventnet.models.stages import rounding_forward
from eventnet.scenarios.reproductions.common.digits_in_video import (
    CLASSES,
    CLIPS,
    SIDE,
    VIDEOS,
    Drawn,
    Scenes,
    clip,
    samples,
    scenes,
    video_path,
)
from eventnet.scenarios.reproductions.common.report import Request

BLUEPRINT: list[Spec | int] = [
    ConvSpec(16, 5, stride=2, padding=2, normalize=True),
    ConvSpec(32, 3, stride=2, padding=1, normalize=True),
    ConvSpec(64, 3, stride=2, padding=1, normalize=True),
    DenseSpec(CLASSES),
]
LAYERS = ("conv 5x5, 16", "conv 3x3, 32", "conv 3x3, 64", "dense, 11")
INPUT = (1, SIDE, SIDE)
PASSES, QUICK_PASSES, SAMPLES = 100, 6, 4000
"""The network learns from so many times 4,000 samples, drawn anew each time."""
RATE, MOMENTUM, BATCH = 0.01, 0.9, 32
QUICK_FRAMES = 180
HELD_OUT = 4000
COARSENESS = (4, 8, 16, 32, 64)
AGREEMENT, WANTED = 0.95, 0.97
"""With the original: what is aimed at, and what scales must reach where they are chosen, as other frames agree less."""
CLIPS_TO_CHOOSE_ON = 5
TOGETHER = 50
"""Frames that NumPy computes at once: it bounds the memory that convolutions take."""


class Ready(NamedTuple):
    """A trained network and what it is tried on; accuracy: by video, the share of right answers on held-out frames."""

    network: ConventionalNetwork
    layers: list[Layer]
    scenes: dict[str, Scenes]
    digits: Digits
    accuracy: dict[str, float]


class Choice(NamedTuple):
    """c by layer, the scales it gives, the agreement that it reached, and the one c for all layers it began with."""

    c: tuple[float, ...]
    scales: list[Floats]
    agreement: float
    begin: int

    @property
    def name(self) -> str:
        return " ".join(f"{c:g}" for c in self.c)


class Costs(NamedTuple):
    """outputs [n, 11] and synaptic adds [n, layers] of n frames, as the engine gave and counted them."""

    outputs: Floats
    adds: NDArray[np.int64]


def ready(request: Request) -> Ready:
    """Videos and digits of the request's folder, and the network that has learned from their first part."""
    paths = {name: video_path(request.data, name) for name in VIDEOS}
    data = digits() if request.quick else mnist_of(request)
    request.say("  reading the videos")
    found = {name: scenes(path, QUICK_FRAMES if request.quick else None) for name, path in paths.items()}
    network = trained(request, [scene.learning for scene in found.values()], data)
    accuracy = {}
    for name, scene in found.items():
        drawn = samples([scene.judging], data.x_test, data.y_test, HELD_OUT, np.random.default_rng(request.seed))
        accuracy[name] = network.score(drawn.x, drawn.labels)
    return Ready(network, network.layers(), found, data, accuracy)


def mnist_of(request: Request) -> Digits:
    """MNIST from the request's folder, or from its folder `mnist`."""
    assert request.data is not None
    inner = request.data / "mnist"
    return mnist(inner if inner.is_dir() else request.data)


def trained(request: Request, frames: Sequence[NDArray[np.uint8]], data: Digits) -> ConventionalNetwork:
    """The network after learning; one that was kept under the same settings and data is taken up again."""
    passes = QUICK_PASSES if request.quick else PASSES
    settings = (BLUEPRINT, passes, SAMPLES, RATE, MOMENTUM, BATCH, request.seed)
    name = hashlib.sha256(repr(settings).encode())
    for array in (*frames, data.x_train):
        name.update(array.tobytes())
    path = request.out / f"digits-in-video-{name.hexdigest()[:12]}.npz"
    try:
        return ConventionalNetwork.load(path)
    except DataError:
        request.say(f"  training the network on {passes * SAMPLES:,} samples; it is kept as {path.name}")
    network = ConventionalNetwork.of(
        BLUEPRINT, INPUT, learning_rate=RATE, momentum=MOMENTUM, batch=BATCH, seed=request.seed
    )
    made: dict[str, Any] = {"network": network, "random": np.random.default_rng(request.seed)}
    for k in going_on(made, passes, path.name):
        network, random = made["network"], made["random"]
        network.learning_rate = RATE * (1 - k / passes)
        drawn = samples(frames, data.x_train, data.y_train, SAMPLES, random, varied=True)
        network.partial_fit(drawn.x, drawn.labels)
        if (k + 1) % max(passes // 10, 1) == 0:
            right = network.score(drawn.x, drawn.labels)
            request.say(f"  {(k + 1) * SAMPLES:,} samples: {100 * right:.1f}% of the last {SAMPLES:,} right")
    learned: ConventionalNetwork = made["network"]
    learned.save(path)
    return learned


def clip_of(ready: Ready, video: str, part: str, kind: str, n: int, seed: int) -> Drawn:
    """A clip of the frames to choose scales on or to judge by, each with digits of its own half of the test digits."""
    scene, middle = ready.scenes[video], len(ready.digits.x_test) // 2
    half = slice(0, middle) if part == "choosing" else slice(middle, None)
    frames = scene.choosing if part == "choosing" else scene.judging
    random = np.random.default_rng(seed)
    return clip(frames, kind, n, ready.digits.x_test[half], ready.digits.y_test[half], random)


def decisions(layers: Sequence[Layer], x: Any) -> NDArray[np.int64]:
    """The answers of the original network, [n]."""
    return np.concatenate([forward(layers, part).argmax(axis=1) for part in parts(x)])


def parts(x: Any) -> list[Any]:
    """x in parts of a few frames."""
    return [x[begin : begin + TOGETHER] for begin in range(0, len(x), TOGETHER)]


def choose(ready: Ready, video: str, n: int, seed: int) -> Choice:
    """Coarse scales for one video, at which the rounding network decides as the original does, nearly always.

    Chosen on moving digits: where all answers are the same, scales may be so coarse that no other can be given. First
    comes the coarsest c of the list for all layers, the best where none will do; then c is halved by layer, the
    costliest first, as long as decisions allow. Judged on every 5th frame of 5 clips of n frames each, of frames and
    digits to choose on. A Sigma-Delta network has the rounding network's outputs, so all this holds for it as well.
    """
    clips = [clip_of(ready, video, "choosing", CLIPS[2], n, seed + k).x for k in range(CLIPS_TO_CHOOSE_ON)]
    x = np.concatenate([frames[::CLIPS_TO_CHOOSE_ON] for frames in clips])
    wanted = decisions(ready.layers, x)
    units = percentile_scales(ready.layers, x[:: max(len(x) // 100, 1)], 1)

    def agreement(c: tuple[float, ...]) -> float:
        found = [rounding_forward(ready.layers, part, _times(c, units)).outputs.argmax(axis=1) for part in parts(x)]
        return float(np.mean(np.concatenate(found) == wanted))

    reached: dict[int, float] = {}
    for c in COARSENESS:
        reached[c] = agreement((c,) * len(units))
        if reached[c] >= WANTED:
            break
    begin = max(reached, key=lambda c: reached[c])
    best, share = (float(begin),) * len(units), reached[begin]
    network = SigmaDeltaNetwork.from_layers(ready.layers, scales=_times(best, units), input_shape=INPUT)
    costs = counted(network, clips[0][: 2 * TOGETHER]).adds[1:].sum(axis=0)
    for divisor in (2, 4) if share >= WANTED else ():
        for layer in np.argsort(-costs):
            trial = (*best[:layer], begin / divisor, *best[layer + 1 :])
            if (found := agreement(trial)) >= WANTED:
                best, share = trial, found
    return Choice(best, _times(best, units), share, begin)


def _times(c: tuple[float, ...], units: list[Floats]) -> list[Floats]:
    return [np.asarray(each * unit) for each, unit in zip(c, units)]


def counted(network: SigmaDeltaNetwork, frames: Any) -> Costs:
    """Show frames one by one and read the tally after each."""
    outputs, totals = [], [_adds(network)]
    for frame in frames:
        outputs.append(network.update(frame))
        totals.append(_adds(network))
    return Costs(np.array(outputs), np.diff(np.array(totals), axis=0))


def _adds(network: SigmaDeltaNetwork) -> list[int]:
    by_layer = synaptic_adds(network.tally_since_reset)
    return [by_layer.get(f"layer{k}", 0) for k in range(len(LAYERS))]
