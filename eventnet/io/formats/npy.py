"""Read and write .npy files of events: `eventnet.io.numpy_file` says what is in them."""

from __future__ import annotations

import re

from eventnet.io.numpy_file import open_npy, write_npy
from eventnet.io.source import Format

FORMAT = Format(open_npy, re.compile(rb"\x93NUMPY"), (".npy",), write_npy)
