"""Old names of modules, classes, functions, attributes, arguments and state: usable for now, with a DeprecationWarning.

This file holds all of them, and goes with them in the next version; the decorator `renamed_arguments` goes from the
functions that it marks. Nothing in the package uses an old name.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Container, Sequence
from dataclasses import fields, is_dataclass
from functools import partial, wraps
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType
from typing import Any, TypeVar

from eventnet.base.saved_names import STATE, name_now

MODULES = dict(
    line.split()
    for line in """
eventnet.block eventnet.given
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
eventnet.engine.intake eventnet.engine.compiled
eventnet.engine.queue eventnet.engine.plan
eventnet.engine.run eventnet.simulation
eventnet.engine.store eventnet.engine.state
eventnet.engine.words eventnet.kernels.records
eventnet.field eventnet.kernels.patches
eventnet.figures eventnet.plotting.style
eventnet.files eventnet.base.files
eventnet.io.aedat2 eventnet.io.formats.aedat2
eventnet.io.aedat2_writer eventnet.io.formats.aedat2
eventnet.io.aedat4 eventnet.io.formats.aedat4
eventnet.io.dat eventnet.io.formats.dat
eventnet.io.evt2 eventnet.io.formats.evt2
eventnet.io.evt3 eventnet.io.formats.evt3
eventnet.io.nmnist eventnet.io.formats.nmnist
eventnet.io.text_writer eventnet.io.formats.csv
eventnet.lanes eventnet.kernels.simd
eventnet.learning.backward eventnet.learning.gradient
eventnet.ledger eventnet.cost
eventnet.ledger.apportion eventnet.cost.proportional_blame
eventnet.ledger.book eventnet.cost.ledger
eventnet.ledger.gathered eventnet.cost.proportional_blame
eventnet.ledger.keep eventnet.cost.keep
eventnet.ledger.pictures eventnet.plotting.cost
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
eventnet.models.showing eventnet.models.sample_streams
eventnet.models.softmax eventnet.models.trainable
eventnet.models.stdp_options eventnet.models.stdp
eventnet.models.tallies eventnet.models.shared
eventnet.models.trajectory eventnet.models.dsn
eventnet.models.windows eventnet.models.trainable
eventnet.nearest eventnet.errors
eventnet.neurons.spike_counter eventnet.neurons.relay
eventnet.out eventnet.kernels.out
eventnet.patch eventnet.kernels.patches
eventnet.pictures eventnet.plotting.png
eventnet.plan eventnet.engine.plan
eventnet.plots eventnet.plotting.axes
eventnet.poisson_train eventnet.kernels.poisson
eventnet.potential eventnet.declarations
eventnet.predictions eventnet.kernels.prediction_heap
eventnet.pricing eventnet.cost.pricing
eventnet.record eventnet.engine.log_file
eventnet.results eventnet.cli.results
eventnet.scenarios.digits_in_video eventnet.scenarios.reproductions.common.digits_in_video
eventnet.scenarios.early_guess eventnet.scenarios.orders.anytime
eventnet.scenarios.fusion.compare eventnet.scenarios.fusion.run
eventnet.scenarios.fusion.dense_cost eventnet.scenarios.fusion.recomputed
eventnet.scenarios.fusion.exact eventnet.scenarios.fusion.recomputed
eventnet.scenarios.fusion.features eventnet.scenarios.fusion.train.features
eventnet.scenarios.fusion.heads eventnet.scenarios.fusion.train.heads
eventnet.scenarios.fusion.judging_pictures eventnet.scenarios.fusion.judging_figures
eventnet.scenarios.fusion.latency eventnet.scenarios.fusion.run
eventnet.scenarios.fusion.layers eventnet.scenarios.fusion.train.layers
eventnet.scenarios.fusion.learning eventnet.scenarios.fusion.train.learning
eventnet.scenarios.fusion.pays_picture eventnet.scenarios.fusion.scenario_pays
eventnet.scenarios.fusion.pictures eventnet.scenarios.fusion.figures
eventnet.scenarios.fusion.symmetry eventnet.scenarios.fusion.train.symmetry
eventnet.scenarios.fusion.trajectories eventnet.scenarios.fusion.train.trajectories
eventnet.scenarios.fusion.ways eventnet.scenarios.fusion.methods
eventnet.scenarios.fusion.weights eventnet.scenarios.fusion.network
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
eventnet.scenarios.sensors.bus eventnet.scenarios.sensors.pixels
eventnet.scenarios.sensors.inertial_parameters eventnet.scenarios.sensors.inertial
eventnet.scenarios.sensors.on_clock eventnet.clock
eventnet.scenarios.sensors.parameters eventnet.scenarios.sensors.dvs
eventnet.scenarios.sensors.picture eventnet.scenarios.sensors.dvs
eventnet.scenarios.sensors.scene eventnet.scenarios.worlds.scene
eventnet.scenarios.stdp.digits_pictures eventnet.scenarios.stdp.digits_figures
eventnet.scenarios.stdp.dvs_pictures eventnet.scenarios.stdp.dvs_figures
eventnet.scenarios.subjects eventnet.scenarios.orders.subjects
eventnet.scenarios.worlds.camera eventnet.scenarios.worlds.turning
eventnet.scenarios.worlds.motion eventnet.scenarios.worlds.turning
eventnet.scenarios.worlds.panorama eventnet.scenarios.worlds.turning
eventnet.study eventnet.analysis
eventnet.study.answers eventnet.analysis.answers
eventnet.study.cascades eventnet.analysis.cascades
eventnet.study.cheapest eventnet.analysis.cheapest_first
eventnet.study.guess_pictures eventnet.plotting.anytime
eventnet.study.guesses eventnet.analysis.anytime
eventnet.study.orders eventnet.analysis.orders
eventnet.study.parallel eventnet.analysis.parallel
eventnet.study.parting eventnet.analysis.divergence
eventnet.study.race eventnet.analysis.race
eventnet.study.readouts eventnet.analysis.readouts
eventnet.study.replay eventnet.analysis.replay
eventnet.study.sensitive eventnet.analysis.order_sensitivity
eventnet.study.spent eventnet.analysis.cost_so_far
eventnet.study.waste eventnet.analysis.cancellation
eventnet.study.ways eventnet.analysis.run_variants
eventnet.study.what_if eventnet.analysis.ablation
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
eventnet.analysis.difference.Parting eventnet.analysis.difference.FirstDifference
eventnet.analysis.difference.parting eventnet.analysis.difference.find_first_difference
eventnet.learning.stdp.TOLD_ANEW eventnet.learning.stdp.RESCALED_AFTER
eventnet.learning.traces.TOLD eventnet.learning.traces.UPDATED
eventnet.neurons.leaky.TOLD eventnet.neurons.leaky.UPDATED
eventnet.neurons.pd_code.TOLD eventnet.neurons.pd_code.ROW_SET
eventnet.neurons.proportional.tell_row eventnet.neurons.proportional.set_row
eventnet.neurons.spike_response.TOLD eventnet.neurons.spike_response.UPDATED
eventnet.Ledger eventnet.CostLedger
eventnet.cli.options.resumable eventnet.cli.results.resumable
eventnet.clock.Source eventnet.clock.SensorFeed
eventnet.commands.common.Screen eventnet.cli.results.Screen
eventnet.commands.demo.Samples eventnet.cli.demo.DemoDigits
eventnet.commands.guesses.guesses eventnet.cli.anytime.anytime
eventnet.commands.ledger.ledger eventnet.cli.cost.cost
eventnet.commands.pays.speeds eventnet.scenarios.fusion.scenario_pays.costs
eventnet.commands.reporting.GUESSED eventnet.cli.report_option.ANYTIME_DIGITS
eventnet.commands.reporting.guesses eventnet.cli.report_option.anytime_curves
eventnet.commands.reporting.told eventnet.cli.report_option.say_written
eventnet.commands.run.FULL_RUN eventnet.scenarios.fusion.scenario_dvs_gyro.FULL_RUN
eventnet.commands.run.costs eventnet.scenarios.fusion.scenario_dvs_gyro.costs
eventnet.commands.run.errors eventnet.scenarios.fusion.scenario_dvs_gyro.errors
eventnet.commands.run.findings eventnet.scenarios.fusion.scenario_dvs_gyro.findings
eventnet.commands.run.weights_for eventnet.scenarios.fusion.parameters.weights_for
eventnet.commands.tracing.tell eventnet.cli.trace_option.say_traces
eventnet.commands.waste.waste eventnet.cli.cancellation.cancellation
eventnet.commands.whatif.SHOWN eventnet.cli.ablate.MOST_ROWS
eventnet.commands.whatif.whatif eventnet.cli.ablate.ablate
eventnet.cost.Ledger eventnet.cost.CostLedger
eventnet.declarations.check_names eventnet.declared_classes.check_names
eventnet.declarations.check_rule eventnet.declared_classes.check_rule
eventnet.declarations.documentation eventnet.declared_classes.documentation
eventnet.declarations.kinds eventnet.declared_classes.kinds
eventnet.declarations.signature eventnet.declared_classes.signature
eventnet.declarations.sizes_in eventnet.given.sizes_in
eventnet.engine.intake.LATEST eventnet.kernels.prediction_heap.LATEST
eventnet.engine.intake.SOONEST eventnet.kernels.prediction_heap.SOONEST
eventnet.engine.intake.first_bad eventnet.engine.access.first_bad
eventnet.engine.loop.FORESEEN eventnet.engine.loop.PREDICTED
eventnet.engine.run.Neuron eventnet.simulation.NeuronView
eventnet.engine.store.ALIGNMENT eventnet.kernels.aligned.ALIGNMENT
eventnet.engine.store.LANES eventnet.kernels.aligned.LANES
eventnet.engine.store.aligned eventnet.kernels.aligned.aligned
eventnet.engine.store.padded eventnet.kernels.aligned.padded
eventnet.engine.store.padded_rows eventnet.kernels.aligned.padded_rows
eventnet.engine.store.row_stride eventnet.kernels.aligned.row_stride
eventnet.errors.SEEDS eventnet.given.SEEDS
eventnet.errors.check_seed eventnet.given.check_seed
eventnet.errors.whole_number eventnet.given.whole_number
eventnet.io.aedat4.Layout eventnet.io.formats.aedat4.PacketLayout
eventnet.io.aedat4.Stream eventnet.io.formats.aedat4.FileStream
eventnet.io.numpy_file.Layout eventnet.io.numpy_file.RecordHeader
eventnet.io.text.Layout eventnet.io.text.LineLayout
eventnet.io.text.UNITS eventnet.io.fields.UNITS
eventnet.kernels.add_and_fire eventnet.kernels.rows.add_and_fire
eventnet.kernels.add_row eventnet.kernels.rows.add_row
eventnet.kernels.decay_and_add eventnet.kernels.rows.decay_and_add
eventnet.kernels.fire eventnet.kernels.rows.fire
eventnet.kernels.hash64 eventnet.kernels.random.hash64
eventnet.kernels.lowest eventnet.kernels.rows.lowest
eventnet.kernels.marked eventnet.kernels.rows.marked
eventnet.kernels.spike_often eventnet.kernels.rows.spike_often
eventnet.kernels.uniform eventnet.kernels.random.uniform
eventnet.ledger.Ledger eventnet.cost.CostLedger
eventnet.ledger.book.Ledger eventnet.cost.ledger.CostLedger
eventnet.ledger.cost_over_time eventnet.plotting.cost_over_time
eventnet.ledger.heat_map eventnet.plotting.heat_map
eventnet.ledger.keep.Told eventnet.cost.keep.Progress
eventnet.ledger.sizes_of_cascades eventnet.plotting.sizes_of_cascades
eventnet.models.pd_network.Spent eventnet.models.pd.LearningCost
eventnet.models.presenting.Samples eventnet.models.stdp.SampleSource
eventnet.models.showing.shown eventnet.models.sample_streams.sample_stream
eventnet.models.softmax.softmax eventnet.models.layers.softmax
eventnet.models.stdp_network.Shown eventnet.models.stdp_network.SampleRaster
eventnet.nearest.nearest eventnet.errors.did_you_mean
eventnet.network.Block eventnet.module.Block
eventnet.network.FORMAT eventnet.configuration.FORMAT
eventnet.network.convert eventnet.given.convert
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
eventnet.pictures.early_guess eventnet.plotting.png.anytime_error
eventnet.plots.early_guess eventnet.plotting.axes.anytime_error
eventnet.report.cascades.DEAREST eventnet.report.cascades.COSTLIEST
eventnet.report.layout.Layout eventnet.report.layout.GraphLayout
eventnet.rule.NUMBER_TYPES eventnet.given.NUMBER_TYPES
eventnet.rule.RUN_SCOPE eventnet.kernels.codegen.RUN_SCOPE
eventnet.scenarios.early_guess.NAMED eventnet.order.ORDERS
eventnet.scenarios.early_guess.Told eventnet.scenarios.orders.anytime.Progress
eventnet.scenarios.fusion.compare.ANSWERS eventnet.scenarios.fusion.run.ANSWERS
eventnet.scenarios.fusion.compare.Compared eventnet.scenarios.fusion.run.FusionComparison
eventnet.scenarios.fusion.compare.FULL eventnet.scenarios.fusion.named.EXACT
eventnet.scenarios.fusion.compare.Floats eventnet.scenarios.fusion.run.Floats
eventnet.scenarios.fusion.compare.LEGEND eventnet.scenarios.fusion.named.LEGEND
eventnet.scenarios.fusion.compare.LONGEST_KEPT_US eventnet.scenarios.fusion.run.LONGEST_KEPT_US
eventnet.scenarios.fusion.compare.as_it_is eventnet.scenarios.fusion.run.as_it_is
eventnet.scenarios.fusion.compare.ways eventnet.scenarios.fusion.run.methods
eventnet.scenarios.fusion.heads.Samples eventnet.scenarios.fusion.train.heads.SensorSamples
eventnet.scenarios.fusion.judging.Judged eventnet.scenarios.fusion.judging.Agreement
eventnet.scenarios.fusion.latency.BEFORE_US eventnet.scenarios.fusion.run.BEFORE_US
eventnet.scenarios.fusion.latency.Floats eventnet.scenarios.fusion.run.Floats
eventnet.scenarios.fusion.latency.half_way eventnet.scenarios.fusion.run.half_way
eventnet.scenarios.fusion.learning.Plan eventnet.scenarios.fusion.train.learning.TrainingPlan
eventnet.scenarios.fusion.parameters.WaysTable eventnet.scenarios.fusion.parameters.MethodsTable
eventnet.scenarios.fusion.pays.Found eventnet.scenarios.fusion.pays.PaysResult
eventnet.scenarios.fusion.pictures.cost_by_event eventnet.scenarios.fusion.figures.cost_by_event
eventnet.scenarios.fusion.pictures.frontier eventnet.scenarios.fusion.figures.frontier
eventnet.scenarios.fusion.stream.Other eventnet.scenarios.fusion.stream.FurtherSensor
eventnet.scenarios.fusion.ways.Dense eventnet.scenarios.fusion.methods.Recomputed
eventnet.scenarios.fusion.ways.EventDriven eventnet.scenarios.fusion.methods.EventDriven
eventnet.scenarios.fusion.ways.Grid eventnet.scenarios.fusion.methods.HeldAnswers
eventnet.scenarios.fusion.ways.Outcome eventnet.scenarios.fusion.methods.MethodOutcome
eventnet.scenarios.fusion.ways.SENSORS eventnet.scenarios.fusion.methods.SENSORS
eventnet.scenarios.fusion.ways.Way eventnet.scenarios.fusion.methods.Method
eventnet.scenarios.fusion.ways.covering eventnet.scenarios.fusion.methods.covering
eventnet.scenarios.gaze.compare.Compared eventnet.scenarios.gaze.run.GazeComparison
eventnet.scenarios.gaze.reflex.Outcome eventnet.scenarios.gaze.reflex.ReflexOutcome
eventnet.scenarios.pattern.compare.Compared eventnet.scenarios.pattern.run.PatternComparison
eventnet.scenarios.pattern.listener.Outcome eventnet.scenarios.pattern.listener.ListenerOutcome
eventnet.scenarios.pattern.parameters.NeuronTable eventnet.scenarios.pattern.parameters.ListenerTable
eventnet.scenarios.reproductions.frame_rate.Case eventnet.scenarios.reproductions.frame_rate.ClipAtSteps
eventnet.scenarios.reproductions.lif_trace.Case eventnet.scenarios.reproductions.lif_trace.UnitCase
eventnet.scenarios.reproductions.lif_trace.Trace eventnet.scenarios.reproductions.lif_trace.UnitTrace
eventnet.scenarios.reproductions.mnist_table.mnist_table eventnet.scenarios.reproductions.mnist.mnist
eventnet.scenarios.reproductions.nmnist.Learned eventnet.scenarios.reproductions.nmnist.LearnedNetwork
eventnet.scenarios.reproductions.one_way_gate.Judged eventnet.scenarios.reproductions.one_way_gate.SettledErrorNetwork
eventnet.scenarios.reproductions.pd_error.Grid eventnet.scenarios.reproductions.pd_error.ErrorGrid
eventnet.scenarios.reproductions.report.Report eventnet.scenarios.reproductions.common.report.ReproductionReport
eventnet.scenarios.reproductions.report.axes eventnet.scenarios.reproductions.common.pictures.axes
eventnet.scenarios.reproductions.report.save eventnet.scenarios.reproductions.common.pictures.save
eventnet.scenarios.reproductions.routing.told eventnet.scenarios.reproductions.routing.sentences_of
eventnet.scenarios.reproductions.sigma_delta_video.Shown eventnet.scenarios.reproductions.sigma_delta_video.ClipResult
eventnet.scenarios.reproductions.stdp_equivalence.Learned eventnet.scenarios.reproductions.stdp_equivalence.LearnedPair
eventnet.scenarios.reproductions.weight_updates.Case eventnet.scenarios.reproductions.weight_updates.UpdateCase
eventnet.scenarios.sensors.on_clock.Sensor eventnet.clock.WindowedSensor
eventnet.scenarios.sensors.windowed.Sensor eventnet.clock.WindowedSensor
eventnet.scenarios.sensors.windowed.on_clock eventnet.clock.on_clock
eventnet.scenarios.stdp.digits.Found eventnet.scenarios.stdp.digits.DigitsResult
eventnet.scenarios.stdp.digits.Spent eventnet.scenarios.stdp.digits.DigitsCost
eventnet.scenarios.stdp.digits.Told eventnet.scenarios.stdp.digits.Progress
eventnet.scenarios.stdp.digits_parameters.ShownTable eventnet.scenarios.stdp.digits_parameters.PresentationTable
eventnet.scenarios.stdp.dvs.Found eventnet.scenarios.stdp.dvs.FeaturesResult
eventnet.scenarios.stdp.dvs.Told eventnet.scenarios.stdp.dvs.Progress
eventnet.scenarios.stdp.patches.Patches eventnet.scenarios.stdp.patches.StreamPatches
eventnet.scenarios.stdp.patches.Stream eventnet.scenarios.stdp.patches.CameraEvents
eventnet.study.Guesses eventnet.analysis.AnytimeAnswers
eventnet.study.Outcome eventnet.analysis.OrderOutcome
eventnet.study.Parting eventnet.analysis.Divergence
eventnet.study.Report eventnet.analysis.OrderSensitivity
eventnet.study.Sensitivity eventnet.analysis.ModuleSensitivity
eventnet.study.Shown eventnet.analysis.SampleStream
eventnet.study.Sums eventnet.analysis.SumVariation
eventnet.study.Undone eventnet.analysis.Cancelled
eventnet.study.Waste eventnet.analysis.Cancellation
eventnet.study.Way eventnet.analysis.Variant
eventnet.study.WhatIf eventnet.analysis.Ablation
eventnet.study.draw_detours eventnet.plotting.draw_variation
eventnet.study.draw_guesses eventnet.plotting.draw_anytime
eventnet.study.draw_influence eventnet.plotting.draw_influence
eventnet.study.draw_undone eventnet.plotting.draw_cancelled
eventnet.study.draw_worth eventnet.plotting.draw_worth
eventnet.study.early_guess eventnet.analysis.anytime
eventnet.study.guess_pictures.draw_guesses eventnet.plotting.anytime.draw_anytime
eventnet.study.guesses.Guesses eventnet.analysis.anytime.AnytimeAnswers
eventnet.study.guesses.Shown eventnet.analysis.anytime.SampleStream
eventnet.study.guesses.early_guess eventnet.analysis.anytime.anytime
eventnet.study.orders.Outcome eventnet.analysis.orders.OrderOutcome
eventnet.study.parallel.Told eventnet.analysis.parallel.Progress
eventnet.study.parting.Parting eventnet.analysis.divergence.Divergence
eventnet.study.parting.SHOWN eventnet.analysis.divergence.MOST_VALUES
eventnet.study.parting.find_parting eventnet.analysis.divergence.find_divergence
eventnet.study.readouts.Sums eventnet.analysis.readouts.SummedReadout
eventnet.study.sensitive eventnet.analysis.order_sensitivity
eventnet.study.sensitive.Report eventnet.analysis.order_sensitivity.OrderSensitivity
eventnet.study.sensitive.Sensitivity eventnet.analysis.order_sensitivity.ModuleSensitivity
eventnet.study.sensitive.sensitive eventnet.analysis.order_sensitivity.order_sensitivity
eventnet.study.waste eventnet.analysis.cancellation
eventnet.study.waste.Sums eventnet.analysis.cancellation.SumVariation
eventnet.study.waste.Undone eventnet.analysis.cancellation.Cancelled
eventnet.study.waste.Waste eventnet.analysis.cancellation.Cancellation
eventnet.study.waste.draw_detours eventnet.plotting.cancellation.draw_variation
eventnet.study.waste.draw_undone eventnet.plotting.cancellation.draw_cancelled
eventnet.study.waste.undone eventnet.analysis.cancellation.cancelled_spikes
eventnet.study.waste.waste eventnet.analysis.cancellation.cancellation
eventnet.study.ways.Way eventnet.analysis.run_variants.Variant
eventnet.study.what_if eventnet.analysis.ablate
eventnet.study.what_if.WhatIf eventnet.analysis.ablation.Ablation
eventnet.study.what_if.draw_influence eventnet.plotting.ablation.draw_influence
eventnet.study.what_if.what_if eventnet.analysis.ablation.ablate
""".strip().splitlines()
)
"""Names that are elsewhere than the rest of their module, or have left a module that is where it was."""

ATTRIBUTES = dict(
    line.split()
    for line in """
