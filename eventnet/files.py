"""Files that are written beside and moved, so that a failed write leaves the last good one."""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError


@contextmanager
def beside(path: str | Path) -> Iterator[BinaryIO]:
    """A file beside `path` to write to; it is moved there in one step when the block ends well, and else removed.

    Raises DataError where that is not possible.
    """
    path, part = Path(path), None
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        with os.fdopen(handle, "w+b") as file:
            yield file
        os.chmod(part, 0o644)  # mkstemp makes files that only their owner may read
        os.replace(part, path)
    except BaseException as error:
        if part is not None:
            Path(part).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise DataError(f"{path} cannot be written: {error.strerror or error}") from error
        raise


def write_beside(path: str | Path, content: bytes) -> None:
    """Write a file beside `path`, then move it there in one step. Raises DataError where that is not possible."""
    with beside(path) as file:
        file.write(content)


def write_npz(path: str | Path, text: str, arrays: dict[str, NDArray[Any]]) -> None:
    """Write arrays and a JSON text as one .npz, beside and moved; never pickled."""
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, json=np.frombuffer(text.encode(), np.uint8), **arrays)
    write_beside(path, content.getvalue())


def read_npz(path: str | Path, form: str | tuple[str, ...]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The JSON text and the arrays of a file of the given format (or one of several). DataError for anything else."""
    forms = (form,) if isinstance(form, str) else form
    if Path(path).exists() and not zipfile.is_zipfile(path):
        raise DataError(f"{path} is damaged or no eventnet file: wanted an .npz archive")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        text = json.loads(arrays.pop("json").tobytes().decode())
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, UnicodeDecodeError, AttributeError) as error:
        raise DataError(f"{path} is damaged or no eventnet file: {error}") from error
    except Exception as error:  # zlib and friends raise errors of their own on damaged members
        raise DataError(f"{path} is damaged: {error}") from error
    if not isinstance(text, dict) or text.get("format") not in forms:
        found = text.get("format") if isinstance(text, dict) else type(text).__name__
        raise DataError(f"{path} has format {found!r}; wanted {' or '.join(map(repr, forms))}")
    return text, arrays
