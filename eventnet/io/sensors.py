"""Event cameras by name, for files that do not state theirs."""

from __future__ import annotations

SENSORS = {
    "dvs128": (128, 128), "davis128": (128, 128), "davis208": (208, 192), "davis240": (240, 180),
    "davis346": (346, 260), "davis640": (640, 480), "dvxplorer": (640, 480), "gen3": (640, 480), "gen4": (1280, 720),
    "imx636": (1280, 720), "genx320": (320, 320),
}  # fmt: skip
"""Width and height in pixels."""
