"""Read the files of N-Caltech101, laid out as those of N-MNIST (`eventnet.io.formats.nmnist`) and of many sizes.

They do not state how large the picture was, and their suffix is that of N-MNIST: the format is named by the caller.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from eventnet.io.formats.nmnist import RECORD, chunks_of
from eventnet.io.source import Format, Options, Source, check_whole


def open_ncaltech(path: Path, options: Options) -> Source:
    """A file of 5-byte events, of any size up to 256x256 where the caller states none. Raises DataError if cut off."""
    left = check_whole(path, 0, RECORD, options.partial)
    return Source(partial(chunks_of, path, options.chunk), options.width, options.height, largest=1 << 8, left=left)


FORMAT = Format(open_ncaltech)
