"""The options of a Deep Spiking Network: their defaults, what they may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import eventnet as en
from eventnet.errors import ModelError
from eventnet.models.blueprint import whole

OPTIONS: dict[str, Any] = {
    "steps": 10,
    "rule": "fsgd",
    "learning_rate": 0.01,
    "hold_error": True,
    "smooth": False,
    "input_sum": "at once",
    "backward_reset": "none",
    "column": "before",
    "regularization": 0.0,
    "order": "breadth",
    "dtype": "float32",
    "init_scale": 0.01,
    "seed": 1234,
    "gate": "not negative",
    "output": "sums",
    "rectify_inputs": False,
    "coalesce": "none",
    "engine": "compiled",
}
CHOICES = {
    "rule": ("fsgd", "sgd"), "backward_reset": ("none", "zero", "random"), "column": ("before", "after"),
    "dtype": ("float32", "float64", "int32"), "gate": ("not negative", "positive"),
    "input_sum": ("at once", "after"), "output": ("sums", "counts"), "coalesce": ("none", "burst"),
    "engine": ("compiled", "reference"),
}  # fmt: skip


def check_options(sizes: Sequence[int], o: Mapping[str, Any]) -> None:
    """Raises ModelError that names the first option which makes no sense, or which does not go with another."""
    for name, allowed in CHOICES.items():
        if o[name] not in allowed:
            raise ModelError(f"{name} is {o[name]!r}; it can be {' or '.join(map(repr, allowed))}")
    if len(sizes) < 2:
        raise ModelError(f"sizes are {sizes}; wanted at least an input and an output layer")
    whole(o["steps"], "steps", 1)
    for name in ("learning_rate", "init_scale", "regularization"):
        if not np.isfinite(o[name]) or o[name] < 0 or (name == "learning_rate" and o[name] == 0):
            raise ModelError(f"{name} is {o[name]}; wanted a positive number")
    if o["input_sum"] == "after" and not o["smooth"]:
        raise ModelError("input_sum='after' is of smooth updates; without smooth=True there is no sum of inputs")
    if o["dtype"] == "int32":
        _check_integer(o)
    en.order.find_order(o["order"])


def _check_integer(o: Mapping[str, Any]) -> None:
    """An integer network never multiplies."""
    for name, value in (("rule", "sgd"), ("smooth", True)):
        if o[name] == value:
            raise ModelError(f"{name}={value!r} needs multiplication, which an int32 network does not have")
    if o["regularization"]:
        raise ModelError("regularization needs multiplication, which an int32 network does not have")
