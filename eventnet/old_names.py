"""Names of modules and functions that have moved: they can still be imported, with a DeprecationWarning.

This file holds all of them, and goes with them in the next version. Nothing in the package uses one.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MODULES = dict(
    line.split()
    for line in """
eventnet.causes eventnet.tally
eventnet.commands eventnet.cli
eventnet.commands.common eventnet.cli.options
eventnet.commands.convert eventnet.cli.convert
eventnet.commands.demo eventnet.cli.demo
eventnet.commands.diff eventnet.cli.diff
eventnet.commands.gaze eventnet.scenarios.gaze.scenario_gaze
eventnet.commands.guesses eventnet.cli.anytime
eventnet.commands.info eventnet.cli.info
eventnet.commands.ledger eventnet.cli.cost
eventnet.commands.orders eventnet.cli.orders
eventnet.commands.pattern eventnet.scenarios.pattern.scenario_stdp_pattern
eventnet.commands.pays eventnet.scenarios.fusion.scenario_pays
eventnet.commands.prices eventnet.cli.prices
eventnet.commands.race eventnet.cli.race
eventnet.commands.recording eventnet.scenarios.fusion.judging_scenario
eventnet.commands.recordings eventnet.cli.recordings
eventnet.commands.report eventnet.cli.report
eventnet.commands.reporting eventnet.cli.report_option
eventnet.commands.reproduce eventnet.cli.reproduce
eventnet.commands.run eventnet.cli.run
eventnet.commands.stdp_digits eventnet.scenarios.stdp.scenario_stdp_digits
eventnet.commands.stdp_dvs eventnet.scenarios.stdp.scenario_stdp_dvs
eventnet.commands.tracing eventnet.cli.trace_option
eventnet.commands.train eventnet.cli.train
eventnet.commands.waste eventnet.cli.cancellation
eventnet.commands.whatif eventnet.cli.ablate
eventnet.difference eventnet.analysis.difference
eventnet.engine.intake eventnet.engine.inputs
eventnet.engine.run eventnet.simulation
eventnet.engine.store eventnet.engine.state
eventnet.engine.words eventnet.kernels.records
eventnet.field eventnet.kernels.patches
eventnet.figures eventnet.plotting.style
eventnet.io.aedat2 eventnet.io.formats.aedat2
eventnet.io.aedat2_writer eventnet.io.formats.aedat2
eventnet.io.aedat4 eventnet.io.formats.aedat4
eventnet.io.dat eventnet.io.formats.dat
eventnet.io.evt2 eventnet.io.formats.evt2
eventnet.io.evt3 eventnet.io.formats.evt3
eventnet.io.nmnist eventnet.io.formats.nmnist
eventnet.io.text_writer eventnet.io.formats.csv
eventnet.lanes eventnet.kernels.simd
eventnet.ledger eventnet.cost
eventnet.ledger.apportion eventnet.cost.proportional_blame
eventnet.ledger.book eventnet.cost.ledger
eventnet.ledger.gathered eventnet.cost.proportional_blame
eventnet.ledger.keep eventnet.cost.keep
eventnet.ledger.pictures eventnet.plotting.ledger
eventnet.ledger.proportional eventnet.cost.proportional_blame
eventnet.memory eventnet.kernels.records
eventnet.models.assembly eventnet.models.trainable
eventnet.models.backward eventnet.models.scales
eventnet.models.baking eventnet.models.sigma_delta
eventnet.models.blueprint eventnet.models.layers
eventnet.models.change_cost eventnet.models.sigma_delta
eventnet.models.conventional_options eventnet.models.conventional
eventnet.models.deep_spiking_network eventnet.models.dsn_network
eventnet.models.description eventnet.models.conventional
eventnet.models.dsn_answering eventnet.models.dsn
eventnet.models.dsn_frame eventnet.models.dsn
eventnet.models.dsn_numbers eventnet.models.dsn
eventnet.models.dsn_options eventnet.models.dsn
eventnet.models.dsn_training eventnet.models.dsn
eventnet.models.gates eventnet.models.trainable
eventnet.models.learned_state eventnet.models.conventional
eventnet.models.multiply_adds eventnet.models.conventional
eventnet.models.normalization eventnet.models.trainable
eventnet.models.onnx_chain eventnet.models.onnx_operators
eventnet.models.onnx_ends eventnet.models.onnx
eventnet.models.onnx_file eventnet.models.onnx
eventnet.models.onnx_graph eventnet.models.onnx
eventnet.models.onnx_nodes eventnet.models.onnx
eventnet.models.onnx_package eventnet.models.onnx
eventnet.models.onnx_values eventnet.models.onnx
eventnet.models.onnx_windows eventnet.models.onnx_operators
eventnet.models.part eventnet.models.trainable
eventnet.models.pd_modules eventnet.models.pd
eventnet.models.pd_network eventnet.models.pd
eventnet.models.presenting eventnet.models.stdp
eventnet.models.progress eventnet.models.shared
eventnet.models.rounding eventnet.models.stages
eventnet.models.rows eventnet.models.stages
eventnet.models.samples eventnet.models.conventional
eventnet.models.schedule eventnet.models.dsn
eventnet.models.softmax eventnet.models.trainable
eventnet.models.stdp_options eventnet.models.stdp
eventnet.models.tallies eventnet.models.shared
eventnet.models.trajectory eventnet.models.dsn
eventnet.models.windows eventnet.models.trainable
eventnet.nearest eventnet.errors
eventnet.patch eventnet.kernels.patches
eventnet.pictures eventnet.plotting.png
eventnet.plan eventnet.engine.plan
eventnet.plots eventnet.plotting.axes
eventnet.poisson_train eventnet.kernels.poisson
eventnet.predictions eventnet.kernels.prediction_heap
eventnet.pricing eventnet.cost.pricing
eventnet.record eventnet.engine.log_file
eventnet.results eventnet.cli.results
eventnet.scenarios.digits_in_video eventnet.scenarios.reproductions.common.digits_in_video
eventnet.scenarios.early_guess eventnet.scenarios.orders.early_guess
eventnet.scenarios.fusion.compare eventnet.scenarios.fusion.run
eventnet.scenarios.fusion.features eventnet.scenarios.fusion.train.features
eventnet.scenarios.fusion.heads eventnet.scenarios.fusion.train.heads
eventnet.scenarios.fusion.judging_pictures eventnet.scenarios.fusion.judging_figures
eventnet.scenarios.fusion.layers eventnet.scenarios.fusion.train.layers
eventnet.scenarios.fusion.learning eventnet.scenarios.fusion.train.learning
eventnet.scenarios.fusion.pays_picture eventnet.scenarios.fusion.pays_figures
eventnet.scenarios.fusion.pictures eventnet.scenarios.fusion.figures
eventnet.scenarios.fusion.symmetry eventnet.scenarios.fusion.train.symmetry
eventnet.scenarios.fusion.trajectories eventnet.scenarios.fusion.train.trajectories
eventnet.scenarios.gaze.compare eventnet.scenarios.gaze.run
eventnet.scenarios.gaze.pictures eventnet.scenarios.gaze.figures
eventnet.scenarios.linear_readout eventnet.scenarios.shared.linear_readout
eventnet.scenarios.parameter_file eventnet.scenarios.shared.parameter_file
eventnet.scenarios.pattern.compare eventnet.scenarios.pattern.run
eventnet.scenarios.pattern.pictures eventnet.scenarios.pattern.figures
eventnet.scenarios.receptive_fields eventnet.scenarios.shared.receptive_fields
eventnet.scenarios.reproductions.changing_weight eventnet.scenarios.reproductions.common.changing_weight
eventnet.scenarios.reproductions.mnist_table eventnet.scenarios.reproductions.mnist
eventnet.scenarios.reproductions.predictive_coding eventnet.scenarios.reproductions.common.predictive_coding
eventnet.scenarios.reproductions.report eventnet.scenarios.reproductions.common.report
eventnet.scenarios.reproductions.video_network eventnet.scenarios.reproductions.common.video_network
eventnet.scenarios.sensors.scene eventnet.scenarios.worlds.scene
eventnet.scenarios.stdp.digits_pictures eventnet.scenarios.stdp.digits_figures
eventnet.scenarios.stdp.dvs_pictures eventnet.scenarios.stdp.dvs_figures
eventnet.scenarios.subjects eventnet.scenarios.orders.subjects
eventnet.study eventnet.analysis
eventnet.study.answers eventnet.analysis.answers
eventnet.study.cascades eventnet.analysis.cascades
eventnet.study.cheapest eventnet.analysis.cheapest_first
eventnet.study.guess_pictures eventnet.plotting.early_answers
eventnet.study.guesses eventnet.analysis.early_answers
eventnet.study.orders eventnet.analysis.orders
eventnet.study.parallel eventnet.analysis.parallel
eventnet.study.parting eventnet.analysis.divergence
eventnet.study.race eventnet.analysis.race
eventnet.study.readouts eventnet.analysis.readouts
eventnet.study.replay eventnet.analysis.replay
eventnet.study.sensitive eventnet.analysis.order_sensitivity
eventnet.study.spent eventnet.analysis.cost_so_far
eventnet.study.waste eventnet.analysis.waste
eventnet.study.ways eventnet.analysis.run_variants
eventnet.study.what_if eventnet.analysis.what_if
eventnet.trace eventnet.analysis.trace_writing
eventnet.trace.counters eventnet.analysis.trace_counters
eventnet.trace.times eventnet.analysis.trace_times
eventnet.trace.tracks eventnet.analysis.trace_tracks
eventnet.trace.writing eventnet.analysis.trace_writing
""".strip().splitlines()
)
"""Modules that have moved, and where they are."""

NAMES = dict(
    line.split()
    for line in """
