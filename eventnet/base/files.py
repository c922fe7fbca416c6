"""Reading and writing of files: only regular files, never more than a limit; written beside, and then moved.

A file holds or unpacks to at most MOST_BYTES, unless its reader streams it in pieces or names a limit of its own. For
larger networks or checkpoints set the constant before reading: `eventnet.base.files.MOST_BYTES = 4 << 30`.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import json
import math
import os
import re
import secrets
import stat
import time
import tomllib
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from eventnet.errors import DataError, EventnetError, InternalError

# NumPy's own limit for a header that is not trusted; the longest that eventnet writes has 256 bytes.
MOST_HEADER_BYTES = 10_000
MOST_HEADER_NESTED = 16
MOST_AXES = 32
MOST_LENGTH = 1 << 62
_QUOTED = re.compile(r"'[^'\\]*'|\"[^\"\\]*\"")
_PLAIN = re.compile(r"(?:[\s\d,:(){}\[\]]|True|False)*")


class ArrayHeader(NamedTuple):
    """The header of an array file.

    shape, dtype: of the array. fortran: whether columns lie together. start: its first byte.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool
    start: int

    @property
    def bytes(self) -> int:
        """Size of the array, in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: IO[bytes], what: str) -> ArrayHeader:
    """The layout of an array whose file is at its first byte; what: for messages. Raises DataError if it has none."""
    magic = file.read(8)
    if magic[:6] != b"\x93NUMPY" or magic[6:] not in (b"\1\0", b"\2\0", b"\3\0"):
        raise DataError(f"{what} is damaged or no NumPy file: it begins with the bytes [{magic.hex(' ')}]")
    width = 2 if magic[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    if length > MOST_HEADER_BYTES:
        raise DataError(f"{what} is damaged: its header has {length:,} bytes; at most {MOST_HEADER_BYTES:,} are read")
    text = file.read(length)
    if len(text) != length:
        raise DataError(f"{what} is damaged: it ends inside its header, after {len(text):,} of {length:,} bytes")
    given = _literal(text.decode("utf-8" if magic[6] == 3 else "latin-1", "replace"), what)
    dtype = _dtype(given["descr"], what)
    return ArrayHeader(dtype, _shape(given["shape"], dtype.itemsize, what), given["fortran_order"], 8 + width + length)


def _literal(text: str, what: str) -> dict[str, Any]:
    """The dict that a header is: of texts, whole numbers, True and False alone, and not deep."""
    bare = _QUOTED.sub("", text)
    given = None
    if _PLAIN.fullmatch(bare) and _depth(bare) <= MOST_HEADER_NESTED:
        try:
            given = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            given = None
    if not isinstance(given, dict) or set(given) != {"descr", "fortran_order", "shape"}:
        raise DataError(f"{what} is damaged: its header is {_short(text)}; wanted descr, fortran_order and shape")
    if not isinstance(given["fortran_order"], bool):
        raise DataError(f"{what} is damaged: fortran_order is {_short(given['fortran_order'])}; wanted True or False")
    return given


def _depth(text: str) -> int:
    depth = most = 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        most = max(most, depth)
    return most


def _dtype(descr: Any, what: str) -> np.dtype[Any]:
    try:
        found: np.dtype[Any] = npy.descr_to_dtype(descr)
    except Exception as error:  # NumPy raises errors of many classes on what is no type
        raise DataError(f"{what} is damaged: {_short(descr)} is no type of numbers") from error
    if found.hasobject:
        raise DataError(f"{what} holds Python objects, which are never read; wanted numbers or texts")
    return found


def _shape(shape: Any, item: int, what: str) -> tuple[int, ...]:
    sizes = shape if isinstance(shape, tuple) else (-1,)
    whole = all(type(size) is int and 0 <= size <= MOST_LENGTH for size in sizes)
    # The product without zeros: NumPy multiplies in 64 bits, whatever the array holds.
    if not whole or len(sizes) > MOST_AXES or math.prod(n for n in (item, *sizes) if n) > MOST_LENGTH:
        raise DataError(f"{what} is damaged: its shape is {_short(shape)}; wanted up to {MOST_AXES} whole numbers")
    return tuple(sizes)


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # a whole number of thousands of digits has no decimal text
        text = f"a long {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:77]}..."


MOST_BYTES = 512 << 20
"""Bytes of one file that are read or unpacked, where its reader names no other number."""
MOST_JSON = 32 << 20
MOST_DIRECTORY = 16 << 20
MOST_PACKED = 1032  # deflate makes nothing smaller than by this factor (zlib.net, "Technical Details")
STALE_SECONDS = 24 * 3600
"""After this time the rest of a write is swept even where a process has its writer's number: the number was reused."""
_PIECE = 1 << 20
_MOVES_OPEN_FILES = os.name == "posix"
_KINDS = {
    stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}  # fmt: skip


