"""A neuron that finds a repeating pattern of spikes, hidden in noise (Masquelier, Guyonneau and Thorpe 2008)."""

from eventnet.scenarios.pattern.listener import ListenerOutcome, listen
from eventnet.scenarios.pattern.parameters import PatternParameters
from eventnet.scenarios.pattern.run import PatternComparison, compare, judge
from eventnet.scenarios.pattern.trains import HiddenPattern

__all__ = ["HiddenPattern", "ListenerOutcome", "PatternComparison", "PatternParameters", "compare", "judge", "listen"]
