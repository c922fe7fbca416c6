"""
A neuron's potential
====================

One herding neuron adds the weights of what it hears, and sends a spike when it has gathered enough.
"""

import matplotlib.pyplot as plt

import eventnet as en
from eventnet.plotting import raster

net = en.Network(dtype="float32")
eye = net.add(en.Relay(4, name="eye"))
layer = net.add(en.Herding(2, net.weights([[0.4, 0.3], [0.9, 0.1], [0.2, 0.7], [0.5, 0.5]]), name="layer"))
net.connect(eye.out, layer.spikes)
run = en.simulate(net, [(t, eye.spikes, t % 4, +1) for t in range(40)], record=True)
raster(run)
plt.show()