eventnet.analysis.anytime.AnytimeAnswers.guess answer
eventnet.analysis.anytime.AnytimeAnswers.heard first_spike
eventnet.analysis.anytime.AnytimeAnswers.spent cost
eventnet.analysis.anytime.AnytimeAnswers.whole total
eventnet.analysis.cancellation.Cancellation.undone cancelled
eventnet.analysis.cancellation.Cancellation.undone_adds cancelled_adds
eventnet.analysis.cancellation.Cancellation.untold omitted
eventnet.analysis.cancellation.SumVariation.detour variation_ratio
eventnet.analysis.cancellation.SumVariation.whole_detour run_variation_ratio
eventnet.analysis.divergence.Divergence.ways variants
eventnet.analysis.orders.OrderOutcome.parts first_difference
eventnet.analysis.race.Race.dearer differing
eventnet.analysis.race.Race.parting divergence
eventnet.analysis.race.Trial.way variant
eventnet.analysis.replay.Replay.way variant
eventnet.cost.ledger.CostLedger.dearest costliest
eventnet.kernels.part_notes.SplitRule.told merge
eventnet.learning.continuous_units.ContinuousUnits.foreseen predicted
eventnet.learning.continuous_units.ContinuousUnits.told updated
eventnet.learning.level_units.LevelUnits.told notice
eventnet.neurons.currents.CurrentLayer.foreseen predicted
eventnet.neurons.currents.CurrentLayer.told updated
eventnet.neurons.decaying.DecayingFilters.foreseen predicted
eventnet.neurons.decaying.DecayingFilters.told updated
eventnet.neurons.decaying.DecayingPool.foreseen predicted
eventnet.neurons.decaying.DecayingPool.told updated
eventnet.neurons.delta_synapses.WritesLeakyDelta.told updated
eventnet.neurons.filters.LeakyFilters.foreseen predicted
eventnet.neurons.leaky_delta.LeakyDelta.told updated
eventnet.neurons.spike_once.SpikeOnce.foreseen predicted
eventnet.neurons.spike_once.SpikeOnce.told updated
eventnet.neurons.stepped.SteppedLeaky.foreseen predicted
eventnet.report.curves.Curve.spent cost
eventnet.scenarios.fusion.methods.MethodOutcome.way method
eventnet.scenarios.fusion.parameters.Parameters.ways methods
eventnet.scenarios.fusion.pays.PaysParameters.ways methods
eventnet.scenarios.gaze.reflex.ReflexOutcome.spent cost
eventnet.scenarios.orders.anytime.Row.heard first_spike
""".strip().splitlines()
)
"""Attributes and methods that have another name: the class by its new name, the old one's name, and the new one's."""

PACKAGES = {name.rpartition(".")[0] for name in MODULES} & set(MODULES)
OWNERS = {name.rsplit(".", 2)[0] for name in ATTRIBUTES}
STAYING = ({name.rpartition(".")[0] for name in (*MODULES, *NAMES)} | OWNERS) - set(MODULES)
"""Modules that are where they are, with names, or classes with names, that were others."""


class OldModule(ModuleType):
    """Stands under the old name of a package, or of a module that was parted; it hands on what is asked for."""

    def __getattr__(self, name: str) -> Any:
        return found(self.__name__, name)

    def __setattr__(self, name: str, value: Any) -> None:
        # A module that is imported is set in its package, where a function may have the name of its module.
        ours = f"{self.__name__}.{name}" in NAMES or hasattr(import_module(MODULES[self.__name__]), name)
        if not (isinstance(value, ModuleType) and ours):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return [*dir(import_module(MODULES[self.__name__])), *_parted(self.__name__)]


def _parted(module: str) -> list[str]:
    return [name.rpartition(".")[2] for name in NAMES if name.rpartition(".")[0] == module]


def found(module: str, name: str, own: Callable[[str], Any] | None = None) -> Any:
    """A module's object by its old name, an old module's by any, or by its own `__getattr__`. Raises AttributeError."""
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


def _warn(old: str, new: str, level: int = 3) -> None:
    text = f"{old} is {new} now; the old name goes with the next version"
    warnings.warn(text, DeprecationWarning, stacklevel=level)


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


class _Staying(SourceFileLoader):
    """Loads a module that is where it was, some of whose names have changed."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        _let_old_names_be_found(module)


