"""What the build of the package adds to pyproject.toml: a folder that shows `eventnet` alone, and addresses.

Hatchling runs the two classes below: one before an editable wheel is packed, one whenever metadata are asked for.
"""

import re
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

# The repository's public address, as "https://example.net/eventnet", once it has one: project URLs and the links of
# the long description come from it.
ADDRESS: str | None = None

# An editable install is a plain path entry: a package that is found on the path beats a folder without __init__.py of
# the same name, be it the clone itself seen from the folder above or what an older version left in site-packages. The
# entry shows `eventnet` alone: the clone's `models` and `scenarios` must not beat a user's own.
SHOWN = ".editable"

STUB = '''\
"""Stands for the package one folder up where no link to it could be made."""

from pathlib import Path

__file__ = str(Path(__file__).resolve().parents[2] / "eventnet" / "__init__.py")
exec(compile(Path(__file__).read_bytes(), __file__, "exec"))
'''


def show(root: Path) -> Path:
    """Make the folder that an editable install puts on the path: a link to the package, or a stub that runs it."""
    place = root / SHOWN / "eventnet"
    if place.is_symlink():
        place.unlink()
    elif place.exists():
        shutil.rmtree(place)
    place.parent.mkdir(exist_ok=True)
    try:
        place.symlink_to(Path("..", "eventnet"), target_is_directory=True)
    except (OSError, NotImplementedError):
        place.mkdir()
        (place / "__init__.py").write_text(STUB, "utf-8")
    return place


def urls(address: str | None) -> dict[str, str]:
    """Project URLs; none without an address."""
    if address is None:
        return {}
    changes = f"{address}/blob/HEAD/CHANGELOG.md"
    return {"Source": address, "Documentation": f"{address}/tree/HEAD/docs", "Changelog": changes}


_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#)([^)]*)\)")
_PICTURE_ALONE = re.compile(r"^!\[[^\]]*\]\((?!\w+:)[^)]*\)\n+", re.MULTILINE)


def long_description(text: str, address: str | None) -> str:
    """The README for readers elsewhere: its relative links are absolute, or, without an address, text alone."""
    if address is None:
        return _LINK.sub(lambda link: "" if link[1] else link[2], _PICTURE_ALONE.sub("", text))
    return _LINK.sub(
        lambda link: f"{link[1]}[{link[2]}]({address}/{'raw' if link[1] else 'blob'}/HEAD/{link[3]})", text
    )


class BuildHook(BuildHookInterface[Any]):
    """Makes the folder of an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            show(Path(self.root))


class MetadataHook(MetadataHookInterface):
    """Fills in the metadata that hold addresses."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = Path(self.root, "README.md").read_text("utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": long_description(text, ADDRESS)}
        metadata["urls"] = urls(ADDRESS)
