"""
Where the order of simultaneous events decides
==============================================

The picture shows the sum of a unit at which two spikes of one instant meet, in both of their sequences: if the
excitatory one comes first the unit fires, if the inhibitory one comes first it does not. Do not read a verdict of
"confluent" as a proof: it is one of the runs that were made, and only the bound from the graph holds for all.
"""

# %%
# A diamond
# ---------
# ``a`` reaches ``meet`` on two ways of the same length, once with weight +, once with weight -.
import matplotlib.pyplot as plt
import numpy as np

import eventnet as en
from eventnet import analysis
from eventnet.plotting import network_graph, style

net = en.Network(dtype="int32")
a = net.add(en.Relay(1, name="a"))
up = net.add(en.Herding(1, net.weights([[3]]), scale=3, name="up"))
down = net.add(en.Herding(1, net.weights([[-3]]), scale=3, name="down"))
meet = net.add(en.Rectified(1, net.weights([[2]]), scale=3, name="meet"))
end = net.add(en.Sink(1, name="end"))
for source, target in ((a, up), (a, down), (up, meet), (down, meet), (meet, end)):
    net.connect(source, target)
figure, axes = plt.subplots(figsize=(9.2, 2.9), layout="constrained")
network_graph(net, ax=axes)

# %%
# The detector
# ------------
# It runs the extreme orders and 40 permutations, and names the two deliveries that changed places.
inputs = [(0, a.spikes, 0, 1)]
found = analysis.race(net, inputs)
print("\n".join(str(found).splitlines()[:4]))
print("checked once a burst:", analysis.race(net, inputs, coalesce="burst").verdict)

# %%
# The two sequences
# -----------------
# A delivery at a time, in an order that takes the oldest first and in one that takes the newest first: the sum of
# ``meet`` after each, and its spikes.


def newest(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return 2, -seq


figure, panels = plt.subplots(1, 2, figsize=(7.2, 3.6), sharey=True, layout="constrained")
for axes, order, title in zip(panels, ("fifo", newest), ("the oldest first", "the newest first"), strict=True):
    sim = en.Simulation(net, order=order, engine="reference", record=True)
    sim.inject(inputs)
    ports = [str(port) for port in net.ports()]
    labels, sums, fired = [], [], []
    while not sim.idle:
        sim.run(max_deliveries=1)
        line = sim.log[-1]
        labels.append(f"{ports[line['port']].split('.')[0]} {'+' if line['sign'] > 0 else '−'}")
        sums.append(sim[meet][0].phi + sim[meet][0].fired)
        fired.append(sim[meet][0].fired)
    steps = np.arange(len(labels))
    axes.axhline(1.5, color=style.ORANGE, linestyle=":", linewidth=1.2)
    axes.step(steps, sums, where="post", color=style.BLUE, linewidth=2)
    axes.plot(steps, sums, "o", color=style.BLUE, label="sum of what came")
    made = np.flatnonzero(np.diff(fired, prepend=0))
    axes.plot(made, np.array(sums)[made], "^", color=style.RED, markersize=11, label="it fires")
    axes.set_xticks(steps, labels, rotation=35, ha="right")
    axes.set(xlim=(-0.4, 6.4), ylim=(-2.8, 3.2))
    axes.set_title(f"{title}: {len(made)} spike{'s' * (len(made) != 1)}", loc="left", fontsize=10)
    style.plain(axes)
panels[0].set_ylabel("sum of the unit 'meet'")
panels[0].annotate("half a step", (6.3, 1.55), ha="right", va="bottom", color=style.ORANGE, fontsize=9)
panels[0].legend(frameon=False, loc="lower left")
figure.supxlabel("deliveries in their sequence: to which module, with which sign", fontsize=10)
plt.show()