# --- reading ---------------------------------------------------------------------------------------------------------
@contextmanager
def opened(path: str | Path) -> Iterator[BinaryIO]:
    """A regular file for reading; whatever the operating system has against it is a DataError.

    Folders, pipes, devices and sockets are refused without waiting for them.
    """
    try:
        _check_kind(path, os.stat(path).st_mode)
        with open(path, "rb", opener=_without_waiting) as file:
            _check_kind(path, os.fstat(file.fileno()).st_mode)
            yield file
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        if "\0" not in str(path):
            raise
        raise DataError(f"{str(path)!r} is no name of a file: it holds a zero byte") from error


def _without_waiting(path: str, flags: int) -> int:
    """A pipe that took the file's place since it was looked at must not be waited for."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_kind(path: str | Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise DataError(
            f"{path} cannot be read: it is {_KINDS.get(stat.S_IFMT(mode), 'no regular file')}; wanted a file"
        )


def read_file(path: str | Path, most: int | None = None) -> bytes:
    """All bytes of a file. Raises DataError where it has more than `most` (MOST_BYTES), before reading them."""
    most = MOST_BYTES if most is None else most
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        content = b"" if size > most else file.read(most + 1 if size == 0 else size + 1)
        if max(size, len(content)) > most:
            raise DataError(f"{path} has {max(size, len(content)):,} bytes or more; at most {most:,} are read")
    return content


def read_text(path: str | Path, most: int | None = None) -> str:
    """A file of UTF-8. Raises DataError as `read_file` does, and names the first byte that is no text."""
    try:
        return read_file(path, most).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no text: byte {error.start:,} is {error.object[error.start]}") from error


def read_into(file: IO[bytes], size: int, what: str) -> bytearray:
    """Exactly `size` bytes, up to the file's end; nothing is made room for before it is there. Raises DataError."""
    data = bytearray()
    while len(data) <= size and (piece := file.read(min(_PIECE, size + 1 - len(data)))):
        data += piece
    if len(data) != size:
        found = f"only {len(data):,}" if len(data) < size else "more"
        raise DataError(f"{what} declares {size:,} bytes, but holds {found}")
    return data


# --- NumPy's files ---------------------------------------------------------------------------------------------------
def map_npy(path: str | Path) -> NDArray[Any]:
    """The array of a .npy file, mapped and not read. Raises DataError where the file is damaged or too short for it."""
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        layout = read_header(file, str(path))
        if layout.start + layout.bytes > size:
            raise DataError(
                f"{path} is damaged: it has {size:,} bytes, but declares {layout.dtype} {list(layout.shape)}, "
                f"{layout.bytes:,} bytes from byte {layout.start:,} on"
            )
        if layout.bytes == 0:
            return np.zeros(layout.shape, layout.dtype)
        return np.memmap(file, layout.dtype, "r", layout.start, layout.shape, "F" if layout.fortran else "C")


@contextmanager
def unzipped(path: str | Path) -> Iterator[zipfile.ZipFile]:
    """The archive that a file is. Whatever goes wrong with it, in the block as well, is a DataError.

    Its directory is looked at first: members are packed by deflate or not at all, have names of their own, and declare
    no more bytes than what is there can hold.
    """
    with opened(path) as file, damage(f"{path} is damaged, or no .npz archive"):
        _check_directory(file, path)
        with zipfile.ZipFile(file) as archive:
            _check_members(archive.infolist(), path)
            yield archive


