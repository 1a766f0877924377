"""Requests as long as those of well-known tasks, of meaningless words, and models for them."""

import random
from dataclasses import dataclass
from pathlib import Path

#: Words of a text are numbers below this; a model's vocabulary may be larger.
_WORDS = 8_000


@dataclass(frozen=True)
class Workload:
    """A task's look-alike.

    Attributes:
        method: of the lm-eval model that it goes to.
        documents: each with the arguments of its requests.
        stock: how many of them stock is asked; it shares nothing between documents, so that its
            time is in proportion to them.
    """

    name: str
    method: str
    documents: list[list[tuple[str, ...]]]
    stock: int


def workloads(chance: random.Random) -> list[Workload]:
    """Return the five of them, in tokens about as long as the real ones."""
    subject = _text(chance, 600)
    return [
        Workload("ARC 25-shot", "loglikelihood", [_choice(chance, 1000, 8) for _ in range(2)], 2),
        Workload(
            "HellaSwag 10-shot", "loglikelihood", [_choice(chance, 850, 25) for _ in range(2)], 2
        ),
        Workload(
            "MMLU 5-shot",
            "loglikelihood",
            [_letters(subject + " " + _text(chance, 100)) for _ in range(40)],
            5,
        ),
        Workload("Winogrande 5-shot", "loglikelihood", [_schema(chance) for _ in range(16)], 8),
        Workload(
            "rolling perplexity",
            "loglikelihood_rolling",
            [[(_text(chance, 500),)] for _ in range(4)],
            4,
        ),
    ]


def make_model(folder: Path, vocabulary: int, layers: int) -> Path:
    """Save a Llama with random weights whose tokens are words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    known = ["<unk>", "<s>", "</s>", "<pad>", *(f"w{number}" for number in range(4, vocabulary))]
    numbers = {word: number for number, word in enumerate(known)}
    words = Tokenizer(models.WordLevel(numbers, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(
        tokenizer_object=words,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=512,
        intermediate_size=1376,
        num_hidden_layers=layers,
        num_attention_heads=8,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=3,
    )
    LlamaForCausalLM(config).save_pretrained(folder, safe_serialization=True)
    return folder


def _text(chance: random.Random, words: int) -> str:
    return " ".join(f"w{chance.randrange(4, _WORDS)}" for _ in range(words))


def _choice(chance: random.Random, context: int, choice: int) -> list[tuple[str, ...]]:
    """Return four choices after examples that no other document has."""
    prompt = _text(chance, context)
    return [(prompt, " " + _text(chance, choice + chance.randrange(-3, 4))) for _ in range(4)]


def _letters(prompt: str) -> list[tuple[str, ...]]:
    return [(prompt, f" w{letter}") for letter in (10, 11, 12, 13)]


def _schema(chance: random.Random) -> list[tuple[str, ...]]:
    """Return one continuation after two prompts that part near their ends."""
    prompt, after, rest = _text(chance, 160), _text(chance, 4), " " + _text(chance, 8)
    return [(f"{prompt} w{name} {after}", rest) for name in (20, 21)]
