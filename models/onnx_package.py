"""The package onnx, imported only when a file is read or written: it is an extra."""

from __future__ import annotations

import importlib
from typing import Any

from eventnet.errors import ModelError


def onnx_package() -> Any:
    """The module onnx. Raises ModelError that says what to install where it is absent."""
    try:
        return importlib.import_module("onnx")
    except ImportError:
        raise ModelError('ONNX files need the package onnx: pip install "eventnet[onnx]"') from None
