"""`eventnet run gaze`: a camera on a moving head is held still, by one sensor, by the other and by both."""

from __future__ import annotations

from rich.table import Table

from eventnet.cli.results import Results
from eventnet.cli.screen import Screen
from eventnet.scenarios.fusion import FusionWeights
from eventnet.scenarios.gaze import GazeParameters, figures
from eventnet.scenarios.gaze.run import SPREAD, Compared, Row, compare
from eventnet.scenarios.shared.parameter_file import as_toml

UNITS = {"slip": "deg/s", "mean slip": "deg/s", "events/s": "1/s", "operations/s": "1/s", "operations an event": ""}


def run_gaze(parameters: GazeParameters, results: Results, screen: Screen, processes: int) -> None:
    """Run every reflex, print the table, write everything into the result folder."""
    p = parameters.run
    weights = FusionWeights.load(p.weights) if p.weights else FusionWeights.shipped()
    screen.say(f"gaze: {p.heads} heads x {p.duration_s:g} s, measured from {p.measured_from_s:g} s on, seed {p.seed}")
    with screen.progress("running every reflex", 1000) as bar:
        compared = compare(parameters, weights, processes=processes, told=lambda done, of: bar(1000 * done // of))
    screen.out.print(table(compared))
    for line in findings(compared):
        screen.say(line)
    for row in compared.rows:
        for quantity, value in row.items():
            if quantity != "reflex":
                kind = quantity.removesuffix(" least").removesuffix(" most")
                results.add(row["reflex"], quantity, value, UNITS.get(kind, "uJ/s"))
    for name in ("slip", "cost", "command"):
        results.add_picture(f"gaze-{name}.png", getattr(figures, name)(compared))
    results.manifest["parameters"] = as_toml(parameters)
    results.manifest["weights"] = weights.manifest
    results.write()


def table(compared: Compared) -> Table:
    """Slip and cost of each reflex: means over heads; of slip and events the least and the most, too."""
    made = Table(
        title="Slip, deg/s, and cost a second (M operations; µJ, estimated at int32 prices), with (least–most)"
    )
    names = ("reflex", "slip", "", "mean", "events", "", "ops, M", "µJ", "ops/event")
    for name in names:
        made.add_column(name, justify="left" if name == "reflex" else "right", no_wrap=True)
    for row in compared.rows:
        made.add_row(
            row["reflex"], _short(row["slip"]), _spread(row, "slip"), _short(row["mean slip"]),
            _short(row["events/s"]), _spread(row, "events/s"), _short(1e-6 * row["operations/s"]),
            _short(row["uJ/s, int32 prices"]), _short(row["operations an event"]),
        )  # fmt: skip
    return made


def _spread(row: Row, name: str) -> str:
    return f"({_short(row[f'{name} least'])}–{_short(row[f'{name} most'])})"


def findings(compared: Compared) -> list[str]:
    """What both sensors together come to beside the others, in sentences."""
    both, made = compared.rows[-1], []
    for row in compared.rows[:-1]:
        of = {name: row[name] / both[name] if both[name] else float("nan") for name in SPREAD}
        made.append(
            f"Both, beside {row['reflex']}: {1 / of['slip']:.2f} of the slip, {of['events/s']:.1f} times fewer events, "
            f"{of['operations/s']:.1f} times fewer operations, by estimate {of[SPREAD[4]]:.1f} times less energy."
        )
    return made


def _short(value: float) -> str:
    """Three digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
