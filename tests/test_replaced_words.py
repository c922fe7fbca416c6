"""Words of the field in public names: none uses a word of the package's own that one of these has replaced."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import test_public_names as public
from typer import Context
from typer.main import get_command

from eventnet.base.old_names import _OldAttribute
from eventnet.cli import commands
from eventnet.declared_classes import kinds
from eventnet.module import Module

REPLACED = {
    "foresee foreseen foresees foretell foretold": "predict, predicted",
    "tell tells told untold": "progress, notice, updated; omitted",
    "parting partings parted": "divergence, first difference",
    "dear dearer dearest": "costly, costlier, costliest",
    "detour detours": "variation ratio",
    "waste wasted undone": "cancellation, cancelled",
    "whatif": "ablate, ablation",
    "way ways": "variant, method",
    "guess guesses": "answer, anytime",
    "spent": "cost, cost so far",
    "sensitive": "order sensitivity",
    "study": "analysis",
    "book": "ledger",
    "lanes": "SIMD",
}
"""The words of one row each, and the words of the field in their place."""

IN_HELP = set(
    "foreseen foretold told untold parting dearest detour detours waste whatif undone ways guesses spent".split()
)
"""Those of them that have no other use in a sentence, as "each way" has."""

OTHER_MEANING = {
    "Guess": "a call that a newcomer may guess, in `eventnet.base.guesses`",
    "guesses": "calls that a newcomer may guess, in `eventnet.base.guesses`",
    "early_guess": "the title of figure 3.3",
    "one_way_gate": "a gate that lets errors through in one direction",
    "half_way": "when an answer has gone half of its way",
}
"""Public names that hold such a word and mean something else by it."""

WORDS = {word: now for words, now in REPLACED.items() for word in words.split()}


def replaced(name: str) -> set[str]:
    """Words of a name, written in any manner, that have been replaced; of a phrase those that a sentence has no use for."""
    found = {part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}
    return found & (IN_HELP if " " in name else set(WORDS))


# --- what is public --------------------------------------------------------------------------------------------------
@cache
def exported() -> dict[str, Any]:
    """What rooms export, by its full name."""
    rooms = sorted(public.ROOMS & set(public.PUBLIC))
    return {f"{room}.{n}": getattr(importlib.import_module(room), n) for room in rooms for n in public.exported(room)}


def modules_and_exports() -> Iterator[tuple[str, str]]:
    for name in (*public.PUBLIC, *exported()):
        yield name, name.rpartition(".")[2]


def classes_and_functions() -> Iterator[tuple[str, str]]:
    for module, tree in public.PUBLIC.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                yield module, node.name


def members() -> Iterator[tuple[str, str]]:
    """Attributes, methods and arguments of what rooms export."""
    for place, thing in exported().items():
        yield from arguments(place, thing)
        for cls in getattr(thing, "__mro__", ()):
            if cls.__module__.partition(".")[0] == "eventnet":
                for name, value in vars(cls).items():
                    if not name.startswith("_") and not isinstance(value, _OldAttribute):
                        yield place, name
                        yield from arguments(f"{place}.{name}", value)
                for name in vars(cls).get("__annotations__", ()):
                    yield place, name


def arguments(place: str, thing: Any) -> Iterator[tuple[str, str]]:
    if callable(thing):
        try:
            taken = inspect.signature(thing).parameters
        except (TypeError, ValueError):
            return
        for name in taken:
            yield f"{place}()", name


def of_shipped_modules() -> Iterator[tuple[str, str]]:
    """Outlets, ports and what rules see, of every class of modules."""
    for kind, cls in Module.registry.items():
        if cls.__module__.startswith("eventnet."):
            for name in (*cls.outlets, *cls.ports, *kinds(cls)):
                yield kind, name


def columns() -> Iterator[tuple[str, str]]:
    """Keys of results, and headings of tables, as sources write them."""
    for path in public.FILES:
        if path.name == "saved_names.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            found: list[ast.expr | None] = []
            if isinstance(node, ast.Dict):
                found = list(node.keys)
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("Table", "add_column")):
                found = list(node.args)
            for each in found:
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield path.relative_to(public.ROOT).as_posix(), each.value


def commands_by_name() -> Iterator[tuple[str, Any]]:
    group: Any = get_command(commands.app)
    for name in group.list_commands(Context(group)):
        yield name, group.get_command(Context(group), name)


def options() -> Iterator[tuple[str, str]]:
    for name, command in commands_by_name():
        yield "eventnet", name
        for option in command.params:
            for flag in option.opts:
                yield f"eventnet {name}", flag


NAMES: dict[str, Callable[[], Iterator[tuple[str, str]]]] = {
    "modules and exports": modules_and_exports, "classes and functions": classes_and_functions, "members": members, "outlets, ports and state": of_shipped_modules,
    "columns": columns, "commands and options": options,
}  # fmt: skip


# --- the tests -------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("kind", NAMES)
def test_no_public_name_uses_a_word_that_was_replaced(kind: str) -> None:
    found = list(NAMES[kind]())
    assert len(found) > 100
    wrong = {
        f"{place}: {name}": {word: WORDS[word] for word in replaced(name)}
        for place, name in found if replaced(name) and name not in OTHER_MEANING
    }  # fmt: skip
    assert wrong == {}


def test_no_help_uses_a_word_that_was_replaced() -> None:
    texts = {each.name: each.summary for each in commands.every()}
    for name, command in commands_by_name():
        texts[name] += " " + command.get_help(Context(command))
    assert len(texts) > 15
    wrong = {name: set(re.findall(r"[a-z]+", text.lower())) & IN_HELP for name, text in texts.items()}
    assert {name: words for name, words in wrong.items() if words} == {}


@pytest.mark.slow
def test_names_of_another_meaning_are_all_met() -> None:
    assert set(OTHER_MEANING) <= {name for kind in NAMES.values() for _, name in kind()}
    assert set(WORDS) >= IN_HELP


@pytest.mark.parametrize("name", ["foreseen", "told_by_first", "TOLD", "Parting", "--dearest", "all the ways"])
def test_a_word_is_seen_in_every_manner_of_writing(name: str) -> None:
    assert len(replaced(name)) == 1
