"""Changes one or two things in each of many checkpoints and takes them up: no crash, no hang, no raw error, no
look beyond an array.

python tests/scripts/damage_checkpoints.py --n 10000 --seed 0 --state damage.json

Goes on from the state file, if there is one. Ends with 1 if anything but a refusal, a run or an error of the package
came of a mutant, and names those.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from checkpoint_mutants import OUTCOMES, mutants, tried

BAD = ("raw error", "out of bounds", "signal", "hang")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--state", type=Path, default=None, help="goes on from here, and writes here")
    given = parser.parse_args()
    state = {"seed": given.seed, "cases": given.cases, "done": 0, "counts": dict.fromkeys(OUTCOMES, 0), "bad": []}
    if given.state is not None and given.state.exists():
        state = json.loads(given.state.read_text())
        if (state["seed"], state["cases"]) != (given.seed, given.cases):
            parser.error(f"{given.state} is of seed {state['seed']} and {state['cases']} cases")
    for number, seed in itertools.islice(mutants(given.seed, given.cases), state["done"], given.n):
        outcome = tried(number, seed)
        state["counts"][outcome] += 1
        state["done"] += 1
        state["bad"] += [[number, seed, outcome]] if outcome in BAD else []
        if state["done"] % 100 == 0 or state["done"] == given.n:
            print(f"{state['done']:,} of {given.n:,}: {state['counts']}", flush=True)
            if given.state is not None:
                given.state.write_text(json.dumps(state))
    print(f"bad (case, seed, what): {state['bad']}")
    return 1 if state["bad"] else 0


if __name__ == "__main__":
    sys.exit(main())