class _Finder(MetaPathFinder):
    """Finds modules by their old names, before Python looks for files: folders of an old version may have stayed."""

    loader = _Loader()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in STAYING:
            others = (finder for finder in sys.meta_path if finder is not self)
            found = (finder.find_spec(name, path, target) for finder in others)
            spec = next((spec for spec in found if spec is not None), None)
            if spec is not None and isinstance(spec.loader, SourceFileLoader):
                spec.loader = _Staying(spec.loader.name, spec.loader.path)
            return spec
        if name not in MODULES:
            return None
        return ModuleSpec(name, self.loader, origin=MODULES[name], is_package=name in PACKAGES)


class WholePackage(ModuleType):
    """The package, in which a module that is imported by an old name takes no function's place: `eventnet.record`."""

    def __setattr__(self, name: str, value: Any) -> None:
        taken = isinstance(value, ModuleType) and not isinstance(vars(self).get(name, value), ModuleType)
        if not (taken and f"{self.__name__}.{name}" in MODULES):
            super().__setattr__(name, value)


class OldKeys(dict[str, Any]):
    """State by name, which is found by its old name, too."""

    def __missing__(self, name: str) -> Any:
        if (now := state_now(name, self, level=4)) == name:
            raise KeyError(name)
        return self[now]

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


