"""
Synapses that compete
=====================

Fifty neurons hear 200 of 1,000 sources each, all at the same rate; every second source often spikes together with
others of its kind, and the picture shows how STDP of pairs, additive with hard bounds, takes the synapses of those to
the top. Do not expect it of any STDP: with weights of up to 1 mV and axonal delays the sources that spike by chance
win, since a neuron then fires early in a volley, and what is still to come is weakened.
"""

# %%
# Sources of two kinds
# --------------------
# All spike 10 times a second. Those of the first kind do so by chance alone; of the others three spikes in ten belong
# to moments that they share, within 3 ms or so.
import matplotlib.pyplot as plt
import numpy as np

import eventnet as en
from eventnet.analysis import synapse_weights
from eventnet.learning import SparsePairStdp
from eventnet.plotting import style

SECONDS, TICKS, SOURCES, RATE, SHARED, HIGHEST = 60, 10_000, 1000, 10.0, 0.3, 0.6
rng = np.random.default_rng(1)
together = np.arange(SOURCES) % 2 == 1
who = [np.repeat(np.arange(SOURCES), rng.poisson(RATE * SECONDS * (1 - SHARED * together)))]
when = [rng.integers(0, SECONDS * TICKS, len(who[0]))]
for moment in rng.integers(0, SECONDS * TICKS, rng.poisson(RATE * SECONDS)):
    who.append(np.flatnonzero(together & (rng.random(SOURCES) < SHARED)))
    when.append(moment + rng.exponential(0.003 * TICKS, len(who[-1])).astype(int))

# %%
# A layer that learns
# -------------------
# Weights are millivolts, ticks a tenth of a millisecond. All begin at half of the highest.
net = en.Network("float32")
sources = net.add(en.Relay(SOURCES, name="sources"))
cells = net.add(en.LeakyDelta(50, tau=200.0, threshold=20.0, reset=0.0, refractory=20, name="cells"))
rule = SparsePairStdp.given(
    a_plus=0.02 * HIGHEST, a_minus=0.021 * HIGHEST, tau_plus=200.0, tau_minus=200.0, bounds=(0.0, HIGHEST),
    delays="dendritic",
)  # fmt: skip
made = net.connect(sources, cells, en.FixedInDegree(200), weight=HIGHEST / 2, delay=10, seed=2, plasticity=rule)
spikes = np.zeros(sum(map(len, who)), en.EVENT)
spikes["t"], spikes["index"] = np.concatenate(when), np.concatenate(who)
spikes["port"], spikes["sign"] = int(sources.spikes), 1
sim = en.Simulation(net)
sim.inject(spikes[np.argsort(spikes["t"], kind="stable")])
table = synapse_weights(sim, made, at=range(0, SECONDS * TICKS + 1, TICKS))
row = sim.tally.by_module()["sources_to_cells_stdp"]
print(f"{sim.tally.spikes / 50 / SECONDS:.0f} spikes a second and neuron, {row['writes']:,} weight writes")

# %%
# Which are left
# --------------
# Lines are means of both kinds, and forty single synapses.
figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.4), layout="constrained", width_ratios=(3, 2))
kind = together[table["source"][: len(table.synapses)]]
seconds = table.times / TICKS
for which, color, label in ((kind, style.ORANGE, "often together"), (~kind, style.BLUE, "by chance")):
    chosen = np.flatnonzero(which)
    left.plot(seconds, table.weights[:, chosen[:20]], color=color, linewidth=0.4, alpha=0.5)
    left.plot(seconds, table.weights[:, chosen].mean(axis=1), color=color, linewidth=2.4, label=label)
    right.hist(table.weights[-1, chosen], bins=25, range=(0, HIGHEST), color=color, alpha=0.7, label=label)
left.set(xlabel="time, s", ylabel="weight, mV", ylim=(0, HIGHEST))
left.set_title("Weights over time", loc="left", fontsize=10)
left.legend(frameon=False, loc="lower left")
right.set(xlabel="weight, mV", ylabel="synapses")
right.set_title(f"After {SECONDS} s", loc="left", fontsize=10)
for axes in (left, right):
    style.plain(axes)
plt.show()
