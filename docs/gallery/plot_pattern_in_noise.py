"""
A pattern hidden in noise
=========================

One neuron hears 2,000 trains of spikes at the same mean rate, in half of which a pattern of 50 ms returns at random
times: the picture shows how spike-timing-dependent plasticity finds it, and then its beginning. Do not expect this
where the pattern is longer than the membrane remembers, or where several neurons have to find several patterns
without inhibiting each other.
"""

# %%
# Listen
# ------
# The neuron is watched: its potential in the first and in the last second is kept.
import matplotlib.pyplot as plt
import numpy as np

from eventnet.plotting import style
from eventnet.scenarios.pattern import PatternParameters, judge, listen
from eventnet.scenarios.shared.parameter_file import loads

parameters = loads("[run]\nduration_s = 60", PatternParameters())
outcome = listen(parameters, watched=True)
row = judge(outcome, parameters.judging)
print(f"{row['input spikes']:,} spikes in, {row['spikes']} out; {row['hit rate']:.0%} of late presentations hit")

# %%
# From noise to a pattern
# -----------------------
# At first the neuron spikes at anything. After some ten seconds it spikes at the pattern alone, and then ever
# sooner after its beginning. A point is a spike, by when it came in the presentation; spikes outside of all
# presentations are drawn below zero.
at = np.searchsorted(outcome.begins, outcome.spikes, side="right") - 1
after = (outcome.spikes - outcome.begins[at]) / 1000
inside = (at >= 0) & (after < outcome.slot / 1000)
figure, (above, below) = plt.subplots(2, 1, figsize=(7.2, 5.2), layout="constrained", height_ratios=(3, 2))
above.plot(outcome.spikes[inside] / 1e6, after[inside], ".", color=style.BLUE, markersize=4, label="in a presentation")
rng = np.random.default_rng(0)
outside = outcome.spikes[~inside] / 1e6
above.plot(outside, rng.uniform(-11, -4, len(outside)), ".", color=style.RED, markersize=3, label="outside")
above.axhline(0, color=style.BLACK, linewidth=0.8)
above.set(xlabel="time, s", ylabel="ms after its beginning", ylim=(-14, outcome.slot / 1000))
above.set_title("Spikes of the neuron, by when they came in a presentation", loc="left", fontsize=10)
above.legend(frameon=False, loc="upper right", markerscale=2)
first, last = outcome.glimpses[0], outcome.glimpses[-1]
shown = last.times >= last.times[-1] - 600_000
below.plot(last.times[shown] / 1e6, last.potentials[shown], color=style.BLUE, linewidth=0.8)
for begin in outcome.begins[outcome.begins + outcome.slot > last.times[shown][0]]:
    below.axvspan(begin / 1e6, (begin + outcome.slot) / 1e6, color=style.GREEN, alpha=0.2, linewidth=0)
below.axhline(parameters.neuron.threshold, color=style.ORANGE, linestyle="--")
below.set(xlabel="time, s", ylabel="potential", xlim=(last.times[shown][0] / 1e6, last.times[-1] / 1e6))
below.set_title("The potential at the end; the pattern is there where it is green", loc="left", fontsize=10)
for axes in (above, below):
    style.plain(axes)
plt.show()