def _check_directory(file: BinaryIO, path: str | Path) -> None:
    """The list of members is small. Of its size tells a record at the archive's end (APPNOTE.TXT of .ZIP, 4.3.16)."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - (22 + 0xFFFF)))
    end = file.read()
    at = end.rfind(b"PK\5\6")
    if at < 0 or len(end) - at < 22:
        raise DataError(f"{path} is damaged or no eventnet file: wanted an .npz archive")
    directory = int.from_bytes(end[at + 12 : at + 16], "little")
    if directory > MOST_DIRECTORY or end[max(0, at - 20) : at].startswith(b"PK\6\7"):
        raise DataError(f"{path} has a directory of {directory:,} bytes; at most {MOST_DIRECTORY:,} are read")
    file.seek(0)


def _check_members(members: Sequence[zipfile.ZipInfo], path: str | Path) -> None:
    names = set()
    for info in members:
        what = f"{path}, {info.filename[:80]}"
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(f"{what} is packed by method {info.compress_type}; wanted deflate, or nothing")
        if info.filename in names:
            raise DataError(f"{what} is there twice")
        if info.file_size > MOST_PACKED * info.compress_size + 64:
            raise DataError(
                f"{what} is damaged: it declares {info.file_size:,} bytes, more than {info.compress_size:,} packed "
                "ones can hold"
            )
        names.add(info.filename)


@contextmanager
def damage(what: str) -> Iterator[None]:
    """Whatever a library raises in the block on a damaged file is a DataError that begins with `what`.

    Zip, its decompressors and their like raise errors of many kinds; those of eventnet itself pass.
    """
    try:
        yield
    except EventnetError:
        raise
    except Exception as error:  # zip, its decompressors and their like have errors of many classes
        raise DataError(f"{what}: {str(error) or type(error).__name__}") from error


def read_arrays(path: str | Path, most: int | None = None) -> dict[str, NDArray[Any]]:
    """All arrays of an .npz. Raises DataError for other files, and for more than `most` bytes (MOST_BYTES) in them."""
    with unzipped(path) as archive:
        _check_sum(archive, path, most)
        return {info.filename.removesuffix(".npy"): _array(archive, info, path) for info in archive.infolist()}


NO_ARRAYS = "json.npy", "allow_pickle.npy"
"""The text; and what NumPy before 2.1 made of its own `allow_pickle` in files of older versions."""


def read_npz(
    path: str | Path, form: str | tuple[str, ...], most: int | None = None
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The JSON text and the arrays of a file of the given format, or one of several; it is looked at before the arrays.

    most: bytes that they may have; MOST_BYTES if none is given. Raises DataError for anything else.
    """
    with unzipped(path) as archive:
        text = _json(archive, path, (form,) if isinstance(form, str) else form)
        _check_sum(archive, path, most)
        others = [info for info in archive.infolist() if info.filename not in NO_ARRAYS]
        return text, {info.filename.removesuffix(".npy"): _array(archive, info, path) for info in others}


def _check_sum(archive: zipfile.ZipFile, path: str | Path, most: int | None) -> None:
    most = MOST_BYTES if most is None else most
    declared = sum(info.file_size for info in archive.infolist())
    if declared > most:
        raise DataError(
            f"{path} unpacks to {declared:,} bytes; at most {most:,} are read (more where "
            "eventnet.base.files.MOST_BYTES is set to more)"
        )