def state_now(name: str, known: Container[str], level: int) -> str:
    """The name that state has now, one of those that are known; where that is another, with a warning at that level."""
    now = name_now(name, known, STATE)
    if now == name or now not in known:
        return name
    _warn(f"state {name!r}", repr(now), level)
    return now


def install() -> None:
    """Let old names be found from now on: by imports, and as attributes of modules that are there already."""
    sys.meta_path.insert(0, _Finder())
    sys.modules["eventnet"].__class__ = WholePackage
    for name in STAYING & set(sys.modules):
        _let_old_names_be_found(sys.modules[name])


def _let_old_names_be_found(module: ModuleType) -> None:
    own = vars(module)
    own["__getattr__"] = partial(found, module.__name__, own=own.get("__getattr__"))
    by_class: dict[str, dict[str, str]] = {}
    for name, new in ATTRIBUTES.items():
        owner, kind, old = name.rsplit(".", 2)
        if owner == module.__name__:
            by_class.setdefault(kind, {})[old] = new
    for kind, names in by_class.items():
        _rename_attributes(getattr(module, kind), names)


def _rename_attributes(kind: type, names: dict[str, str]) -> None:
    """Let a class take old names: as attributes, as arguments of its fields, and in pickles."""
    for old, new in names.items():
        setattr(kind, old, _OldAttribute(kind.__name__, old, new))
    if is_dataclass(kind):
        given = {field.name for field in fields(kind)}
        if arguments := {old: new for old, new in names.items() if new in given}:
            setattr(kind, "__init__", renamed_arguments(**arguments)(kind.__init__))  # noqa: B010

    def unpickled(self: Any, state: dict[str, Any]) -> None:
        vars(self).update({names.get(name, name): value for name, value in state.items()})

    setattr(kind, "__setstate__", unpickled)  # noqa: B010


class _OldAttribute:
    """Stands on a class under an attribute's old name; it reads the new one."""

    def __init__(self, kind: str, old: str, new: str) -> None:
        self.kind, self.old, self.new = kind, old, new

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        _warn(f"{self.kind}.{self.old}", f"{self.kind}.{self.new}")
        return getattr(instance, self.new)


Function = TypeVar("Function", bound=Callable[..., Any])


def renamed_arguments(**names: str) -> Callable[[Function], Function]:
    """A decorator of functions that also take arguments by their old names, old=new, with a warning."""

    def decorate(function: Function) -> Function:
        @wraps(function)
        def call(*args: Any, **given: Any) -> Any:
            for old, new in names.items():
                if old in given:
                    if new in given:
                        raise TypeError(f"{function.__qualname__}: {old!r} and {new!r} are one argument")
                    _warn(f"{function.__qualname__}({old}=)", f"{new}=")
                    given[new] = given.pop(old)
            return function(*args, **given)

        return call  # type: ignore[return-value]  # wraps() keeps the function's own type for its callers

    return decorate
