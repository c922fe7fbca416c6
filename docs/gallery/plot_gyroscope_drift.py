"""
Drift of a gyroscope
====================

A gyroscope that stands still does not say zero: the picture shows where its angle drifts to in ten minutes, and its
Allan deviation, which tells white noise, bias instability and random walk apart. Do not use the model for shocks,
for rates beyond full scale in a way that matters, or as a data sheet of a part: three numbers describe noise, and
temperature is not among them.
"""

# %%
# Ten minutes of standing still
# -----------------------------
import matplotlib.pyplot as plt
import numpy as np

from eventnet.plotting import style
from eventnet.scenarios.sensors import Gyroscope, InertialParameters, InertialUnit
from eventnet.scenarios.worlds import SampledRates

HZ, SECONDS = 200, 600
DENSITY, INSTABILITY, WALK = 0.005, 60.0, 120.0  # deg/s/sqrt(Hz), deg/h, deg/h/sqrt(h)
still = SampledRates(np.zeros(1), np.zeros((1, 3)))
noise = Gyroscope(noise_density=DENSITY, bias_instability=INSTABILITY, bias_random_walk=WALK)
units = [InertialUnit(still, InertialParameters(noise, None, rate_hz=HZ), seed=seed) for seed in range(4)]
rates = np.concatenate([unit.events(1e6 * SECONDS)["value"].reshape(-1, 3) for unit in units], axis=1)
angles = np.cumsum(rates, axis=0) / HZ

# %%
# The Allan deviation
# -------------------
# It is the root mean square change between the means of neighbouring stretches of length tau, over the square root
# of two. White noise falls with tau, bias instability is flat, a random walk rises.
taus = np.geomspace(0.02, 100, 25)
found, theory = [], []
for tau in taus:
    m = round(tau * HZ)
    second = angles[2 * m :] - 2 * angles[m:-m] + angles[: -2 * m]
    found.append(np.sqrt((second**2).mean(axis=0) / (2 * (m / HZ) ** 2)))
    white, flicker = DENSITY**2 / (2 * tau), 0.4413 * (INSTABILITY / 3600) ** 2
    theory.append(np.sqrt(white + flicker + (WALK / 216_000) ** 2 * tau / 3))

# %%
# Twelve axes of four units: none drifts as another does, and all follow the same law.
figure, (drift, allan) = plt.subplots(1, 2, figsize=(7.2, 3.8), layout="constrained")
minutes = np.arange(len(angles)) / HZ / 60
drift.plot(minutes[::HZ], angles[::HZ], linewidth=1, color=style.SKY)
drift.axhline(0, color=style.BLACK, linewidth=0.8)
drift.set(xlabel="time, minutes", ylabel="angle, degrees")
drift.set_title("Angle from the rates summed", loc="left", fontsize=10)
allan.plot(taus, np.array(found), color=style.SKY, linewidth=1)
allan.plot(taus, np.mean(found, axis=1), color=style.BLUE, linewidth=2, label="mean of twelve axes")
allan.plot(taus, theory, color=style.ORANGE, linestyle="--", linewidth=2, label="theory")
allan.set(xscale="log", yscale="log", xlabel="tau, s", ylabel="Allan deviation, deg/s")
allan.set_title("Noise by the time it is averaged over", loc="left", fontsize=10)
allan.legend(frameon=False)
for axes in (drift, allan):
    style.plain(axes)
plt.show()
