"""The arrays that a rule may write, read from its source: all others are after a run what they were before it."""

from __future__ import annotations
import __future__

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterable
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from eventnet.module import Module

FACTS = {"shape", "dtype", "size", "ndim"}
"""Attributes of an array through which nobody writes."""


def written_integers(module: Module) -> set[str]:
    """The integers of a module that its rules may write."""
    ports = module.ports.values()
    rules = [rule for port in ports for rule in (port.rule, port.burst, port.each) if rule is not None]
    return {name for rule in rules for name in set(rule.integers) & written(rule.py_func)} & set(module.integers)


def written_by_others(modules: Iterable[Module], module: Module) -> set[str]:
    """The integers of a module that rules of other modules may write."""
    reads = ((key, *of, m) for m in modules for key, of in m.reads.items() if key in m.shared_writes)
    return {theirs for _, other, theirs, _ in reads if other is module} & set(module.integers)


class FunctionSource(NamedTuple):
    """A function's parameters, the nodes of its text with the one above each, and what it may call by name.

    inside: the functions that are being read; one that comes back to them is not read again.
    """

    parameters: tuple[str, ...]
    above: dict[ast.AST, ast.AST]
    known: dict[str, Any]
    inside: tuple[Callable[..., Any], ...]


def tree_of(function: Callable[..., Any]) -> ast.Module | None:
    """The syntax tree of a plain function's text; None where that is not found.

    The text at a function's file and line may be another one: a file that was changed since, or one that only
    shares its name, as all texts that are run as "<string>" do. So its file is compiled, and must hold the function's
    own code.
    """
    try:
        lines, _ = inspect.findsource(function)
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    code = function.__code__
    return tree if code in _codes("".join(lines), code.co_flags & _FUTURE) else None


_FUTURE = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)


@functools.lru_cache(maxsize=64)
def _codes(text: str, flags: int) -> frozenset[CodeType]:
    """The code of all functions in a file's text, which may have been compiled with flags from outside it."""
    try:
        waiting = [compile(text, "<text>", "exec", flags=flags, dont_inherit=True)]
    except (SyntaxError, ValueError):
        return frozenset()
    found = set()
    while waiting:
        inner = [code for code in waiting.pop().co_consts if isinstance(code, CodeType)]
        found.update(inner)
        waiting += inner
    return frozenset(found)


@functools.cache
def written(function: Callable[..., Any], inside: tuple[Callable[..., Any], ...] = ()) -> frozenset[str]:
    """Parameters of a plain function that may be written, by itself or by what it hands them to.

    Whatever is not plainly a look is taken for a write: other names for an array, its methods, functions whose text is
    not found. If the function's own text is not found, all parameters are taken as written.
    """
    parameters = tuple(inspect.signature(function).parameters)
    tree = tree_of(function)
    if tree is None:
        return frozenset(parameters)
    above = {node: parent for parent in ast.walk(tree) for node in ast.iter_child_nodes(parent)}
    known = inspect.getclosurevars(function)
    source = FunctionSource(parameters, above, {**known.globals, **known.nonlocals}, (*inside, function))
    names = [node for node in above if isinstance(node, ast.Name) and node.id in parameters]
    return frozenset(node.id for node in names if not _only_looks(node, source))


def _only_looks(node: ast.Name, source: FunctionSource) -> bool:
    """Whether an array is only looked at where it is named."""
    parent = source.above[node]
    if isinstance(parent, ast.Subscript) and parent.value is node:
        return isinstance(parent.ctx, ast.Load) and _picks(parent.slice)
    if isinstance(parent, ast.Subscript):
        return isinstance(node.ctx, ast.Load)
    if isinstance(parent, ast.Attribute):
        return parent.attr in FACTS
    return isinstance(parent, ast.Call) and node in parent.args and _callee_looks(node, parent, source)


def _found(name: ast.expr, known: dict[str, Any]) -> Any:
    """The object that a function finds under a name, or under a module's (`en.add_row`); None for all else."""
    if isinstance(name, ast.Name):
        return known.get(name.id)
    if isinstance(name, ast.Attribute) and isinstance(owner := _found(name.value, known), ModuleType):
        return getattr(owner, name.attr, None)
    return None


def _picks(index: ast.expr) -> bool:
    """Whether an index picks numbers, and makes no view of the array that could be written later."""
    parts = list(ast.walk(index))
    whole = all(type(part.value) is int for part in parts if isinstance(part, ast.Constant))
    return whole and not any(isinstance(part, ast.Slice | ast.Tuple) for part in parts)


def _callee_looks(node: ast.Name, call: ast.Call, source: FunctionSource) -> bool:
    """Whether a function that is handed an array only looks at it."""
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return False
    if isinstance(call.func, ast.Name) and call.func.id == "len":
        return True
    called = _found(call.func, source.known)
    called = getattr(called, "py_func", called)
    if not inspect.isfunction(called) or called in source.inside:
        return False
    names, at = tuple(inspect.signature(called).parameters), call.args.index(node)
    return at < len(names) and names[at] not in written(called, source.inside)
