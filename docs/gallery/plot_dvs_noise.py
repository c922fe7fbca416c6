"""
Noise of an event camera's pixels
=================================

The same turning camera with perfect pixels and with pixels that differ, leak and fire by chance: the picture shows
where events lie in 20 ms of motion, and what is left when nothing moves. Do not take presets for a measurement of
your camera: noise depends on light, bias settings and temperature, so fit the parameters to a recording of a still
scene.
"""

# %%
# Two cameras, moving and still
# -----------------------------
import matplotlib.pyplot as plt
import numpy as np

from eventnet.plotting import style
from eventnet.scenarios.sensors import DVS, DvsParameters
from eventnet.scenarios.worlds import Panorama, RandomTurning, SampledRates, TurningCamera

END = 200_000  # microseconds
panorama = Panorama.random(seed=8, edges=0.85)
motions = {"turning": RandomTurning(seed=3, rms=55), "still": SampledRates(np.zeros(1), np.zeros((1, 3)))}
pixels = {
    "perfect": DvsParameters(),
    "noisy": DvsParameters(threshold_mismatch=0.03, refractory_us=500, leak_rate_hz=0.2, shot_noise_hz=2.0),
}
events = {
    (kind, state): DVS(TurningCamera(panorama, motion, width=64, height=48, focal=40), made, seed=7).events(END).events
    for kind, made in pixels.items()
    for state, motion in motions.items()
}

# %%
# Where events lie
# ----------------
# Each event is a point: blue is brighter, red is darker. Of the turning cameras 20 ms are shown, of the still ones
# 200 ms.
figure, panels = plt.subplots(2, 2, figsize=(7.2, 6.2), sharex=True, sharey=True, layout="constrained")
for row, kind in zip(panels, pixels, strict=True):
    for axes, state in zip(row, motions, strict=True):
        shown = events[kind, state]
        shown = shown[shown["t"] < (20_000 if state == "turning" else END)]
        for on, colour, label in ((True, style.BLUE, "ON"), (False, style.RED, "OFF")):
            of = shown[shown["p"] == on]
            axes.plot(of["x"], of["y"], ".", color=colour, markersize=3, label=label)
        time = "20 ms" if state == "turning" else "200 ms"
        axes.set_title(f"{kind} pixels, {state}, {time}: {len(shown):,}", loc="left", fontsize=10)
        axes.set(xlim=(-1, 64), ylim=(48, -1), aspect="equal")
        style.plain(axes, grid="")
panels[0, 1].legend(frameon=False, loc="upper right", markerscale=3)
for axes in panels[1]:
    axes.set_xlabel("x, pixels")
for axes in panels[:, 0]:
    axes.set_ylabel("y, pixels")
plt.show()
