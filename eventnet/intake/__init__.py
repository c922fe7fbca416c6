"""Events of others: arrays, frames and spike trains become records of this package, or are refused with a reason."""

from eventnet.intake.events import ColumnNames, events_from, inputs_from, is_events, records_from
from eventnet.intake.trains import trains_of

__all__ = ["ColumnNames", "events_from", "inputs_from", "is_events", "records_from", "trains_of"]
