"""Read and write .npz files of events: `eventnet.io.numpy_file` says what is in them."""

from __future__ import annotations

import re

from eventnet.io.numpy_file import open_npz, write_npz
from eventnet.io.source import Format

FORMAT = Format(open_npz, re.compile(rb"PK\x03\x04"), (".npz",), write_npz, holds_samples=True)
