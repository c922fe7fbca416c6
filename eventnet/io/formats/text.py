"""Read text files with an event a line, blanks between: `eventnet.io.text` says how."""

from __future__ import annotations

from eventnet.io.source import Format
from eventnet.io.text import open_text

FORMAT = Format(open_text, suffixes=(".txt",))
