"""Keys of orders, compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types

from eventnet.errors import OrderError
from eventnet.kernels.codegen import KEY_TEXT, KEY_WORDS
from eventnet.kernels.compiling import REFUSALS, compile_text, why_not_compiled
from eventnet.kernels.records import array_at, inner


def compiled_key(name: str, key: Callable[..., tuple[int, int]]) -> Any:
    """The key of the order of this name as a compiled function. Raises OrderError where it does not compile."""
    try:
        scope: dict[str, Any] = {
            "key": inner(key),
            "array_at": array_at,
            "KEY_WORDS": KEY_WORDS,
            "int64": types.int64,
            "float64": types.float64,
            "__name__": __name__,
        }
        return compile_text(KEY_TEXT, "key", key, scope, types.int64(types.int64))
    except REFUSALS as error:
        raise OrderError(f"the key of order {name!r} {why_not_compiled(key, error)}") from None
