"""
What each sensor event cost
===========================

Every add of a run is entered under the input event that caused it: the picture shows what each pixel of an event
camera cost, by two rules of blame, and how large cascades grow. Do not read the map as the energy of a chip: it is
a count of operations, and prices for them are an assumption of yours.
"""

# %%
# A tenth of a second
# -------------------
# A simulated camera and a gyroscope, and the network that puts them together. ``roots=True`` keeps the account.
import matplotlib.pyplot as plt

import eventnet as en
from eventnet.plotting import cost_over_time, heat_map, sizes_of_cascades
from eventnet.scenarios.orders.subjects import fusion

END = 100_000  # microseconds
made = fusion(0, seconds=0.1)
ledgers = {
    blame: en.keep_ledger(made.net, made.feed, until=END, blame=blame) for blame in ("triggering", "proportional")
}
for blame, ledger in ledgers.items():
    print(f"{blame}: {ledger.inputs:,} input events, {ledger.tally.adds:,} adds")

# %%
# By pixel
# --------
# By triggering blame the event that takes a unit past its threshold bears all that follows. By proportional blame
# all that had moved the unit share it, so that the map is smoother.
figure, panels = plt.subplots(2, 1, figsize=(7.2, 8.4), layout="constrained")
for axes, ledger in zip(panels, ledgers.values(), strict=True):
    heat_map(ledger, 64, 48, "adds", port="eye.spikes", ax=axes)
    axes.set(xlabel="x, pixels", ylabel="y, pixels")

# %%
# By size and over time
# ---------------------
figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.4), layout="constrained")
sizes_of_cascades(ledgers["triggering"], ax=left)
left.set_title(f"{len(ledgers['triggering']):,} cascades", loc="left", fontsize=10)
cost_over_time(ledgers["triggering"], bins=50, ax=right)
right.set_title("cost by the time of the input", loc="left", fontsize=10)
right.xaxis.set_major_formatter(lambda t, _: f"{t / 1000:.0f}")
right.set(xlabel="time of the input, ms", ylabel="adds in 2 ms")
right.yaxis.set_major_formatter("{x:,.0f}")
plt.show()
