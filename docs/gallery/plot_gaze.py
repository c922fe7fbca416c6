"""
A steady gaze
=============

A camera sits on a moving head and is turned against it, as eyes are: the picture shows how fast what it sees still
slips, and how many events it makes, with a gyroscope alone and with gyroscope and camera together, which
costs more: a gyroscope alone has no use for the events. Do not expect a steadier gaze from both when the scene itself
moves or the gyroscope has no bias: then there is little for the camera to correct.
"""

# %%
# Two reflexes, one head
# ----------------------
# Three seconds of the same head, with the same seeds, so that both reflexes have the same to do.
import matplotlib.pyplot as plt
import numpy as np

from eventnet.plotting import style
from eventnet.scenarios.fusion import FusionWeights
from eventnet.scenarios.gaze import GazeParameters, run_reflex
from eventnet.scenarios.shared.parameter_file import loads

parameters = loads("[run]\nduration_s = 3", GazeParameters())
weights = FusionWeights.shipped(noise=1.0)
found = {name: run_reflex(parameters, weights, name) for name in ("gyroscope alone", "both")}

# %%
# Slip, and what it costs
# -----------------------
# The command is the network's own read-out, fed back 2 ms late. The gyroscope's bias keeps the gaze drifting; what
# the camera sees of the drift takes it away within a second, and a camera whose picture stands still has next to
# nothing to say. (The first 20 ms, before there is a command, lie above the picture.)
figure, (slip, events) = plt.subplots(2, 1, figsize=(7.2, 5.4), sharex=True, layout="constrained", height_ratios=(3, 2))
looks = {"gyroscope alone": (style.ORANGE, "--"), "both": (style.BLUE, "-")}
for name, outcome in found.items():
    colour, dash = looks[name]
    size = np.sqrt((outcome.slip**2).sum(axis=1))
    slip.plot(outcome.times / 1e6, size, color=colour, linestyle=dash, linewidth=1.2, label=name)
    counts = outcome.events / 100
    events.stairs(counts, np.arange(len(counts) + 1) / 10, color=colour, linestyle=dash, linewidth=1.8, baseline=None)
head = found["both"].slip + found["both"].command
slip.set_title(
    f"The head turns at {np.sqrt((head**2).sum(axis=1).mean()):.0f} deg/s root mean square; its picture slips by",
    loc="left", fontsize=10,
)  # fmt: skip
slip.set(ylabel="slip, deg/s", ylim=(0, 16))
slip.legend(frameon=False)
events.set(xlabel="time, s", ylabel="events a millisecond", ylim=(0, None))
for axes in (slip, events):
    style.plain(axes)
plt.show()
