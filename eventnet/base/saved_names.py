"""Names by which files know the package's own classes of modules, wherever these are defined; their outlets and state.

A user's own class goes by `module:Class`, its path, and so did all classes in files of version 0.1.0.
"""

from __future__ import annotations

from collections.abc import Container

CHANGED: dict[str, str] = {}
"""Names by which files may know a class that has another name now, or another room. No row is changed or taken away."""

OUTLETS: dict[str, str] = {"foreseen": "predicted", "told": "notice"}
STATE: dict[str, str] = {"told": "updated"}
ARRAYS: dict[str, str] = {"engine:foreseen": "engine:predicted"}
"""Names by which files may know an outlet, state, or an array of a checkpoint, that has another name now.

No row is changed or taken away.
"""


def name_of(path: str) -> str:
    """The name of a class by its path `module:Class`, or by its name.

    It is `Herding` for a class of `eventnet.neurons`, `learning.Fsgd` for one of `eventnet.learning`, and
    `scenarios.Attitude` for one of a scenario, in whatever file of the room it stands, and the path itself for all
    others.
    """
    module, colon, own = path.partition(":")
    package, _, rest = module.partition(".")
    room = rest.partition(".")[0]
    if colon and package == "eventnet" and room in ("neurons", "module"):
        path = own
    elif colon and package == "eventnet" and room in ("learning", "scenarios"):
        path = f"{room}.{own}"
    return CHANGED.get(path, path)


def name_now(name: str, own: Container[str], changed: dict[str, str]) -> str:
    """The name that an outlet, or state, of a file has now; own: names of its class. changed: OUTLETS or STATE."""
    return name if name in own else changed.get(name, name)
