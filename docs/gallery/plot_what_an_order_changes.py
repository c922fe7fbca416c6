"""
What an order changes
=====================

The same network learns the same digits in every routing order: the picture shows what it then tells right, what
learning cost, and how many deliveries pass before the output hears of an input. Do not rank orders by one run of
one seed: repeat it with other seeds, and ask the race detector where the difference comes from.
"""

# %%
# One network, every order
# ------------------------
# A network of 784, 100 and 10 units sees 300 digits once. Each order runs with thresholds checked after every row,
# and once a burst. The same letter is the same answer, here the weights that were learned, to the last bit.
import matplotlib.pyplot as plt

from eventnet import analysis
from eventnet.plotting import style
from eventnet.scenarios.orders.subjects import learning

made = learning(0, samples=300)
found = analysis.orders(made.net, made.feed, answer=made.answer, output=made.output, score=made.score, processes=1)
for one in found:
    print(f"{one.name:24} weights {one.answer}, then {one.score:.0f} % right")

# %%
# What it learns, what it costs and how late it is
# ------------------------------------------------
# The four orders that keep the sequence of each wire learn the same weights with the same adds. What they change is
# how soon the output hears of an input. The two that swap spikes of one wire learn other weights, and here worse
# ones.
columns = {
    "then right, %": [one.score for one in found],
    "adds, millions": [one.adds / 1e6 for one in found],
    "deliveries until heard": [one.deliveries_before for one in found],
}
names = [one.name for one in found]
colours = [style.SKY if one.coalesce == "burst" else style.BLUE for one in found]
figure, panels = plt.subplots(1, 3, figsize=(7.2, 4.4), sharey=True, layout="constrained")
for axes, (title, values) in zip(panels, columns.items(), strict=True):
    bars = axes.barh(names, values, color=colours, height=0.7)
    axes.bar_label(bars, fmt="{:.1f}" if "adds" in title else "{:.0f}", padding=3, fontsize=9)
    axes.set_title(title, loc="left", fontsize=10)
    axes.set(xlim=(0, 1.3 * max(values)), xticks=[])
    axes.tick_params(axis="y", length=0)
    style.plain(axes, grid="")
    axes.spines["bottom"].set_visible(False)
panels[0].set_ylim(len(names) - 0.5, -0.5)
figure.supxlabel("light bars: thresholds checked once a burst", fontsize=9)
plt.show()