def _json(archive: zipfile.ZipFile, path: str | Path, forms: tuple[str, ...]) -> dict[str, Any]:
    form = " or ".join(map(repr, forms))
    names = [name.removesuffix(".npy") for name in archive.namelist()]
    if "json" not in names:
        held = ", ".join(name[:40] for name in names[:8]) + ", ..." * (len(names) > 8)
        raise DataError(f"{path} holds {f'the arrays {held}' if names else 'nothing'}; wanted the format {form}")
    info = archive.getinfo("json.npy")
    if info.file_size > MOST_JSON:
        raise DataError(f"{path}, json.npy declares {info.file_size:,} bytes; at most {MOST_JSON:,} are read")
    with damage(f"{path}, json.npy is damaged"):
        text = json.loads(_array(archive, info, path).tobytes().decode())
    if not isinstance(text, dict) or text.get("format") not in forms:
        found = text.get("format") if isinstance(text, dict) else type(text).__name__
        raise DataError(f"{path} has format {str(found)[:80]!r}; wanted {form}")
    return text


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str | Path) -> NDArray[Any]:
    """One member as an array."""
    what = f"{path}, {info.filename[:80]}"
    with damage(f"{what} is damaged"), archive.open(info) as file:
        layout = read_header(file, what)
        if layout.start + layout.bytes != info.file_size:
            raise DataError(
                f"{what} is damaged: it has {info.file_size:,} bytes, but declares {layout.dtype} "
                f"{list(layout.shape)}, {layout.bytes:,} bytes from byte {layout.start:,} on"
            )
        data = read_into(file, layout.bytes, what)
        if layout.bytes == 0:
            return np.zeros(layout.shape, layout.dtype)
        if layout.dtype == np.bool_ and max(data) > 1:
            raise DataError(f"{what} is damaged: it declares True and False, but holds other bytes")
        flat = np.frombuffer(data, layout.dtype)
        return flat.reshape(layout.shape[::-1]).T if layout.fortran else flat.reshape(layout.shape)


@contextmanager
def described(path: str | Path, what: str) -> Iterator[None]:
    """Whatever goes wrong while `what` is made from a file's text and arrays is a DataError that names the file.

    A damaged description may ask for anything: sizes without memory, options of other kinds, names that are none.
    """
    try:
        yield
    except DataError as error:
        if str(path) in str(error):
            raise
        raise DataError(f"{path} does not describe {what}: {error}") from error
    except KeyError as error:
        raise DataError(f"{path} does not describe {what}: it has no {error}") from error
    except Exception as error:  # a damaged description may lead a constructor to any
        raise DataError(f"{path} does not describe {what}: {str(error) or type(error).__name__}") from error


# --- writing ---------------------------------------------------------------------------------------------------------
@contextmanager
def beside(path: str | Path, *, lasting: bool = True) -> Iterator[BinaryIO]:
    """A file beside `path` to write to; it is moved there in one step when the block ends well, and else removed.

    The data are on the disk before the file is moved, so that a loss of power leaves the old file or the new one. Parts
    left by killed writers of `path` are removed first. lasting: False for neither, for many small files that can be
    made again: after a loss of power they may be empty. Raises DataError where that is not possible.
    """
    path, part = Path(path), None
    try:
        if lasting:
            sweep_parts(path)
        handle, part = _make_part(path)
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            if lasting:
                os.fsync(file.fileno())
            if _MOVES_OPEN_FILES:  # as long as it is locked, nobody sweeps it
                os.replace(part, path)
        if not _MOVES_OPEN_FILES:
            os.replace(part, path)
        if lasting:
            _sync_folder(path.parent)
    except BaseException as error:
        if part is not None:
            part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise DataError(f"{path} cannot be written: {error.strerror or error}") from error
        raise


def _make_part(path: Path) -> tuple[int, Path]:
    """A new file beside `path`, with the rights that the user's mask gives, locked, and named by its writer."""
    part = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(part, flags, 0o666)
    _lock(handle)
    return handle, part


