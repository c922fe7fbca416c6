"""Small conventional networks of every kind of layer, with samples for them."""

import numpy as np

from eventnet.models.conventional import ConventionalNetwork
from eventnet.models.layers import AveragePool2d, ConvSpec, DenseSpec

IMAGE = (2, 7, 6)
BLUEPRINTS = {
    "dense": ([4, 5, 3], (6,)),
    "dense, normalized": ([DenseSpec(4, normalize=True), DenseSpec(3, normalize=True)], (6,)),
    "convolution": ([ConvSpec(3, 3), 3], IMAGE),
    "strided and padded": ([ConvSpec(3, (3, 2), stride=(2, 1), padding=(1, 2)), ConvSpec(2, 2), 3], IMAGE),
    "padded on two sides": ([ConvSpec(3, 3, stride=2, padding=(2, 0, 1, 3)), ConvSpec(2, 2, padding=1), 3], IMAGE),
    "pool": ([ConvSpec(3, 2), AveragePool2d(2), 3], IMAGE),
    "pools that overlap": ([ConvSpec(2, 2), AveragePool2d((3, 2), stride=(2, 1), padding=(1, 0, 0, 2)), 4, 3], IMAGE),
    "pool first": ([AveragePool2d(2, padding=1), ConvSpec(2, 2), 3], IMAGE),
    "normalized": (
        [ConvSpec(3, 3, stride=2, padding=(0, 1, 2, 1), normalize=True), ConvSpec(2, 2, normalize=True), 4, 3],
        IMAGE,
    ),
    "maps straight into dense": ([4, 3], IMAGE),
}
SMALL = {"batch": 4, "learning_rate": 0.1, "seed": 3}


def samples(shape, n=9, seed=0, classes=3):
    """Inputs of which a third is zero, and labels."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, *shape)) * (random.uniform(size=(n, *shape)) > 1 / 3)
    return x, random.integers(0, classes, n)


def network(name, **options):
    blueprint, shape = BLUEPRINTS[name]
    return ConventionalNetwork.of(blueprint, shape, **(SMALL | {"dtype": "float64"} | options))


def same(a, b):
    """Whether two networks hold the same bytes."""
    return all(np.array_equal(a._state()[name], array) for name, array in b._state().items())
