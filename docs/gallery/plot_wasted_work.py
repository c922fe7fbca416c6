"""
Wasted work: spikes that cancel each other
==========================================

When a network sends signed changes, some spikes are taken back within the same cascade: the picture shows how many of each layer's
spikes these are, and how far the sums of its units moved for how far they got. Do not count all of it as savings: what cancels within
one cascade can be left out, what comes from different moments cannot.
"""

# %%
# Digits that move
# ----------------
# A Sigma-Delta network takes the changes between frames, in which a digit wanders a pixel at a time, and checks thresholds after every
# row that it adds.
import matplotlib.pyplot as plt
import numpy as np

import eventnet as en
from eventnet import analysis
from eventnet.plotting import draw_cancelled, draw_variation, style
from eventnet.scenarios.orders.subjects import sigma_delta

made = sigma_delta(0, samples=20)
run = en.simulate(made.net, made.feed, order="depth", coalesce="none", record=True)
found = analysis.cancellation(run)
print(str(found).splitlines()[0])

# %%
# What cancels
# ------------
# Above, spikes that an opposite one of the same unit takes back before the cascade of their input is over. Below, how far sums moved: 1 is the
# straight way.
figure, (above, below) = plt.subplots(2, 1, figsize=(7.2, 4.8), layout="constrained")
draw_cancelled(found, ax=above)
above.xaxis.set_major_formatter("{x:,.0f}")
above.set_title(f"{200 * found.pairs / found.spikes:.0f} % of {found.spikes:,} spikes cancel", loc="left", fontsize=10)
draw_variation(found, ax=below)

# %%
# Two ways to save
# ----------------
# Checking thresholds once a burst, and taking opposite spikes out of the queue where they meet; the answers are the same.
saved = analysis.savings(made.net, made.feed, order="depth", answer=made.answer)
names = [
    f"{'once a burst' if one.coalesce == 'burst' else 'after each row'}{', opposites meet' if one.annihilate else ''}"
    for one in saved
]
figure, axes = plt.subplots(figsize=(7.2, 2.6), layout="constrained")
bars = axes.barh(names, np.array([one.adds for one in saved]) / 1e6, color=style.BLUE, height=0.6)
axes.bar_label(bars, fmt="{:.2f}", padding=4)
axes.invert_yaxis()
axes.set(xlabel="adds, millions")
axes.set_title("Thresholds checked ... and what it costs", loc="left", fontsize=10)
style.plain(axes, grid="x")
plt.show()
