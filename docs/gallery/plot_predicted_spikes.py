"""
Spikes that are predicted
=========================

A neuron with a synaptic current predicts when it will cross its threshold, and each input moves the prediction or
takes it back: the picture shows the predictions and what happens. Do not use these neurons where inputs come so
densely that nearly every prediction is moved before it comes true: then a step on a clock costs less.
"""

# %%
# One neuron, four inputs
# -----------------------
# An exponential current into a leaky membrane; the crossing follows in closed form, so nothing runs between two
# events.
import matplotlib.pyplot as plt
import numpy as np

import eventnet as en
from eventnet.plotting import style

net = en.Network("float64")
w = net.weights([[4.5], [0.3], [3.0]])
cell = net.add(en.ExponentialCurrent(1, w, tau_m=20_000, tau_s=10_000, refractory=2_000, name="cell"))
sim = en.Simulation(net, engine="reference")
view = sim[cell]


def draw(begin, end, **look):
    """The potential from tick to tick, as it would go on without another input."""
    ticks = np.arange(begin, end, 20)
    axes.plot(ticks / 1000, [cell.potential(view, int(t))[0] for t in ticks], **look)


# %%
# What it predicts after each input, and what happens
# ---------------------------------------------------
# Dashed lines lead to the spike that is predicted: 4.5 alone reaches the threshold, 0.3 more makes it come sooner,
# -3.0 takes it back, 3.0 brings it again.
figure, axes = plt.subplots(figsize=(7.2, 4.0), layout="constrained")
now = 0
for t, row, sign in ((0, 0, +1), (3_000, 1, +1), (6_000, 2, -1), (7_000, 2, +1), (14_000, 0, 0)):
    while now < t:  # up to the next spike or the next input
        end = min(t, int(view.due[0]))
        draw(now, end, color=style.BLUE, linewidth=2.5, label="what happens" if now == 0 else None)
        now = min(t, end + 1)
        sim.run(until=now)
    if sign:
        sim.inject([(t, cell.spikes, row, sign)])
        sim.run(until=t + 1)
        label = "what is predicted" if t == 0 else None
        draw(t, min(int(view.due[0]), t + 9_000), color=style.ORANGE, linewidth=1.4, linestyle="--", label=label)
        if sim.predictions:
            axes.plot((view.due[0] - view.ahead[0]) / 1000, 1, "o", color=style.ORANGE)
        axes.annotate(
            f"{sign * w.array[row, 0]:+.1f}".replace("-", "−"), (t / 1000, 0), xytext=(t / 1000, -0.16), ha="center",
            va="center", arrowprops={"arrowstyle": "->", "color": style.BLACK},
        )  # fmt: skip
axes.axhline(1, color=style.BLACK, linewidth=0.8)
axes.annotate("threshold", (14, 1.02), ha="right", va="bottom", fontsize=9)
axes.set(xlabel="time, ms", ylabel="potential", ylim=(-0.25, 1.3))
axes.set_title("Four inputs (arrows), and the spike that each lets the neuron predict", loc="left", fontsize=10)
axes.legend(frameon=False, loc="upper left", ncols=2)
style.plain(axes)
plt.show()
