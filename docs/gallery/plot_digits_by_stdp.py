"""
Digits learned without labels
=============================

A hundred neurons that inhibit each other learn the shapes of digits by the times of spikes alone: the picture shows
their weights, and the answers when each neuron is named after the digit it spikes for most. Do not use it for the
best error: a network trained with labels is right more often with far fewer spikes.
"""

# %%
# Learn, then name
# ----------------
import matplotlib.pyplot as plt
import numpy as np

from eventnet.data import digits, scale_pixels
from eventnet.models import DiehlCook, Neuron, StdpNetwork
from eventnet.plotting import style

d = digits()  # 2,000 + 1,000 real digits ship with the package
x, tests = scale_pixels(d.x_train), scale_pixels(d.x_test)
net = StdpNetwork(784, 100, neuron=Neuron(theta_plus=0.1), rule=DiehlCook(tau=80_000.0, target=0.1), seed=0)
net.fit(x, epochs=2)
net.assign(x, d.y_train)
answers = net.predict(tests)
right = np.mean(answers == d.y_test)
print(f"{right:.1%} of {len(tests):,} right, {net.spikes_a_sample:.0f} spikes a digit")

# %%
# What each neuron has learned
# ----------------------------
# The weights of each neuron as an image, with the digit that it is named after.
fields = net.receptive_fields()
order = np.argsort(net.assignments, kind="stable")
figure, grid = plt.subplots(10, 10, figsize=(7.2, 7.6), layout="constrained")
figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0.02, hspace=0.02)
for axes, k in zip(grid.ravel(), order, strict=True):
    axes.imshow(fields[k], cmap="Greys", interpolation="nearest")
    axes.set_title(f"{net.assignments[k]}" if net.assignments[k] >= 0 else "none", fontsize=9, color=style.BLUE, pad=2)
    axes.set_axis_off()
figure.suptitle("Weights of a hundred neurons, and the digit each is named after", fontsize=10, x=0.01, ha="left")

# %%
# One digit, and all answers
# --------------------------
# To the left, the spikes that show a digit and the neurons that answer; to the right, what is taken for what.
shown = net.raster(tests, 0)
figure, (raster, confusion) = plt.subplots(1, 2, figsize=(7.2, 3.9), layout="constrained")
raster.plot(shown.input_ticks / 1000, shown.inputs, ",", color="#999999")
raster.set(xlabel="time, ms", ylabel="pixel", ylim=(784, 0))
for tick in shown.spike_ticks:
    raster.axvline(tick / 1000, color=style.RED, linewidth=1)
raster.set_title(
    f"a {d.y_test[0]}: {len(shown.inputs):,} spikes in, {len(shown.neurons)} out (red)", loc="left", fontsize=10
)
counts = np.zeros((10, 10))
np.add.at(counts, (d.y_test, answers), 1)
share = 100 * counts / counts.sum(axis=1, keepdims=True)
confusion.imshow(share, cmap="Blues", vmin=0, vmax=100)
for truth, answer in np.argwhere(share >= 2):
    colour = "white" if share[truth, answer] > 50 else "black"
    confusion.text(answer, truth, f"{share[truth, answer]:.0f}", ha="center", va="center", fontsize=8, color=colour)
confusion.set(xticks=range(10), yticks=range(10), xlabel="answer", ylabel="digit")
confusion.set_title(f"{right:.0%} right; per cent of each digit", loc="left", fontsize=10)
style.plain(raster, grid="")
plt.show()
