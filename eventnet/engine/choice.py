"""The engines, by their names."""

from __future__ import annotations

from typing import Any

from eventnet.engine.reference import ReferenceEngine
from eventnet.engine.state import Store
from eventnet.errors import EngineError
from eventnet.given import ENGINES, whole_number
from eventnet.network import Network
from eventnet.order import Order

MOST_THREADS = 1024


def make_engine(name: str, threads: Any, net: Network, store: Store, order: Order, **options: Any) -> Any:
    """An engine for a network. Raises EngineError for a name that there is not, and for threads that it cannot have."""
    count = whole_number("threads", threads, 1, MOST_THREADS, EngineError)
    if name not in ENGINES:
        raise EngineError(f"no engine is called {name!r}; there are {', '.join(ENGINES)}")
    if name == "reference":
        if count > 1:
            raise EngineError(f"the reference engine has one thread, not {count}; wanted engine='compiled'")
        return ReferenceEngine(net, store, order, **options)
    if count > 1:
        from eventnet.engine.threaded import ThreadedEngine

        return ThreadedEngine(net, store, order, threads=count, **options)
    from eventnet.engine.compiled import CompiledEngine

    return CompiledEngine(net, store, order, **options)
