"""
A camera and a gyroscope, put together
======================================

The picture shows how fast a turning camera believes it turns: by its gyroscope alone, which has a bias, by its
events alone, which are noisy and late, and by the network that puts both together. Do not use this network as it is
for a camera with other optics or for motion below 5 degrees a second, where hardly a pixel changes: train it on
your own sensor first.
"""

# %%
# The world
# ---------
# A camera of 64 x 48 pixels turns at random before a panorama for two seconds. The gyroscope says its rates about
# three axes each millisecond, with a bias of 5 degrees a second that nobody knows.
import matplotlib.pyplot as plt
import numpy as np

import eventnet as en
from eventnet.plotting import style
from eventnet.scenarios.fusion import FusionNetwork, FusionWeights
from eventnet.scenarios.fusion.train.trajectories import PIXELS, camera, gyroscope
from eventnet.scenarios.sensors import DVS

END = 2_000_000  # microseconds
scene = camera(seed=1)
times = np.arange(0, END, 1000)
rates = np.array([scene.motion.rates(t) for t in times])
samples = np.zeros(rates.size, en.VALUE_EVENT)
samples["t"], samples["index"] = np.repeat(times, 3), np.tile([0, 1, 2], len(times))
samples["value"] = gyroscope(1, rates, bias=5.0, noise=1.0).ravel()
events = DVS(scene, PIXELS, seed=1).events(END).events

# %%
# The network on a clock
# ----------------------
# Both sensors play on one clock, and so do the questions: what is the rate now?
network = FusionNetwork(FusionWeights.shipped(noise=1.0), rows=len(times), updates=len(samples))
simulation = network.simulation()
clock = en.Clock(simulation)
clock.play([en.Packet(END, events)], network.eye.spikes, width=64)
clock.play([en.Packet(END, samples)], into=network.head)
clock.play([en.Packet(END, network.reads(times))])
clock.run()
answers = network.answers(simulation)

# %%
# What each of them says
# ----------------------
# The gyroscope runs beside the truth, off by its bias. Below is the error about all three axes, as a mean over 100
# ms: that of the network falls as soon as it has learned the bias from the camera.
LOOKS = {"dvs": ("camera alone", style.SKY), "gyro": ("gyroscope alone", style.ORANGE), "fused": ("both", style.BLUE)}
figure, (above, below) = plt.subplots(2, 1, figsize=(7.2, 5.6), sharex=True, layout="constrained")
seconds = times / 1e6
above.plot(seconds, rates[:, 0], color=style.BLACK, linewidth=3, alpha=0.35, label="truth")
for name, (label, colour) in LOOKS.items():
    above.plot(seconds, answers[name][:, 0], color=colour, linewidth=1.2, label=label)
    error = np.sqrt(np.mean((answers[name] - rates) ** 2, axis=1).reshape(-1, 100).mean(axis=1))
    below.plot(seconds[50::100], error, color=colour, marker=".", label=label)
above.set(ylabel="rate about x, deg/s")
above.set_title(f"{len(events):,} events and {len(times):,} samples in two seconds", loc="left", fontsize=10)
above.legend(frameon=False, ncols=4, loc="upper center", fontsize=9)
above.set_ylim(1.1 * rates[:, 0].min(), 1.5 * rates[:, 0].max())
below.set(xlabel="time, s", ylabel="error, deg/s", ylim=(0, None))
for axes in (above, below):
    style.plain(axes)
plt.show()
