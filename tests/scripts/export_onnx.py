"""Makes the ONNX files of tests/fixtures/onnx: thirteen small models, each by both exporters of PyTorch.

    python tests/scripts/export_onnx.py FOLDER

Beside each file FOLDER/NAME-EXPORTER.onnx stands NAME-EXPORTER.npz with eight inputs and what onnxruntime answers for
them, so that tests need neither. Seeds are fixed; other versions of PyTorch give other files. Needs torch, onnx,
onnxscript and onnxruntime (files at hand: 2.13.0, 1.23.2, and 1.32.0 for the last).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

MAP, VECTOR = (2, 8, 8), (6,)
Maker = Callable[[], nn.Module]


class Residual(nn.Module):
    """x + body(x), rectified."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.body(x))


def mlp(activation: Maker, *last: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 5), activation(), nn.Linear(5, 4), *last)


def cnn(*inside: nn.Module, features: int) -> nn.Sequential:
    return nn.Sequential(*inside, nn.Flatten(), nn.Linear(features, 3))


MODELS: dict[str, tuple[tuple[int, ...], Maker]] = {
    "relu-mlp": (VECTOR, lambda: mlp(nn.ReLU)),
    "average-pool": (MAP, lambda: cnn(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.AvgPool2d(2), features=27)),
    "batch-norm": (MAP, lambda: cnn(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), features=108)),
    "sigmoid": (VECTOR, lambda: mlp(nn.Sigmoid)),
    "leaky-relu": (VECTOR, lambda: mlp(lambda: nn.LeakyReLU(0.1))),
    "relu6": (VECTOR, lambda: mlp(nn.ReLU6)),
    "gelu": (VECTOR, lambda: mlp(nn.GELU)),
    "log-softmax": (VECTOR, lambda: mlp(nn.ReLU, nn.LogSoftmax(dim=1))),
    "max-pool": (MAP, lambda: cnn(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(2), features=27)),
    "groups": (MAP, lambda: cnn(nn.Conv2d(2, 4, 3, groups=2), nn.ReLU(), features=144)),
    "dilation": (MAP, lambda: cnn(nn.Conv2d(2, 3, 3, dilation=2), nn.ReLU(), features=48)),
    "global-average": (MAP, lambda: cnn(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), features=3)),
    "residual": (
        MAP,
        lambda: cnn(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), Residual(nn.Conv2d(3, 3, 3, padding=1)), features=192),
    ),
}


def export(name: str, exporter: str, folder: Path) -> None:
    shape, make = MODELS[name]
    torch.manual_seed(sorted(MODELS).index(name))
    model = make()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):  # statistics that are not 0 and 1
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
    model.eval()
    x = torch.randn(8, *shape)
    path = folder / f"{name}-{exporter}.onnx"
    dynamo = exporter == "dynamo"
    batch = {"dynamic_shapes": ({0: torch.export.Dim("batch")},)} if dynamo else {"dynamic_axes": {"input": [0]}}
    torch.onnx.export(
        model, (x,), path, dynamo=dynamo, input_names=["input"], output_names=["output"],
        external_data=False, **batch,
    )  # fmt: skip
    held = onnx.load(path)
    for node in held.graph.node:  # where the exporter's own files lie is nobody's business
        del node.metadata_props[:]
        node.doc_string = ""
    del held.metadata_props[:]
    del held.graph.metadata_props[:]
    for value in (*held.graph.input, *held.graph.output, *held.graph.value_info, *held.graph.initializer):
        if hasattr(value, "metadata_props"):
            del value.metadata_props[:]
    onnx.save(held, path)
    answers = onnxruntime.InferenceSession(path).run(None, {"input": x.numpy()})[0]
    np.savez_compressed(path.with_suffix(".npz"), x=x.numpy(), y=answers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in MODELS:
        for exporter in ("script", "dynamo"):
            export(name, exporter, folder)


if __name__ == "__main__":
    main()
