"""Options that several commands have stand once, in `eventnet.cli.options`."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import eventnet.cli

FOLDER = Path(eventnet.cli.__path__[0])
ELSEWHERE = {"run.py", "reproduce.py"}
"""Commands of scenarios, which have options of their own by the names of common ones."""


def declared() -> dict[tuple[str, str], list[str]]:
    """Files by what they declare: the first name of an option, or "" of an argument, and its help as it is written."""
    found = defaultdict(list)
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                help_text = next((ast.unparse(word.value) for word in node.keywords if word.arg == "help"), None)
                called = ast.unparse(node.func)
                if called.endswith("Argument"):
                    found["", str(help_text)].append(path.name)
                elif called.endswith(("Option", "Maybe")) and node.args and help_text:
                    found[ast.unparse(node.args[0]), help_text].append(path.name)
    return found


def test_no_two_commands_declare_the_same_option() -> None:
    found = {what: files for what, files in declared().items() if len(set(files) - ELSEWHERE) > 1}
    assert found == {}


def test_the_common_options_are_declared_there() -> None:
    names = {name for (name, _), files in declared().items() if "options.py" in files}
    assert {"'--json'", "'--out'", "'--seed'", "'--processes'", "'--order'", "'--inputs'", "'--prices'"} <= names
