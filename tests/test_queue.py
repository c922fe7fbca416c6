"""The heap of the compiled loop: what goes in comes out in order, and a row may be taken from anywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit

import eventnet as en
from eventnet.engine.compiled import CompiledEngine
from eventnet.engine.queue import H_PORT, KEY0, KEY1, KEY2, Queue, make_queue, pop, push, take_out


@njit
def put(heap: Any, n: int, a: int, b: int, c: int, port: int) -> None:
    push(heap, n, a, b, c, port, c, c, c, c)


@njit
def take_first(heap: Any, n: int) -> None:
    pop(heap, n)


@njit
def take_any(heap: Any, n: int, k: int) -> None:
    take_out(heap, n, k)


@pytest.mark.parametrize("seed", range(4))
def test_a_heap_gives_rows_in_order_and_any_row_can_be_taken_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    heap, waiting, number = np.zeros((200, 8), dtype=np.int64), [], 0
    for _ in range(3000):
        n, what = len(waiting), rng.random()
        if n < 200 and (n == 0 or what < 0.5):
            keys = (int(rng.integers(4)), int(rng.integers(4)), number)
            put(heap, n, *keys, number % 7)
            waiting.append(keys)
            number += 1
            continue
        at = int(rng.integers(n)) if what < 0.75 else 0
        keys = tuple(int(heap[at, column]) for column in (KEY0, KEY1, KEY2))
        assert heap[at, H_PORT] == keys[2] % 7
        if what < 0.75:
            take_any(heap, n, at)
        else:
            assert keys == min(waiting)
            take_first(heap, n)
        waiting.remove(keys)
        rows = heap[: len(waiting), [KEY0, KEY1, KEY2]].tolist()
        assert sorted(map(tuple, rows)) == sorted(waiting)
        assert all(rows[(k - 1) // 2] <= rows[k] for k in range(1, len(rows)))
