"""Options that several commands have stand once, in `eventnet.cli.options`."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import eventnet.cli

FOLDER = Path(eventnet.cli.__path__[0])
COMMON = "options.py"
OTHERS = {
    "--coalesce": {"orders.py": "several granularities", "train.py": "none given: as the file that is resumed has it"},
    "--data": {"reproduce.py": "other data than MNIST", "run.py": "of one scenario"},
    "--epochs": {"run.py": "of a recording; none given: as the parameters have it"},
    "--inputs": {"race.py": "with a default of its own"},
    "--order": {"convert.py": "of times in a recording", "train.py": "none given: as the file that is resumed has it"},
    "--out": {"report.py": "a page", "sweep.py": "a folder to go on from", "train.py": "a network file"},
}
"""Options of single commands that have the name of a common one, and what they mean in its place."""


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
    found = {what: files for what, files in declared().items() if len(set(files)) > 1}
    assert found == {}


def test_a_command_declares_a_common_option_anew_only_where_it_means_something_else() -> None:
    found = declared()
    common = {name for (name, _), files in found.items() if COMMON in files} - {""}
    anew: dict[str, set[str]] = defaultdict(set)
    for (name, _), files in found.items():
        if name in common and set(files) != {COMMON}:
            anew[ast.literal_eval(name)] |= set(files)
    assert anew == {name: set(reasons) for name, reasons in OTHERS.items()}


def test_the_common_options_are_declared_there() -> None:
    names = {name for (name, _), files in declared().items() if COMMON in files}
    assert {"'--json'", "'--out'", "'--seed'", "'--processes'", "'--order'", "'--inputs'", "'--prices'"} <= names
