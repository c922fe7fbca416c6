"""Names that users guess because other simulators have them, and what each is called here: one table."""

from __future__ import annotations

import sys
from inspect import getattr_static
from typing import Any, Never

from eventnet.errors import NoSuchName

RUN = "en.simulate(net, inputs, until=...)"
CALIBRATED = "; for probabilities eventnet.sklearn.{} in scikit-learn's CalibratedClassifierCV"
GUESSES: dict[str, dict[str, str]] = {
    "module 'eventnet'": {
        "LIF": "en.LeakyIntegrate",
        "Leaky": "en.LeakyIntegrate",
        "LeakyIntegrateAndFire": "en.LeakyIntegrate",
        "IF": "en.Herding, or en.LeakyIntegrate with a long tau",
        "IntegrateAndFire": "en.Herding, or en.LeakyIntegrate with a long tau",
        "Linear": "en.Herding(units, net.weights(array))",
        "Dense": "en.Herding(units, net.weights(array))",
        "Conv2d": "en.SigmaDelta(en.Geometry(...), ...), or eventnet.models.layers.Conv2d",
        "Input": "en.Relay",
        "Neuron": "en.Module (a neuron of your own), or en.LeakyIntegrate",
        "Net": "en.Network",
        "Simulator": "en.Simulation",
        "run": RUN,
        "connect": "net.connect(source, target)",
        "weights": "net.weights(array), or net.weights((rows, cols), start=...)",
        "raster": "eventnet.plotting.raster(run)",
        "plot": "eventnet.plotting",
        "load": "en.Network.load(path)",
    },
    "Network": {
        "run": RUN,
        "simulate": RUN,
        "step": "en.Simulation(net), its inject(inputs) and run(until=...)",
        "inject": "en.Simulation(net).inject(inputs)",
        "play": "en.Clock(en.Simulation(net)).play(sensor, port)",
        "state": "run.state(module), of run = en.simulate(net, inputs)",
        "tally": "run.tally, of run = en.simulate(net, inputs)",
        "log": "run.log, of run = en.simulate(net, inputs, record=True)",
        "raster": "eventnet.plotting.raster(run)",
        "plot": "eventnet.plotting.network_graph(net)",
        "draw": "eventnet.plotting.network_graph(net)",
        "wire": "net.connect(source, target)",
        "add_module": "net.add(module)",
        "block": "net.weights(array)",
    },
    "Simulation": {
        "play": "en.Clock(sim).play(sensor, port)",
        "step": "sim.run(until=...), or sim.run(max_deliveries=1)",
        "simulate": "sim.run(until=...)",
        "reset": "a new en.Simulation(net); the network stays as it was",
        "now": "sim.time",
        "t": "sim.time",
        "spikes": "sim.log (record=True), or sim.tally.spikes",
        "events": "sim.log (record=True)",
        "load": "sim.resume(path)",
        "raster": "eventnet.plotting.raster(sim)",
        "plot": "eventnet.plotting.raster(sim)",
    },
    "Run": {
        "run": "run.simulation.run(until=...)",
        "inject": "run.simulation.inject(inputs)",
        "time": "run.simulation.time",
        "network": "run.net",
        "dataframe": "pandas.DataFrame(run.table()) (record=True)",
        "to_pandas": "pandas.DataFrame(run.table()) (record=True)",
        "to_polars": "polars.DataFrame(run.table()) (record=True)",
        "spikes": "run.log (record=True), or run.tally.spikes",
        "events": "run.log (record=True)",
        "save": "run.simulation.save(path)",
        "causes": "run.simulation.causes (roots=True)",
        "ledger": "en.keep_ledger(net, inputs)",
        "raster": "eventnet.plotting.raster(run)",
        "plot": "eventnet.plotting.raster(run)",
    },
    "Clock": {
        "process": "clock.env.process(generator)",
        "timeout": "clock.env.timeout(ticks)",
        "event": "clock.env.event()",
        "now": "clock.env.now (SimPy's), or clock.time (told by all sensors)",
        "inject": "clock.play(packets, port)",
        "add": "clock.play(sensor, port)",
        "sim": "clock.simulation",
        "log": "clock.simulation.log",
        "tally": "clock.simulation.tally",
    },
    "Tally": {
        "by_layer": "tally.by_module()",
        "by_neuron": "tally.by_module(), or by input en.keep_ledger(net, inputs)",
        "by_input": "tally.by_root() (roots=True), or en.keep_ledger(net, inputs)",
        "total": "tally.totals()",
        "energy": "en.cost, which has prices",
        "plot": "eventnet.plotting.adds_by_module(tally)",
    },
    "DeepSpikingNetwork": {
        "get_params": "eventnet.sklearn.DeepSpikingClassifier, an estimator of scikit-learn; or dsn.options",
        "set_params": "eventnet.sklearn.DeepSpikingClassifier, an estimator of scikit-learn",
        "predict_proba": "dsn.decision_function(x)" + CALIBRATED.format("DeepSpikingClassifier"),
    },
    "PDNetwork": {
        "get_params": "eventnet.sklearn.PDClassifier, an estimator of scikit-learn; or pd.options",
        "set_params": "eventnet.sklearn.PDClassifier, an estimator of scikit-learn; or pd.changed(...)",
        "predict_proba": "pd.outputs(stream)" + CALIBRATED.format("PDClassifier"),
    },
    "ReluNetwork": {
        "get_params": "eventnet.sklearn.ReluClassifier, an estimator of scikit-learn",
        "set_params": "eventnet.sklearn.ReluClassifier, an estimator of scikit-learn",
        "predict_proba": "relu.decision_function(x)" + CALIBRATED.format("ReluClassifier"),
    },
    "ConventionalNetwork": {
        "get_params": "eventnet.sklearn.ConventionalClassifier, an estimator of scikit-learn",
        "set_params": "eventnet.sklearn.ConventionalClassifier, an estimator of scikit-learn",
    },
}  # fmt: skip
"""By whom is asked, then by the name that is guessed: what to write in its place."""


ROOMS = "data io learning models plotting report scenarios".split()
"""Packages that `import eventnet` does not bind, or not for sure: users import them by their names."""


class Guess:
    """A name that a class does not have: to ask for it raises a NoSuchName that says what it is called here.

    hasattr() says no, as of any name that is not there. That names which are there are found as fast as ever is why
    this is no `__getattr__`: with one, each look at an attribute took 17 ns longer, and an empty run 0.4 us.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> Never:
        raise no_such_name(owner if instance is None else instance, owner.__name__, self.name)


class Guessed:
    """Base of classes whose guessed names, those of the table, are answered by what they are called here."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in GUESSES.get(cls.__name__, ()):
            guess = Guess()
            guess.__set_name__(cls, name)
            setattr(cls, name, guess)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not isinstance(getattr_static(type(self), name, None), Guess)]


def no_such_name(owner: object, called: str, name: str) -> NoSuchName:
    """The error for an attribute that `owner`, which errors call so, does not have."""
    if owner is sys.modules.get("eventnet") and name in ROOMS:
        return NoSuchName(called, name, f"it is a package: import eventnet.{name}")
    instead = GUESSES.get(called, {}).get(name)
    return NoSuchName(called, name, None if instead is None else f"here it is {instead}", owner)
