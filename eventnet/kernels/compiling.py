"""Compiled code that is kept on disk: where it lies, and when what was kept still holds.

Numba keeps the code of a function beside its source and asks only whether that one file has changed. Here a function's
code lies in the user's cache folder, under a name that hashes everything it is made of: its own file and all files of
the package that this one imports, constants included; of functions of a user's own their files, and the values of the
names they use. Numba's settings, and code that is not ours, are left as they are.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import linecache
import multiprocessing
import os
import pickle
import re
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, NullCache
from numba.core.ccallback import CFunc
from numba.core.dispatcher import Dispatcher
from numba.core.errors import NumbaError
from numba.core.sigutils import normalize_signature

from eventnet.kernels.code_folder import cannot_keep, folder_in, say_once

PACKAGE = __name__.partition(".")[0]
SIXTY_DAYS = 60 * 24 * 3600.0
_STARTED = time.time()


class _Unknown(Exception):
    """A function is made of something whose meaning no hash can tell."""


# --- what code is made of ---
_COMMENT = re.compile(r"#[^\n]*")
_IMPORT = re.compile(
    rf"^[ \t]*(?:from[ \t]+({PACKAGE}(?:\.[\w.]+)?)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)"
    rf"|import[ \t]+({PACKAGE}\.[\w.]+))",
    re.MULTILINE,
)


_FOR_TYPES = re.compile(
    r"^([ \t]*)if[ \t]+(?:typing\.)?TYPE_CHECKING:[ \t]*(?:[^\s][^\n]*\n|\n(?:[ \t]*\n|\1[ \t]+[^\n]*\n)*)",
    re.MULTILINE,
)


def imported(text: str) -> set[str]:
    """Modules of the package that a source text may import when it runs, by their full names.

    `from eventnet.io import reading` names `eventnet.io` and, if there is such a module, `eventnet.io.reading`.
    """
    found = set()
    for package, names, module in _IMPORT.findall(_FOR_TYPES.sub("", _COMMENT.sub("", text + "\n"))):
        if module:
            found.add(module)
            continue
        found |= {package} - {PACKAGE}
        found |= {f"{package}.{name}" for name in re.findall(r"\w+", re.sub(r"\bas\s+\w+", "", names))}
    return found


@functools.cache
def _source(module: str) -> tuple[bytes, frozenset[str]]:
    """The source of a module of the package that has been imported, and the modules that it imports itself."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return b"", frozenset()
    content = _as_imported(Path(file))
    return content, frozenset(imported(content.decode()))


def _as_imported(file: Path) -> bytes:
    """Content of a source file. Raises _Unknown where it may have changed since this process imported it."""
    try:
        if file.stat().st_mtime > _STARTED:
            raise _Unknown(f"{file} was written after this process began")
        return file.read_bytes()
    except OSError as error:
        raise _Unknown(str(error)) from error


def sources_of(modules: set[str]) -> dict[str, bytes]:
    """Sources of these modules and of all modules of the package that they import, directly or not, by name."""
    found: dict[str, bytes] = {}
    waiting = set(modules)
    while waiting:
        module = waiting.pop()
        if module not in found and isinstance(sys.modules.get(module), ModuleType):
            found[module], more = _source(module)
            waiting |= more
    return {name: found[name] for name in sorted(found)}


class _Reader:
    """Reads what functions are made of: names of the package's modules, and bytes of what is not the package's."""

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self.parts: list[bytes] = []
        self.seen: set[int] = set()

    def read(self, value: Any) -> None:
        """A function, or what it finds under a name that it uses. Raises _Unknown for what cannot be told."""
        value = getattr(value, "py_func", value)
        if isinstance(value, bool | int | float | complex | str | bytes | None | np.generic | np.dtype):
            self.parts.append(f"{type(value).__name__} {value!r}".encode())
        elif isinstance(value, tuple):
            self.parts.append(f"{type(value).__name__} {len(value)}".encode())
            for item in value:
                self.read(item)
        elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
            self.parts.append(f"{value.dtype} {value.shape}".encode() + value.tobytes())
        elif inspect.isfunction(value):
            self._function(value)
        elif isinstance(value, ModuleType):
            self._module(value.__name__)
        elif inspect.isclass(value) or inspect.isbuiltin(value) or isinstance(value, np.ufunc):
            self._module(getattr(value, "__module__", None) or "builtins")
            self.parts.append(str(getattr(value, "__qualname__", value)).encode())
        elif inspect.isfunction(taught := getattr(value, "_defn", None)):  # an intrinsic
            self._function(taught)
        elif type(value).__module__.split(".")[0] in ("numba", PACKAGE):
            self._module(type(value).__module__)
            self.parts.append(repr(value).encode())
        else:
            raise _Unknown(type(value).__name__)

    def _module(self, name: str) -> None:
        if name.split(".")[0] == PACKAGE:
            self.modules.add(name)
        else:
            self.parts.append(name.encode())

    def _function(self, function: Any) -> None:
        if id(function) in self.seen:
            return
        self.seen.add(id(function))
        self.parts.append(f"{function.__module__}.{function.__qualname__}".encode())
        if function.__module__.split(".")[0] in ("numba", "numpy", "llvmlite", "math"):
            return
        self.read(function.__defaults__ or ())
        if function.__module__.split(".")[0] == PACKAGE and function.__module__ in sys.modules:
            self.modules.add(function.__module__)
        else:
            self._own_file(function)
            self._code(function.__code__, function.__globals__)
        for cell in function.__closure__ or ():
            self.read(cell.cell_contents)

    def _own_file(self, function: Any) -> None:
        """The whole file of a function that is not the package's: what Numba is taught there is in no function."""
        file = Path(function.__code__.co_filename)
        if file.is_file():
            self.parts.append(_as_imported(file))

    def _code(self, code: CodeType, scope: dict[str, Any]) -> None:
        self.parts.append(code.co_code + repr((code.co_names, code.co_varnames, code.co_freevars)).encode())
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._code(constant, scope)
            else:
                self.parts.append(repr(constant).encode())
        for name in code.co_names:
            if name in scope:
                value = scope[name]
                self.read(value)
                if isinstance(value, ModuleType) and value.__name__.split(".")[0] not in ("numpy", "math", "numba"):
                    for other in code.co_names:
                        if not isinstance(found := getattr(value, other, None), ModuleType):
                            self.read(found)