def _lock(handle: int) -> bool:
    """Lock a file for as long as it is open; False where another has it. Systems without such locks have none."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return not isinstance(error, BlockingIOError)
    return True


def sweep_parts(path: Path) -> None:
    """Remove what killed writers of `path` left: files of their name whose writer neither lives nor holds a lock."""
    pattern = re.compile(re.escape(path.name) + r"\.(\d{1,10})-[a-f0-9]{8}\.part")
    with contextlib.suppress(OSError):
        for entry in os.scandir(path.parent):
            found = pattern.fullmatch(entry.name)
            if found and entry.is_file(follow_symlinks=False):
                _sweep_one(Path(entry.path), int(found[1]))


def _sweep_one(part: Path, writer: int) -> None:
    with contextlib.suppress(OSError):
        if _lives(writer) and time.time() - part.stat().st_mtime < STALE_SECONDS:
            return
        handle = os.open(part, os.O_RDWR | getattr(os, "O_NONBLOCK", 0))
        try:
            free = _lock(handle)
        finally:
            os.close(handle)
        if free:
            part.unlink()


def _lives(process: int) -> bool:
    """Whether a process has this number. True where that cannot be asked: on Windows, asking ends it."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _sync_folder(folder: Path) -> None:
    """The new name is on the disk, too, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_beside(path: str | Path, content: bytes, *, lasting: bool = True) -> None:
    """Write a file beside `path`, then move it there in one step. Raises DataError where that is not possible."""
    with beside(path, lasting=lasting) as file:
        file.write(content)


def sha256(text: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 of the text, and of the names, number types, shapes and numbers of the arrays."""
    made = hashlib.sha256(json.dumps(text, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        made.update(json.dumps([name, array.dtype.descr, array.shape]).encode())
        made.update(np.ascontiguousarray(array).tobytes())
    return made.hexdigest()


def write_npz(path: str | Path, text: str, arrays: dict[str, NDArray[Any]]) -> None:
    """Write arrays and a JSON text as one .npz, beside and moved; never pickled.

    Warns where that is more than is read without asking.
    """
    content = io.BytesIO()
    for name, array in arrays.items():
        if array.dtype.hasobject:  # NumPy's own `allow_pickle` is an array like the others before 2.1
            raise InternalError(f"array {name!r} holds Python's objects, which no file does")
    members: dict[str, Any] = {"json": np.frombuffer(text.encode(), np.uint8), **arrays}
    np.savez_compressed(content, **members)
    write_beside(path, content.getvalue())
    with zipfile.ZipFile(content) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
    for name, size, most in (
        ("MOST_BYTES", sum(sizes.values()), MOST_BYTES),
        ("MOST_JSON", sizes["json.npy"], MOST_JSON),
    ):
        if size > most:
            warnings.warn(
                f"{path} is read only where eventnet.base.files.{name} is set to {size:,} or more", stacklevel=3
            )


MOST_TOML_BYTES = 1 << 20
MOST_TOML_NESTED = 32
# tomllib takes time and memory by the square of a dotted key's length.
MOST_PARTS = 16

_ASIDE = re.compile(
    r'"""(?:[^"\\]++|\\.?|"{1,2}(?!"))*+(?:"{3,5}|\Z)'
    r"|'''(?:[^']++|'{1,2}(?!'))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]++|\\[^\n]?)*+"?'
    r"|'[^'\n]*+'?"
    r"|\#[^\n]*+",
    re.DOTALL,
)
"""Texts and comments, as TOML has them; those that are not closed go to the end, where tomllib stops as well."""
_LONG_KEY = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*\.[ \t]*){{{MOST_PARTS},}}")


def read_toml(path: str | Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises DataError for a file that cannot be read, and as `parse_toml` does."""
    return parse_toml(read_text(path, MOST_TOML_BYTES), str(path))


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """The tables of a TOML text. where: what errors call it.

    Raises DataError for what is no TOML or larger than 1 MB, for brackets more than 32 deep and keys of more than 16
    parts, and for whole numbers beyond 64 bits.
    """
    if len(text) > MOST_TOML_BYTES:
        raise DataError(f"{where} has {len(text):,} characters; at most {MOST_TOML_BYTES:,} are read")
    _check_form(text, where)
    try:
        given = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a ValueError, too
        raise DataError(f"{where} is no TOML: {error}") from error
    _check_numbers(given, where)
    return given


def _check_form(text: str, where: str) -> None:
    bare = _ASIDE.sub("_", text)
    if found := _LONG_KEY.search(bare):
        line = bare.count("\n", 0, found.start()) + 1
        raise DataError(f"{where} has a key of more than {MOST_PARTS} parts near line {line}")
    depth = 0
    for found in re.finditer(r"[\[\]{}]", bare):
        depth += 1 if found[0] in "[{" else -1
        if depth > MOST_TOML_NESTED:
            line = bare.count("\n", 0, found.start()) + 1
            raise DataError(f"{where} has more than {MOST_TOML_NESTED} brackets open near line {line}")


def _check_numbers(given: dict[str, Any], where: str) -> None:
    waiting: list[tuple[str, Any]] = list(given.items())
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{name}.{key}", inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(name, inner) for inner in value]
        elif isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
            raise DataError(f"{name[:80]} in {where} is a whole number beyond 64 bits")
