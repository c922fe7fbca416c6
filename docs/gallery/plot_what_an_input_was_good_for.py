"""
What an input was good for
==========================

Each input of a run is left out in turn, and the rest runs again, exactly: the picture shows what each saved or
cost, and which of them changed the answer. Do not use it on a closed loop, where sensors answer to what the network
does: there the inputs would not stay what they were.
"""

# %%
# A small network and its inputs
# ------------------------------
import matplotlib.pyplot as plt
import numpy as np

import eventnet as en
from eventnet import analysis
from eventnet.plotting import draw_influence, raster

rng = np.random.default_rng(4)
net = en.Network(dtype="float32")
eye = net.add(en.Relay(12, name="eye"))
layer = net.add(en.Rectified(16, net.weights(rng.normal(0, 0.25, (12, 16))), name="layer"))
answer = net.add(en.Rectified(4, net.weights(rng.normal(0, 0.35, (16, 4))), name="answer"))
end = net.add(en.Sink(4, name="end"))
for source, target in ((eye, layer), (layer, answer), (answer, end)):
    net.connect(source, target)
inputs = [(10 * k, eye.spikes, int(rng.integers(12)), 1) for k in range(80)]
run = en.simulate(net, inputs, order="depth", engine="reference", record=True)
figure, axes = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
raster(run, ax=axes)

# %%
# Without each of them
# --------------------
found = analysis.influence(run)
changed = sum(one.changed for one in found)
figure, axes = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
draw_influence(found, ax=axes)
axes.legend(frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0)
axes.set_title(f"{changed} of {len(found)} inputs matter", loc="left", fontsize=10)
plt.show()
