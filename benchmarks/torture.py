"""The kill test at length: ``make torture``.

    python -m benchmarks.torture [--rounds 1000] [--write docs/reference/record-timings.md]

Each round starts a writer, kills it with SIGKILL at a random moment, and checks that every
acknowledged call is on record, whole and once, and that the chain verifies. On PostgreSQL every
tenth round ends the server's connection under the writer, and every tenth kills the server's
process. A record serves fifty rounds; then a new one is made. It stops at the first promise that
is not kept.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.faults.harms import killed, terminated
from tests.faults.kill_rounds import Harm, Place, Round, kill_round
from tests.support.records import migrated_database, new_keys

ROUNDS_OF_A_RECORD = 50
HARM_EVERY = 10
BEGIN, END = "<!-- torture -->", "<!-- /torture -->"
KINDS = {
    "sqlite": ("writer killed",),
    "postgresql": ("writer killed", "connection ended by the server", "server process killed"),
}


@dataclass
class Tally:
    """What the rounds of one kind came to."""

    rounds: int = 0
    acknowledged: int = 0
    unacknowledged: int = 0

    def add(self, found: Round) -> None:
        """Count a round."""
        self.rounds += 1
        self.acknowledged += found.acknowledged
        self.unacknowledged += found.unacknowledged


def kind_and_harm(backend: str, number: int, url: str) -> tuple[str, Harm | None]:
    """What is done in a round besides killing the writer."""
    if backend == "postgresql" and number % HARM_EVERY == HARM_EVERY // 2:
        return KINDS[backend][1], partial(terminated, url)
    if backend == "postgresql" and number % HARM_EVERY == HARM_EVERY - 1:
        return KINDS[backend][2], partial(killed, url)
    return KINDS[backend][0], None


def tortured(backend: str, rounds: int, seed: int) -> dict[str, Tally]:
    """Tallies by kind. Raises AssertionError for a promise that was not kept."""
    tallies = {kind: Tally() for kind in KINDS[backend]}
    chosen = random.Random(seed)
    for numbers in _batches(rounds):
        with (
            tempfile.TemporaryDirectory() as name,
            migrated_database(backend, Path(name)) as url,
        ):
            place = Place(url, new_keys(Path(name)), Path(name))
            for number in numbers:
                kind, harm = kind_and_harm(backend, number, url)
                tallies[kind].add(kill_round(place, number, chosen, harm))
        print(f"{backend}: {numbers[-1] + 1} of {rounds}", flush=True)
    return tallies


def _batches(rounds: int) -> Iterator[range]:
    for first in range(0, rounds, ROUNDS_OF_A_RECORD):
        yield range(first, min(first + ROUNDS_OF_A_RECORD, rounds))


def table(results: dict[str, dict[str, Tally]], seed: int, minutes: float) -> str:
    """The result as Markdown."""
    lines = [
        f"Seed {seed}, {minutes:.0f} minutes.",
        "",
        "| database | what was done | rounds | calls acknowledged | lost "
        "| on record, not acknowledged | chains that verify |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for backend, tallies in results.items():
        lines += [
            f"| {backend} | {kind} | {tally.rounds:,} | {tally.acknowledged:,} | 0 "
            f"| {tally.unacknowledged:,} | all |"
            for kind, tally in tallies.items()
        ]
    return "\n".join(lines)


def write(page: Path, content: str) -> None:
    """Put the result between the page's markers."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{content}\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Run the rounds and print, or write, their table."""
    parser = argparse.ArgumentParser(prog="benchmarks.torture", description="The long kill test.")
    parser.add_argument("--rounds", type=int, default=1_000, help="on each database")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="page that takes the result")
    asked = parser.parse_args()
    start = time.monotonic()
    results = {backend: tortured(backend, asked.rounds, asked.seed) for backend in KINDS}
    content = table(results, asked.seed, (time.monotonic() - start) / 60)
    print(content)
    if asked.write is not None:
        write(asked.write, content)


if __name__ == "__main__":
    main()