eventnet.commands.common.Screen eventnet.cli.screen.Screen
eventnet.commands.guesses.guesses eventnet.cli.anytime.anytime
eventnet.commands.ledger.ledger eventnet.cli.cost.cost
eventnet.commands.waste.waste eventnet.cli.cancellation.cancellation
eventnet.commands.whatif.whatif eventnet.cli.ablate.ablate
eventnet.commands.run.FULL_RUN eventnet.scenarios.fusion.scenario_dvs_gyro.FULL_RUN
eventnet.commands.run.costs eventnet.scenarios.fusion.scenario_dvs_gyro.costs
eventnet.commands.run.errors eventnet.scenarios.fusion.scenario_dvs_gyro.errors
eventnet.commands.run.findings eventnet.scenarios.fusion.scenario_dvs_gyro.findings
eventnet.commands.run.weights_for eventnet.scenarios.fusion.with_weights.weights_for
eventnet.kernels.add_and_fire eventnet.kernels.rows.add_and_fire
eventnet.kernels.add_row eventnet.kernels.rows.add_row
eventnet.kernels.decay_and_add eventnet.kernels.rows.decay_and_add
eventnet.kernels.fire eventnet.kernels.rows.fire
eventnet.kernels.hash64 eventnet.kernels.random.hash64
eventnet.kernels.lowest eventnet.kernels.rows.lowest
eventnet.kernels.marked eventnet.kernels.rows.marked
eventnet.kernels.spike_often eventnet.kernels.rows.spike_often
eventnet.kernels.uniform eventnet.kernels.random.uniform
eventnet.ledger.cost_over_time eventnet.plotting.cost_over_time
eventnet.ledger.heat_map eventnet.plotting.heat_map
eventnet.ledger.sizes_of_cascades eventnet.plotting.sizes_of_cascades
eventnet.models.softmax.softmax eventnet.models.layers.softmax
eventnet.nearest.nearest eventnet.errors.did_you_mean
eventnet.network.Block eventnet.module.Block
eventnet.network.convert eventnet.module.convert
eventnet.order.KEY_MAGNITUDE eventnet.kernels.codegen.KEY_MAGNITUDE
eventnet.order.KEY_PHASE eventnet.kernels.codegen.KEY_PHASE
eventnet.order.KEY_PLACE eventnet.kernels.codegen.KEY_PLACE
eventnet.order.KEY_WORDS eventnet.kernels.codegen.KEY_WORDS
eventnet.order.call_key eventnet.kernels.codegen.call_key
eventnet.order.magnitude eventnet.orders.magnitude.magnitude
eventnet.order.random eventnet.orders.random.random
eventnet.order.topological eventnet.orders.topological.topological
eventnet.out.BAD_PREDICTION eventnet.kernels.records.BAD_PREDICTION
eventnet.out.BAD_SPIKE eventnet.kernels.records.BAD_SPIKE
eventnet.out.OutModel eventnet.kernels.out_compiled.OutModel
eventnet.out.OutType eventnet.kernels.out_compiled.OutType
eventnet.out.TOO_MANY_SPIKES eventnet.kernels.records.TOO_MANY_SPIKES
eventnet.out.job_of eventnet.kernels.out_compiled.job_of
eventnet.out.make_out eventnet.kernels.out_compiled.make_out
eventnet.out.out_type eventnet.kernels.out_compiled.out_type
eventnet.out.port_of eventnet.kernels.out_compiled.port_of
eventnet.rule.RUN_SCOPE eventnet.kernels.codegen.RUN_SCOPE
eventnet.scenarios.early_guess.NAMED eventnet.order.ORDERS
eventnet.scenarios.reproductions.mnist_table.mnist_table eventnet.scenarios.reproductions.mnist.mnist
eventnet.scenarios.reproductions.report.axes eventnet.scenarios.reproductions.common.pictures.axes
eventnet.scenarios.reproductions.report.save eventnet.scenarios.reproductions.common.pictures.save
eventnet.study.draw_detours eventnet.plotting.draw_detours
eventnet.study.draw_guesses eventnet.plotting.draw_guesses
eventnet.study.draw_influence eventnet.plotting.draw_influence
eventnet.study.draw_undone eventnet.plotting.draw_undone
eventnet.study.draw_worth eventnet.plotting.draw_worth
eventnet.study.waste.draw_detours eventnet.plotting.waste.draw_detours
eventnet.study.waste.draw_undone eventnet.plotting.waste.draw_undone
eventnet.study.what_if.draw_influence eventnet.plotting.what_if.draw_influence
""".strip().splitlines()
)
"""Names that are elsewhere than the rest of their module, or have left a module that is where it was."""

PACKAGES = {name.rpartition(".")[0] for name in MODULES} & set(MODULES)


class OldModule(ModuleType):
    """Stands under the old name of a package, or of a module that was parted; it hands on what is asked for."""

    def __getattr__(self, name: str) -> Any:
        return found(self.__name__, name)

    def __setattr__(self, name: str, value: Any) -> None:
        # A module that is imported is set in its package, where a function may have the name of its module.
        if not (isinstance(value, ModuleType) and hasattr(import_module(MODULES[self.__name__]), name)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return [*dir(import_module(MODULES[self.__name__])), *_parted(self.__name__)]


def _parted(module: str) -> list[str]:
    return [name.rpartition(".")[2] for name in NAMES if name.rpartition(".")[0] == module]


def found(module: str, name: str, own: Callable[[str], Any] | None = None) -> Any:
    """What a module knows by an old name, an old module by any, or by its own `__getattr__`. Raises AttributeError."""
    full = f"{module}.{name}"
    moved = import_module(MODULES[module]) if module in MODULES else None
    if full in NAMES:
        if module not in MODULES:
            _warn(full, NAMES[full])
        target, _, new = NAMES[full].rpartition(".")
        return getattr(import_module(target), new)
    if moved and name == "__all__":
        return [each for each in dir(sys.modules[module]) if not each.startswith("_")]
    if moved and not name.startswith("__") and hasattr(moved, name):
        return getattr(moved, name)
    if full in MODULES:
        return import_module(full)
    if own is not None:
        return own(name)
    raise AttributeError(f"module {module!r} has no attribute {name!r}")


def _warn(old: str, new: str) -> None:
    text = f"{old} is {new} now; the old name goes with the next version"
    warnings.warn(text, DeprecationWarning, stacklevel=3)


class _Loader(Loader):
    """Puts in place of an old name the module that has moved, or an `OldModule`."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return OldModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        _warn(name, MODULES[name])
        moved = import_module(MODULES[name])
        if name not in PACKAGES and not _parted(name):
            sys.modules[name] = moved


class _Finder(MetaPathFinder):
    """Finds modules by their old names, before Python looks for files: folders of an old version may have stayed."""

    loader = _Loader()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in MODULES:
            return None
        return ModuleSpec(name, self.loader, origin=MODULES[name], is_package=name in PACKAGES)


def install() -> None:
    """Let old names be found from now on: by imports, and as attributes of modules that are there already."""
    sys.meta_path.insert(0, _Finder())
    for name in {name.rpartition(".")[0] for name in (*MODULES, *NAMES)} - set(MODULES):
        if name in sys.modules:
            own = vars(sys.modules[name])
            own["__getattr__"] = partial(found, name, own=own.get("__getattr__"))
