"""
One recording read six ways
===========================

One short recording of a camera and a gyroscope is played as it is, in two mirrors, backwards, faster and as a
negative: the picture shows the events of each, and the rate that its gyroscope says, whose sign follows. Do not use
mirrors to test a camera whose gyroscope is turned against it, nor backwards playback for anything that falls:
gravity does not turn round.
"""

# %%
# A recording
# -----------
# A file of any format that ``open_events`` reads will do. This one is made here: 0.4 s of a camera that turns to
# the right, more and more slowly, with a perfect gyroscope beside it.
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from eventnet.io import INERTIAL, open_events, write_events
from eventnet.plotting import style
from eventnet.scenarios.sensors import DVS, EventReplay, InertialReplay, Playback
from eventnet.scenarios.worlds import Panorama, SampledRates, TurningCamera

END = 400_000  # microseconds
times = np.arange(0, END, 1000)
rates = np.stack([12 + 0 * times, 60 - 40 * times / END, 0 * times], axis=1)  # about x, y and z, deg/s
camera = TurningCamera(Panorama.random(seed=5, edges=0.9), SampledRates(times, rates), width=64, height=48, focal=60)
samples = np.zeros(len(times), INERTIAL)
samples["t"], samples["gyroscope"] = times, rates
folder = tempfile.TemporaryDirectory()
file = Path(folder.name) / "turning.npz"
write_events(file, DVS(camera).events(END).events, width=64, height=48, inertial=samples)

# %%
# Six ways to play it
# -------------------
# A playback changes the events and the gyroscope together, so that each is a recording that could have been made.
recording = open_events(file)
ways = {
    "as recorded": Playback(),
    "mirrored left-right": Playback(left_right=True),
    "mirrored up-down": Playback(up_down=True),
    "backwards": Playback(reverse=True),
    "twice as fast": Playback(speed=2),
    "negative": Playback(negative=True),
}
figure, panels = plt.subplots(2, 3, figsize=(7.2, 4.9), sharex=True, sharey=True, layout="constrained")
for axes, (name, playback) in zip(panels.ravel(), ways.items(), strict=True):
    events = EventReplay(recording, playback).events(END)
    said = InertialReplay(recording, playback).events(END)
    shown = events[events["t"] < 20_000]
    for on, colour, label in ((True, style.BLUE, "ON"), (False, style.RED, "OFF")):
        of = shown[shown["p"] == on]
        axes.plot(of["x"], of["y"], ".", color=colour, markersize=3, label=label)
    pitch, yaw = (said["value"][said["index"] == k][0] for k in (0, 1))
    rates_said = f"about x {pitch:+.0f}, about y {yaw:+.0f} deg/s".replace("-", "−")
    axes.set_title(f"{name}\n{rates_said}", loc="left", fontsize=9)
    axes.set(xlim=(-1, 64), ylim=(48, -1), aspect="equal")
    style.plain(axes, grid="")
for axes in panels[1]:
    axes.set_xlabel("x, pixels")
for axes in panels[:, 0]:
    axes.set_ylabel("y, pixels")
figure.legend(
    *panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False, markerscale=3
)
folder.cleanup()
plt.show()
