"""
A neuron of your own
====================

The picture shows the potential, the threshold and the spikes of a neuron that tires: each spike raises its
threshold, which comes down again with time. Do not write one where a neuron that ships does what you want: those
are tested against an independent simulator, and yours is not.
"""

# %%
# What happens at a delivery, and what the neuron is
# --------------------------------------------------
# The rule says what happens when a spike comes in; the class says, each thing once, what the neuron has. The
# constructor with its checks, what a file holds, and what can be blamed for a spike all follow from the class.
import math

import matplotlib.pyplot as plt
import numpy as np

import eventnet as en
from eventnet.plotting import style


@en.rule
def add_and_tire(i, s, t, out, tally, phi, tired, last, w, threshold, step, tau):
    """Add a row; a unit past its threshold fires, begins again from 0, and is harder to excite for a while."""
    en.add_row(phi, w, i, s, tally)
    for j in range(len(phi)):
        tired[j] *= math.exp(-(t - last[j]) / tau)
        last[j] = t
        if phi[j] > threshold + tired[j]:
            phi[j] = 0
            tired[j] += step
            out.spike(j, 1)
            tally[en.NEURON_ADDS] += 1
    tally[en.COMPARES] += len(phi)
    tally[en.MULTIPLIES] += 2 * len(phi)


class Tiring(en.Module):
    """Integrate-and-fire units whose threshold rises by `step` at each spike and falls back with `tau` (ticks)."""

    w = en.Weights("n_in", "units")
    phi = en.Potential(w)
    tired = en.State()
    last = en.Integers()
    threshold = en.Param(1.0)
    step = en.Param(0.5)
    tau = en.Param(2e4)
    spikes = en.Port(add_and_tire, emits="out", accepts="n_in")
    out = en.Outlet()


# %%
# Three of them
# -------------
# Spikes come each millisecond, for 0.1 s. The three units differ in nothing but their weight.
net = en.Network(dtype="float64")
weights = np.array([0.15, 0.3, 0.6])
layer = net.add(Tiring(3, net.weights(weights[None]), name="tiring"))
sink = net.add(en.Sink(3, name="heard"))
net.connect(layer, sink)
sim = en.Simulation(net, engine="reference", record=True)
sim.inject([(1000 * k, layer.spikes, 0, 1) for k in range(100)])
potentials, bars = [], []
for k in range(100):
    before = sim[layer].phi + weights  # what the next input takes it to
    sim.run(until=1000 * k + 1)
    potentials.append(before)
    bars.append(1 + sim[layer].tired)
print(sim.tally)

# %%
# Its potential as the input arrives, its threshold, and its spikes: the first come fast, later ones ever more
# seldom, until what a spike adds to the threshold is what has decayed since the last.
figure, axes = plt.subplots(3, 1, figsize=(7.2, 5.4), sharex=True, layout="constrained", height_ratios=(2, 2, 1.4))
for unit, panel in ((0, axes[0]), (2, axes[1])):
    panel.step(range(100), np.array(potentials)[:, unit], where="post", color=style.BLUE, label="potential")
    panel.step(range(100), np.array(bars)[:, unit], where="post", color=style.ORANGE, linestyle="--", label="threshold")
    panel.set(ylabel="potential", ylim=(0, None))
    panel.set_title(f"unit {unit}, weight {weights[unit]:g}", loc="left", fontsize=10)
    style.plain(panel)
axes[0].legend(frameon=False, ncols=2, loc="upper right", bbox_to_anchor=(1, 1.2))
log = sim.log[sim.log["port"] == int(sink.spikes)]
axes[2].plot(log["t"] / 1000, log["index"], "|", color=style.BLUE, markersize=12, markeredgewidth=1.5)
axes[2].set(yticks=range(3), ylabel="unit", xlabel="time, ms", ylim=(2.6, -0.6))
axes[2].set_title(f"{len(log)} spikes", loc="left", fontsize=10)
style.plain(axes[2], grid="x")
figure.align_ylabels()
plt.show()
