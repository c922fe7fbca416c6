"""The window of an ONNX operator over a feature map, as its attributes describe it."""

from __future__ import annotations

from collections.abc import Sequence

from eventnet.errors import ModelError
from eventnet.models.onnx_chain import Chain, Node


def _pads(node: Node, chain: Chain, kernel: Sequence[int], stride: Sequence[int]) -> list[int]:
    """Rows above, columns left, rows below, columns right: as `pads` lists them, or as `auto_pad` asks for."""
    mode, pads = node.get("auto_pad", "NOTSET"), list(node.get("pads", []))
    if mode == "NOTSET":
        return pads or [0, 0, 0, 0]
    if mode not in ("VALID", "SAME_UPPER", "SAME_LOWER") or any(pads):
        raise ModelError(f"auto_pad is {mode!r} with pads {pads}; wanted NOTSET, or VALID or SAME_... without pads")
    if mode == "VALID":
        return [0, 0, 0, 0]
    before, after = [], []
    for n, k, s in zip(chain.shape[1:], kernel, stride):
        # Versions of the operator's text round the size of a pool's output up or down there.
        if node.kind == "AveragePool" and n % s:
            raise ModelError(
                f"auto_pad is {mode} where stride {s} does not divide {n}, which is ambiguous; wanted pads"
            )
        total = max(0, (-(-n // s) - 1) * s + k - n)
        before.append(total // 2 if mode == "SAME_UPPER" else total - total // 2)
        after.append(total - before[-1])
    return before + after


def window(node: Node, chain: Chain, kernel: Sequence[int]) -> tuple[list[int], list[int]]:
    """Strides and pads of a window over a feature map. Raises ModelError for dilations and other ranks."""
    if len(chain.shape) != 3 or len(kernel) != 2:
        raise ModelError(f"has a kernel of {list(kernel)} on shape {chain.shape}; wanted two dimensions on three")
    strides = list(node.get("strides", [1, 1]))
    if len(strides) != 2 or min(strides) < 1:
        raise ModelError(f"strides are {strides}; wanted two numbers, 1 or more")
    if any(d != 1 for d in node.get("dilations", [])):
        raise ModelError(f"dilations are {node.get('dilations', [])}; wanted 1")
    pads = _pads(node, chain, kernel, strides)
    if len(pads) != 4:
        raise ModelError(f"pads are {pads}; wanted four numbers")
    return strides, pads