def fingerprint(functions: tuple[Callable[..., Any], ...], modules: set[str], text: str = "") -> str | None:
    """A hash of all that code made of these functions, of these modules of the package and of a text depends on.

    None where that cannot be told: a function uses an object that is no number, text, array, function or module, or a
    source file is newer than this process.
    """
    reader = _Reader()
    try:
        for function in functions:
            reader.read(function)
        sources = sources_of(modules | reader.modules)
    except (_Unknown, ValueError):  # ValueError: an empty cell of a closure
        return None
    digest = hashlib.sha256(f"{numba.__version__} {llvmlite.__version__} {np.__version__} {text}".encode())
    for part in reader.parts:
        digest.update(hashlib.sha256(part).digest())
    for name, content in sources.items():
        digest.update(name.encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()[:20]


# --- where it lies ---
def cache_folder() -> Path | None:
    """The folder of compiled code, as `code_folder.folder_in` has it."""
    return folder_in(numba.config.CACHE_DIR)


# --- keeping ---
class _Kept(CompileResultCacheImpl):
    """Numba's own form of a kept function, under a name and in a place of ours."""

    folder: Path
    name: str

    def __init__(self, function: Any) -> None:
        self._lineno = function.__code__.co_firstlineno
        self._py_file = function.__code__.co_filename
        self._locator: Any = self
        self._filename_base = self.name

    # What Numba asks of a place.
    def get_cache_path(self) -> str:
        return str(self.folder)

    def get_source_stamp(self) -> str:
        return self.name

    def ensure_cache_path(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)


class _CheckedFile(IndexDataCacheFile):
    """Numba's two files of a kept function; the code is preceded by its hash, since a damaged one would be run."""

    def _save_data(self, name: str, data: Any) -> None:
        content = self._dump(data)
        with self._open_for_write(self._data_path(name)) as file:
            file.write(hashlib.sha256(content).digest() + content)

    def _load_data(self, name: str) -> Any:
        content = Path(self._data_path(name)).read_bytes()
        if hashlib.sha256(content[32:]).digest() != content[:32]:
            raise ValueError(f"{name} is damaged")
        return pickle.loads(content[32:])


class _Files(FunctionCache):
    """The kept code of one function."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self._cache_file = _CheckedFile(
            self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp()
        )


class KeptCode(NullCache):
    """Numba's cache of compiled functions, on disk. A disk that fails only costs time.

    mark: hashes what the function is made of, where that is more than itself.
    """

    def __init__(self, function: Any, mark: Callable[[], str | None] | None = None) -> None:
        self.function = function
        self.mark = mark or (lambda: fingerprint((function,), set()))
        self.hits = self.misses = 0

    @functools.cached_property
    def _files(self) -> Any:
        folder = cache_folder()
        mark = None if folder is None else self.mark()
        if folder is None or mark is None:
            return None
        name = re.sub(r"\W", "_", f"{self.function.__module__}.{self.function.__qualname__}")[-100:]
        own = type("_KeptHere", (_Kept,), {"folder": folder, "name": f"{name}-{mark}"})
        return type("_FilesHere", (_Files,), {"_impl_class": own})(self.function)

    @property
    def cache_path(self) -> str | None:
        """Folder of the kept code; None where it is not kept."""
        return None if self._files is None else str(self._files.cache_path)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Code kept for a signature; None where there is none, or it cannot be read."""
        found = None
        try:
            found = None if self._files is None else self._files.load_overload(sig, target_context)
        except Exception:  # a damaged file may raise anything; it is made anew
            with suppress(Exception):
                self._files.flush()
        if found is None:
            self.misses += 1
            _count_miss()
            _compiles()
        else:
            self.hits += 1
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep compiled code. If that fails the run goes on with the code at hand."""
        if self._files is None:
            return
        try:
            self._files.save_overload(sig, data)
        except Exception as error:  # a full or read-only disk; what cannot be pickled
            why = getattr(error, "strerror", None) or str(error)
            cannot_keep(why, Path(self._files.cache_path))
            return
        _sweep(Path(self._files.cache_path))


@functools.cache
def _sweep(folder: Path) -> None:
    """Remove what was written more than sixty days ago; once a process, when it has written something itself."""
    with suppress(OSError):
        for entry in os.scandir(folder):
            if time.time() - entry.stat().st_mtime > SIXTY_DAYS:
                os.unlink(entry.path)


_missed = 0


def _count_miss() -> None:
    global _missed
    _missed += 1


def missed() -> int:
    """Number of compilations by this process of functions whose code was not kept."""
    return _missed


def is_kept(value: Any) -> bool:
    """Whether something is a compiled function whose code is kept."""
    return isinstance(value, Dispatcher) and isinstance(vars(value).get("_cache"), KeptCode)


def keep(compiled: Any) -> Any:
    """Keep the code of a function of Numba's on disk; the function itself comes back."""
    if isinstance(compiled, Dispatcher):  # and no plain function, as where Numba's compiler is switched off
        vars(compiled)["_cache"] = KeptCode(compiled.py_func)
    return compiled


def compiled(function: Any = None, **options: Any) -> Any:
    """`numba.njit`, with its code kept on disk. Takes njit's options; works as a decorator with and without them."""
    if function is None:
        return functools.partial(compiled, **options)
    return keep(numba.njit(**options)(function))


def compile_text(text: str, what: str, inner: Callable[..., Any], scope: dict[str, Any], signature: Any) -> Any:
    """The C function of a generated text around a function `inner`, kept on disk.

    text: defines the function `{name}`. what: part of its name. scope: what the text sees; `__name__` in it is the
    module whose text it is.
    """
    module = str(scope["__name__"])
    mark = fingerprint((inner,), {module}, text)
    # Code of two functions must not meet under one name in a process, whichever process compiled them.
    name = re.sub(r"\W", "_", f"{inner.__name__}_{what}_{(mark or uuid.uuid4().hex)[:16]}")
    written = text.format(name=name)
    # Numba asks Python's `inspect` for the lines of a function: they are where it finds them.
    file = f"<{PACKAGE} {name}>"
    linecache.cache[file] = (len(written), None, written.splitlines(True), file)
    exec(compile(written, file, "exec"), scope)
    made: Any = CFunc(scope[name], normalize_signature(signature), locals={}, options={})
    made._cache = KeptCode(scope[name], lambda: mark)
    made.compile()
    return made


# --- what does not compile ---
REFUSALS = (
    NumbaError,
    TypeError,
    NameError,
    AttributeError,
    NotImplementedError,
    SyntaxError,
    KeyError,
    AssertionError,
)
"""Exceptions that Numba raises for a function that it cannot compile."""


def why_not_compiled(function: Callable[..., Any], error: BaseException) -> str:
    """A short reason why a function does not compile, with the line as far as it is known, out of Numba's long one."""
    text = str(error)
    file = function.__code__.co_filename
    found = re.search(rf" at {re.escape(file)} \((\d+)\)", text)
    line = int(found[1]) if found else function.__code__.co_firstlineno
    specific = re.search(r"specific error:\s*(?:TypingError: )?(.+)", text)
    lines = [one.strip() for one in text.splitlines()]
    plain = [one for one in lines if one and not one.startswith(("Failed in", "- Resolution", "During:", "File "))]
    reason = specific[1].strip() if specific else (plain[0] if plain else type(error).__name__)
    return f"({file}, line {line}) does not compile: {reason}"


# --- telling ---
_telling: list[threading.Timer] = []
_patient = 0


@contextmanager
def word_while_compiling() -> Iterator[None]:
    """Tell the user what takes so long, a second after something began to be compiled: once a process."""
    global _patient
    _patient += 1
    try:
        yield
    finally:
        _patient -= 1
        if _patient == 0:
            while _telling:
                _telling.pop().cancel()


def _compiles() -> None:
    """Something is about to be compiled that was not kept."""
    if _patient and not _telling and multiprocessing.parent_process() is None:
        timer = threading.Timer(1.0, _tell)
        timer.daemon = True
        _telling.append(timer)
        timer.start()


def _tell() -> None:
    folder = cache_folder()
    if folder is None:
        return  # said already
    say_once("compiling what this network needs and was not compiled before; the code is kept for later runs ...")
