"""
An answer in time
=================

A spiking network has an answer at every moment: the picture shows how often it is wrong if asked after so many
adds, for three orders that all spend the same in the end, and the spikes of one digit as its answer forms. Do not
choose an order by this curve when you always wait for the end: there the orders give the same answer at the same
cost.
"""

# %%
# A network that has learned digits
# ---------------------------------
import matplotlib.pyplot as plt
import numpy as np

from eventnet import analysis
from eventnet.data import digits, scale_pixels
from eventnet.models import DeepSpikingNetwork, sample_stream
from eventnet.plotting import draw_anytime
from eventnet.plotting.axes import forming_answer

d = digits()  # 2,000 + 1,000 real digits ship with the package
x, x_test = scale_pixels(d.x_train), scale_pixels(d.x_test)[:300]
dsn = DeepSpikingNetwork([784, 100, 100, 10], learning_rate=0.05, init_scale=0.05).fit(x, d.y_train, epochs=8)

# %%
# Ask at any time
# ---------------
# ``analysis.anytime`` keeps the deliveries at which an answer changes, so that the curves are exact. The third
# order takes the deepest module first and its inputs in a random sequence.
orders = {"breadth": "breadth-first", "depth": "depth-first", analysis.deepest_random: "deepest first, at random"}
answers = analysis.anytime(sample_stream(dsn, x_test), d.y_test[:300], orders=list(orders))
found = {
    f"{orders[one]}: half are right after {g.cost_to(0.5):,.0f} adds": g for one, g in zip(orders, answers, strict=True)
}
figure, axes = plt.subplots(figsize=(7.2, 4.2), layout="constrained")
draw_anytime(found, ax=axes, start=1000)
axes.set_title("300 test digits; bands are 95 % intervals", loc="left", fontsize=10)

# %%
# One digit, as its answer forms
# ------------------------------
# The output's sums after each of the ten times that the network is shown the digit: the right class, its best
# rival, and the others.
k = int(np.flatnonzero(dsn.predict(x_test) == d.y_test[:300])[0])
outputs = dsn.trajectory(x_test[k : k + 1]).outputs[0]
axes = plt.subplots(figsize=(7.2, 3.4), layout="constrained")[1]
forming_answer(outputs, int(d.y_test[k]), ax=axes)
axes.set_title(f"a {d.y_test[k]}: the outputs' sums so far, one line a class", loc="left", fontsize=10)
axes.set(xlabel="step: one showing of the digit", ylabel="sum")
plt.show()
