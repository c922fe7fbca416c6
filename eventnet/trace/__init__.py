"""Event logs as traces for ui.perfetto.dev and chrome://tracing."""

from eventnet.trace.writing import LIMIT, Trace, count_adds, write_trace

__all__ = ["LIMIT", "Trace", "count_adds", "write_trace"]
