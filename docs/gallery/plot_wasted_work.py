"""
Wasted work: spikes that cancel each other
==========================================

In a network of signed spikes some are taken back within the same cascade: the picture shows how many of each
layer's spikes these are, how far the sums of its units moved for how far they got, and what two ways to avoid it
save. Do not count on such savings in networks of unsigned spikes: where nothing is ever taken back, nothing
cancels.
"""

# %%
# Three layers with random weights
# --------------------------------
# Eight signed spikes come to random units at each of forty ticks. Breadth-first order serves one batch of spikes
# after another.
import matplotlib.pyplot as plt
import numpy as np

import eventnet as en
from eventnet import analysis
from eventnet.plotting import draw_cancelled, draw_variation, style

rng = np.random.default_rng(1)
sizes = (64, 80, 80, 40)
net = en.Network(dtype="float32")
eye = net.add(en.Relay(64, name="eye"))
layers = [
    net.add(en.Herding(units, net.weights(rng.normal(0, 0.1, (before, units))), name=f"layer {k}"))
    for k, (before, units) in enumerate(zip(sizes, sizes[1:], strict=False), start=1)
]
end = net.add(en.Sink(40, name="end"))
for source, target in zip([eye, *layers], [*layers, end], strict=True):
    net.connect(source, target)
inputs = [
    (tick, eye.spikes, int(unit), int(sign))
    for tick in range(40)
    for unit, sign in zip(rng.integers(0, 64, 8), rng.choice([-1, 1], 8), strict=True)
]
found = analysis.cancellation(en.simulate(net, inputs, order="breadth", record=True))
print(found)

# %%
# What cancels
# ------------
# Above, the spikes that an opposite one of the same unit takes back before the cascade of their input is over.
# Below, how far sums moved for how far each cascade took them in the end: 1 is the straight way.
figure, (above, below) = plt.subplots(2, 1, figsize=(7.2, 4.6), layout="constrained")
draw_cancelled(found, ax=above)
above.xaxis.set_major_formatter("{x:,.0f}")
above.set_title(f"{200 * found.pairs / found.spikes:.0f} % of {found.spikes:,} spikes cancel", loc="left", fontsize=10)
draw_variation(found, ax=below)
below.set_xlim(0, 20)

# %%
# Two ways to save
# ----------------
# Thresholds checked once a burst instead of after each row, and opposite spikes that meet in the queue taken out of
# it. The answer is the same in all four.
saved = analysis.savings(net, inputs, order="breadth")
checks = {"none": "checks after each row", "burst": "checks once a burst"}
names = [checks[one.coalesce] + (", opposites meet" if one.annihilate else "") for one in saved]
figure, axes = plt.subplots(figsize=(7.2, 2.4), layout="constrained")
bars = axes.barh(names, [one.adds / 1000 for one in saved], color=style.BLUE, height=0.6)
axes.bar_label(bars, fmt="{:,.0f}", padding=4)
axes.set(xlabel="adds, thousands", xlim=(0, 800), ylim=(len(names) - 0.5, -0.5))
axes.tick_params(axis="y", length=0)
style.plain(axes, grid="x")
plt.show()
