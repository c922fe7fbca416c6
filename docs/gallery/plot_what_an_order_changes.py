"""
What an order changes
=====================

The same network and the same digits in every routing order: the picture shows what stays the same, spikes and adds, and what does not, how many
deliveries wait at once and how many pass before an answer is heard. Do not choose an order by these figures for a network whose answer itself
depends on it: ask the race detector first.
"""

# %%
# One network, every order
# ------------------------
# A network that has learned digits tells others. Each order runs with thresholds checked after every row, and once a burst.
import matplotlib.pyplot as plt
import numpy as np

from eventnet import analysis
from eventnet.plotting import style
from eventnet.scenarios.orders.subjects import answering

made = answering(0, samples=20, taught=500)
found = analysis.orders(made.net, made.feed, answer=made.answer, output=made.output, score=made.score, processes=1)
for one in found:
    print(f"{one.name:24} answer {one.answer} {one.score:3.0f} % right")

# %%
# What it costs and how late it is
# --------------------------------
names = [one.name for one in found]
figure, panels = plt.subplots(1, 3, figsize=(7.2, 4.6), sharey=True, layout="constrained")
columns = {
    "adds, millions": [one.adds / 1e6 for one in found],
    "waiting at once": [one.peak_queue for one in found],
    "before an answer": [one.deliveries_before for one in found],
}
colours = [style.SKY if one.coalesce == "burst" else style.BLUE for one in found]
for axes, (title, values) in zip(panels, columns.items(), strict=True):
    bars = axes.barh(names, values, color=colours, height=0.7)
    axes.bar_label(bars, [f"{v:,.2f}" if v < 10 else f"{v:,.0f}" for v in values], padding=3, fontsize=9)
    axes.set_title(title, loc="left", fontsize=10)
    axes.set_xlim(0, 1.4 * max(values))
    axes.set_xticks([])
    style.plain(axes, grid="")
    axes.spines["bottom"].set_visible(False)
panels[0].set_ylim(len(names) - 0.5, -0.5)
figure.supxlabel("light bars: thresholds checked once a burst; the last two columns in deliveries", fontsize=9)
plt.show()
