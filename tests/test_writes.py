"""What a rule may write is read from its source: every write is found, and what is plainly a look is none."""

from __future__ import annotations

import linecache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.extending import register_jitable

import eventnet as en
from eventnet.engine.writes import tree_of, written, written_integers
from eventnet.module import Module


def looks(a: Any, i: int) -> Any:
    return a[i] + len(a) + a.shape[0] + a[-1] + a[a[2 * i + 1]]


@register_jitable
def hands_on(a: Any, i: int) -> Any:
    return looks(a, i)


def puts(a: Any) -> None:
    a[0] = 1


def again(a: Any, n: int) -> Any:
    return again(a, n - 1) if n else a[0]


def assigns(i, a, b):
    a[i] = b[i]


def adds(i, a, b):
    a[b[i]] += 1


def several(i, a, b):
    a[0], x = b[0], b[1]
    return x


def by_another_name(i, a, b):
    c = a
    c[i] = b[i]


def by_a_view(i, a, b):
    c = a[1:]
    c[i] = b[i]


def by_a_view_of_all(i, a, b):
    c = a[...]
    c[i] = b[i]


def by_a_method(i, a, b):
    a.fill(b[0])


def by_a_function(i, a, b):
    puts(a)
    return hands_on(b, i)


def by_one_of_numpys(i, a, b):
    np.copyto(a, b[i])


def by_a_name_of_an_argument(i, a, b):
    looks(a=a, i=b[i])


def by_one_that_calls_itself(i, a, b):
    return again(a, b[i])


def rebinds(i, a, b):
    a = b[i]
    return a


@pytest.mark.parametrize(
    "function",
    [
        assigns, adds, several, by_another_name, by_a_view, by_a_view_of_all, by_a_method, by_a_function,
        by_one_of_numpys, by_a_name_of_an_argument, by_one_that_calls_itself, rebinds,
    ],
)  # fmt: skip
def test_what_may_be_a_write_is_found_and_a_look_is_none(function: Any) -> None:
    assert written(function) & {"a", "b"} == {"a"}


def test_without_a_source_everything_may_be_written() -> None:
    scope: dict[str, Any] = {}
    exec("def unseen(a, b):\n    return a[0] + b[0]\n", scope)
    assert written(scope["unseen"]) == {"a", "b"}


def test_another_text_under_the_functions_file_and_line_is_not_taken_for_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scope: dict[str, Any] = {"__name__": __name__}
    exec(compile("def swapped(a, b):\n    a[0] = b[0]\n", "<a text>", "exec"), scope)
    text = "def swapped(a, b):\n    b[0] = a[0]\n"
    monkeypatch.setitem(linecache.cache, "<a text>", (len(text), None, text.splitlines(keepends=True), "<a text>"))
    assert written(scope["swapped"]) == {"a", "b"}


def test_the_texts_of_all_shipped_rules_are_found() -> None:
    ports = [port for kind in Module.registry.values() for port in kind.ports.values()]
    rules = {rule.py_func for port in ports for rule in (port.rule, port.burst) if rule is not None}
    shipped = [
        rule for rule in rules if Path(rule.__code__.co_filename).is_relative_to(Path(en.__file__).resolve().parent)
    ]
    assert len(shipped) > 60
    assert all(tree_of(rule) is not None for rule in shipped)


def test_tables_of_shipped_modules_are_written_by_no_rule() -> None:
    geometry = en.Geometry.dense(2, 3)
    net = en.Network()
    layer = net.add(en.SigmaDelta(geometry, net.weights(np.ones((2, 3)))))
    assert written_integers(layer) == {"sent", "ring", "waits", "cursor"}
    assert set(layer.integers) - written_integers(layer) == {"frame", "rows", "columns", "kind"}


def shipped() -> list[type[Module]]:
    import eventnet.learning
    import eventnet.models
    import eventnet.neurons  # noqa: F401

    return [
        cls
        for _, cls in sorted(Module.registry.items())
        if cls.__module__.startswith(("eventnet.neurons", "eventnet.learning"))
    ]


def test_every_shipped_module_whose_rules_write_integers_says_what_they_may_be() -> None:
    """Those of another module that its rules write are for that one to say."""
    silent = []
    for cls in shipped():
        rules = [rule for port in cls.ports.values() for rule in (port.rule, port.burst) if rule is not None]
        if any((set(rule.integers) & written(rule.py_func)) - cls.shared_writes for rule in rules):
            silent += [cls.__name__] * (cls.check_integers is Module.check_integers)
    assert len(shipped()) > 50
    assert silent == []


def test_no_table_by_which_a_shipped_rule_finds_its_way_is_taken_for_one_that_it_writes() -> None:
    tables = {
        "frame", "rows", "columns", "runs", "kind", "start", "targets", "delays", "life", "decays", "first", "clock_x",
        "clock_e",
    }  # fmt: skip
    for cls in shipped():
        for port in cls.ports.values():
            for rule in (port.rule, port.burst):
                assert rule is None or not tables & set(rule.integers) & written(rule.py_func), (cls, port.name)
