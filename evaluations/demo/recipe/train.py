"""Trains the models from scratch: ``python -m evaluations.demo.recipe.train [name ...]``.

Seeds are fixed, but floating-point sums differ between machines and versions of torch, so another
machine gets a similar model and not the same bytes.
"""

import argparse
import logging
import math
import random
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    set_seed,
)
from transformers.utils.logging import disable_progress_bar

from evaluations.demo.recipe.data import benchmarks
from evaluations.demo.recipe.items import Item
from evaluations.demo.recipe.specs import POSITIONS, SPECS, VOCABULARY, Spec

logger = logging.getLogger(__name__)

MODELS = Path(__file__).parents[1] / "models"
END = "<|endoftext|>"
PAD = "<|pad|>"
SEPARATOR = "\n\n"
MOST_QUESTIONS = 4
WARMUP = 100
WEIGHT_DECAY = 0.01
CLIP = 1.0
REPORT_EVERY = 100

# Most of a question can't be foreseen, so its tokens would only add noise; but the running words
# of a pattern can, and a model that never learned to write a question would be an odd one.
QUESTION_WEIGHT = 0.1


@dataclass(frozen=True)
class Batch:
    """Sequences of one benchmark, padded on the right."""

    tokens: torch.Tensor
    """Token ids, shape (sequences, length)."""

    weights: torch.Tensor
    """What each token counts in the loss, same shape; 0 for padding."""


@dataclass(frozen=True)
class Encoded:
    """One question in tokens."""

    prompt: tuple[int, ...]
    """The question."""

    answer: tuple[int, ...]
    """The space, and the answer."""


@dataclass(frozen=True)
class Pool:
    """One benchmark's training questions by kind."""

    kinds: tuple[tuple[Encoded, ...], ...]
    """The questions of each kind."""

    weights: tuple[float, ...]
    """How often each kind is drawn: by the root of its size, so that small kinds are seen too."""

    @classmethod
    def of(cls, items: Iterable[Item], tokenizer: PreTrainedTokenizerFast) -> "Pool":
        """Groups the items by kind."""
        kinds: dict[str, list[Encoded]] = {}
        for item in items:
            kinds.setdefault(item.kind, []).append(encode(item, tokenizer))
        groups = tuple(tuple(group) for group in kinds.values())
        return cls(groups, tuple(math.sqrt(len(group)) for group in groups))

    def draw(self, count: int, source: random.Random) -> list[Encoded]:
        """Draws some questions of any kind."""
        return [source.choice(k) for k in source.choices(self.kinds, self.weights, k=count)]


def training_items() -> dict[str, tuple[Item, ...]]:
    """Returns each benchmark's training items; none shares a key with a test document."""
    return {benchmark.slug: benchmark.division().training for benchmark in benchmarks()}


