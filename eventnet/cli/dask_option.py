"""The option --dask of every command whose runs go to processes: they go to a dask scheduler's workers instead."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, get_type_hints

import typer

from eventnet.analysis.clients import on_client
from eventnet.errors import DataError, ModelError

DaskOption = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="ADDRESS",
        help="In place of processes, workers of a dask scheduler: tcp://HOST:PORT, or its file.",
    ),
]
WAIT_S = 30.0
"""So long a scheduler is asked to answer."""


def takes_dask(run: Callable[..., None]) -> Callable[..., None]:
    """Give a command with an option --processes the option --dask, too; whatever it gives to processes goes there."""
    hints = get_type_hints(run, include_extras=True)
    given = [each.replace(annotation=hints[each.name]) for each in inspect.signature(run).parameters.values()]
    after = next(k for k, each in enumerate(given) if each.name == "processes") + 1
    own = inspect.Parameter("dask", given[after - 1].kind, default=None, annotation=DaskOption)
    parameters = [*given[:after], own, *given[after:]]

    @functools.wraps(run)
    def with_dask(**options: Any) -> None:
        address = options.pop("dask")
        if address is None:
            run(**options)
            return
        if options["processes"] == 1:
            raise typer.BadParameter("--processes 1 keeps all runs here, and does not go with --dask")
        with _connected(address) as client, on_client(client):
            run(**options)

    with_dask.__annotations__ = {each.name: each.annotation for each in parameters}
    # Typer reads the options from a function's signature, which has no type of its own to set.
    with_dask.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return with_dask


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """A client of a scheduler. Raises ModelError without the package, DataError where no scheduler answers."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ModelError(f'--dask needs the package distributed ({error}): pip install "eventnet[dask]"') from error
    where = {"scheduler_file": address} if address.endswith(".json") else {"address": address}
    try:
        client = Client(**where, timeout=WAIT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise DataError(f"no dask scheduler answers at {address}: {error}") from error
    try:
        yield client
    finally:
        client.close()
