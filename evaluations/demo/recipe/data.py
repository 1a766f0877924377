"""Writes the benchmarks' documents: ``python -m evaluations.demo.recipe.data``.

With ``--check`` it writes nothing and fails unless the files are what the recipe makes, byte for
byte. Needs the standard library only.
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evaluations.demo.recipe.items import Division, Item, divide
from evaluations.demo.recipe.kiswahili import kiswahili
from evaluations.demo.recipe.patterns import patterns
from evaluations.demo.recipe.sums import sums

logger = logging.getLogger(__name__)

TASKS = Path(__file__).parents[1] / "tasks"


@dataclass(frozen=True)
class Benchmark:
    """One benchmark's items and how many documents of each kind are drawn."""

    slug: str
    """The suite's name for it; the lm-eval task is ``assay_demo_<slug>``."""

    items: tuple[Item, ...]
    """Every question that could be asked."""

    test: Mapping[str, int]
    """Test documents by kind."""

    few_shot: Mapping[str, int]
    """Few-shot documents by kind."""

    @property
    def task(self) -> str:
        """The lm-eval task."""
        return f"assay_demo_{self.slug}"

    def division(self) -> Division:
        """Returns the items divided into test, few-shot and training."""
        return divide(self.items, test=self.test, few_shot=self.few_shot, seed=self.slug)


def benchmarks() -> tuple[Benchmark, ...]:
    """Returns the three benchmarks."""
    return (
        Benchmark(
            slug="patterns",
            items=tuple(patterns()),
            test={"number": 60, "letter": 18, "word": 14, "month": 8, "day": 4, "rhythm": 136},
            few_shot={"number": 20, "letter": 6, "word": 6, "month": 4, "day": 2, "rhythm": 42},
        ),
        Benchmark(slug="sums", items=tuple(sums()), test={"sum": 240}, few_shot={"sum": 80}),
        Benchmark(
            slug="kiswahili",
            items=tuple(kiswahili()),
            test={"adjective": 160, "count": 40, "numeral": 40},
            few_shot={"adjective": 52, "count": 14, "numeral": 14},
        ),
    )


def _document(item: Item, identifier: str) -> dict[str, object]:
    document: dict[str, object] = {"id": identifier, "kind": item.kind, "prompt": item.prompt}
    if item.distractors:
        return document | {"choices": item.choices, "answer": item.choices.index(item.target)}
    return document | {"answer": item.target}


def files() -> Iterator[tuple[Path, str]]:
    """Yields the path and the text of every file that the recipe writes."""
    for benchmark in benchmarks():
        division = benchmark.division()
        for split, items in (("train", division.few_shot), ("test", division.test)):
            lines = [
                json.dumps(_document(item, f"{benchmark.slug}-{split}-{number:03}"))
                for number, item in enumerate(items, start=1)
            ]
            path = TASKS / benchmark.task / "data" / f"{split}.jsonl"
            yield path, "".join(f"{line}\n" for line in lines)


def write() -> None:
    """Writes every file."""
    for path, text in files():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        logger.info("%s: %d documents", path.relative_to(TASKS), text.count("\n"))


def differences() -> list[Path]:
    """Returns the files that are missing or are not, byte for byte, what the recipe makes."""
    return [
        path for path, text in files() if not path.is_file() or path.read_bytes() != text.encode()
    ]


def main() -> int:
    """Runs the command; returns its exit status."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description="Make the demo's documents.")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    if not parser.parse_args().check:
        write()
        return 0
    stale = differences()
    for path in stale:
        logger.error("%s is not what the recipe makes. Run without --check.", path)
    if not stale:
        logger.info("Every file is what the recipe makes, byte for byte.")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