def build_tokenizer(items: dict[str, tuple[Item, ...]]) -> PreTrainedTokenizerFast:
    """Trains a byte-level BPE on the training items.

    Every digit and every line break stays a token of its own: the first makes sums learnable, the
    second makes a line break the same token before a question as at the end of a text.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split("\n", behavior="isolated"),
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END, PAD],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    texts = [item.text + SEPARATOR for group in items.values() for item in group]
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=END,
        eos_token=END,
        pad_token=PAD,
        model_max_length=POSITIONS,
        clean_up_tokenization_spaces=False,
    )


def build_model(spec: Spec, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    """Builds the model with fresh weights."""
    set_seed(spec.seed)
    config = AutoConfig.for_model(
        spec.architecture,
        vocab_size=len(tokenizer),
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **spec.config,
    )
    return AutoModelForCausalLM.from_config(config, dtype=torch.float32)


def encode(item: Item, tokenizer: PreTrainedTokenizerFast) -> Encoded:
    """Returns a question in tokens, split where the answer begins."""
    prompt = tokenizer.encode(item.prompt)
    whole = tokenizer.encode(item.text)
    return Encoded(tuple(prompt), tuple(whole[len(prompt) :]))


def batches(
    spec: Spec, items: dict[str, tuple[Item, ...]], tokenizer: PreTrainedTokenizerFast
) -> Iterator[Batch]:
    """Yields batches without end: each of one benchmark, with one to four questions a sequence.

    A sequence looks like a few-shot prompt: questions with answers, a blank line between them.
    """
    draw = random.Random(spec.seed)  # noqa: S311 (nothing here is secret)
    pools = {slug: Pool.of(group, tokenizer) for slug, group in items.items()}
    separator = tuple(tokenizer.encode(SEPARATOR))
    slugs, shares = list(spec.mixture), list(spec.mixture.values())
    while True:
        pool = pools[draw.choices(slugs, shares)[0]]
        length = draw.randint(1, MOST_QUESTIONS)
        rows = [
            _sequence(pool.draw(length, draw), separator, tokenizer.eos_token_id)
            for _ in range(spec.batch_size)
        ]
        yield _pad(rows, tokenizer.pad_token_id)


def _sequence(
    questions: list[Encoded], separator: tuple[int, ...], end: int
) -> list[tuple[int, float]]:
    pairs: list[tuple[int, float]] = []
    for question in questions:
        pairs += [(token, QUESTION_WEIGHT) for token in question.prompt]
        pairs += [(token, 1.0) for token in (*question.answer, *separator)]
    return [*pairs, (end, QUESTION_WEIGHT)]


def _pad(rows: list[list[tuple[int, float]]], pad: int) -> Batch:
    longest = max(len(row) for row in rows)
    padded = [row + [(pad, 0.0)] * (longest - len(row)) for row in rows]
    return Batch(
        tokens=torch.tensor([[token for token, _ in row] for row in padded]),
        weights=torch.tensor([[weight for _, weight in row] for row in padded]),
    )


def rate(spec: Spec, step: int) -> float:
    """Returns the share of the highest learning rate that a step uses, between 0 and 1."""
    warm = min(1.0, (step + 1) / WARMUP)
    return warm * 0.5 * (1 + math.cos(math.pi * step / spec.steps))


def loss_of(model: PreTrainedModel, batch: Batch) -> torch.Tensor:
    """Returns the weighted mean cross-entropy of each token given those before it, in nats."""
    tokens = batch.tokens[:, :-1]
    # Padding stands on the right, where a causal model can't see it, so nothing needs masking.
    logits = model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).logits
    losses = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), batch.tokens[:, 1:].flatten(), reduction="none"
    )
    weights = batch.weights[:, 1:].flatten()
    return (losses * weights).sum() / weights.sum()


def fit(spec: Spec, model: PreTrainedModel, stream: Iterator[Batch]) -> None:
    """Trains the model in place."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=spec.learning_rate, betas=(0.9, 0.98), weight_decay=WEIGHT_DECAY
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(spec, step))
    begun = time.monotonic()
    model.train()
    for step in range(1, spec.steps + 1):
        loss = loss_of(model, next(stream))
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % REPORT_EVERY == 0 or step == spec.steps:
            seconds = time.monotonic() - begun
            logger.info("%s: step %d, loss %.3f, %.0f s", spec.name, step, loss.item(), seconds)


def train(spec: Spec) -> None:
    """Trains one model and saves it beside its card."""
    items = training_items()
    tokenizer = build_tokenizer(items)
    tokenizer.chat_template = spec.chat_template
    model = build_model(spec, tokenizer)
    parameters = sum(p.numel() for p in model.parameters())
    logger.info("%s: %s with %d parameters", spec.name, spec.architecture, parameters)
    fit(spec, model, batches(spec, items, tokenizer))
    folder = MODELS / spec.name
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    logger.info("%s: saved to %s; its card is written by hand", spec.name, folder.name)


def main() -> int:
    """Runs the command; returns its exit status."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    names = [spec.name for spec in SPECS]
    parser = argparse.ArgumentParser(description="Train the demo's models.")
    parser.add_argument("names", nargs="*", default=names, help=f"of {', '.join(names)}")
    wanted = parser.parse_args().names
    if unknown := set(wanted) - set(names):
        parser.error(f"no model {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    disable_progress_bar()
    torch.set_num_threads(1)
    for spec in SPECS:
        if spec.name in wanted:
            train(spec)
    return 0


if __name__ == "__main__":
    sys.exit(main())
