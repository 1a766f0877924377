"""Small things to evaluate, made on the spot: a model with random weights and two tasks."""

import json
import random
import string
from pathlib import Path

MC, GEN = "made_up_choice", "made_up_copy"
DOCUMENTS = 23
#: Documents that few-shot examples are drawn from.
_EXAMPLES = 12


#: Renders each message on a line of its own, with its role.
CHAT_TEMPLATE = (
    "{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant] {% endif %}"
)


def make_model(folder: Path, *, seed: int = 0) -> Path:
    """Save a random two-layer Llama with a character tokenizer; 40 kB of safetensors."""
    import torch
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    alphabet = ["<pad>", "<s>", "</s>", "<unk>", *string.printable]
    characters = Tokenizer(
        models.WordLevel({c: i for i, c in enumerate(alphabet)}, unk_token="<unk>")
    )
    characters.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=characters,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=1024,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(alphabet),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=1024,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder, safe_serialization=True)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\nRandom weights, for tests.\n")
    return folder


def make_tasks(folder: Path, *, documents: int = DOCUMENTS, tokens: int = 6) -> Path:
    """Write a multiple-choice task with the default few-shot sampler and a generative one.

    Args:
        folder: where they go.
        documents: of each task.
        tokens: that the generative one asks for at most, which is how long an answer takes.
    """
    chance = random.Random(7)
    _write_task(
        folder / MC,
        {
            "task": MC,
            "output_type": "multiple_choice",
            "num_fewshot": 3,
            "doc_to_text": "What comes after {{letter}}?",
            "doc_to_choice": "{{choices}}",
            "doc_to_target": "{{gold}}",
            "metric_list": [_mean("acc"), _mean("acc_norm")],
        },
        [_choice(chance) for _ in range(documents + _EXAMPLES)],
    )
    _write_task(
        folder / GEN,
        {
            "task": GEN,
            "output_type": "generate_until",
            "num_fewshot": 2,
            "doc_to_text": "Copy {{word}}:",
            "doc_to_target": "{{word}}",
            "generation_kwargs": {"until": ["\n"], "max_gen_toks": tokens, "do_sample": False},
            "metric_list": [_mean("exact_match")],
            "filter_list": [
                {
                    "name": "word",
                    "filter": [
                        {"function": "regex", "regex_pattern": "(\\w+)"},
                        {"function": "take_first"},
                    ],
                },
                {"name": "raw", "filter": [{"function": "take_first"}]},
            ],
        },
        [
            {"word": "".join(chance.sample(string.ascii_lowercase, 4))}
            for _ in range(documents + _EXAMPLES)
        ],
    )
    return folder


def _mean(metric: str) -> dict[str, object]:
    return {"metric": metric, "aggregation": "mean", "higher_is_better": True}


def _choice(chance: random.Random) -> dict[str, object]:
    index = chance.randrange(25)
    after = string.ascii_lowercase[index + 1]
    others = [c for c in string.ascii_lowercase if c != after]
    choices = [after, *chance.sample(others, 2), "".join(chance.sample(others, 5))]
    chance.shuffle(choices)
    letter = string.ascii_lowercase[index]
    return {"letter": letter, "choices": choices, "gold": choices.index(after)}


def _write_task(folder: Path, task: dict[str, object], rows: list[dict[str, object]]) -> None:
    data = folder / "data"
    data.mkdir(parents=True)
    for name, part in (("test", rows[:-_EXAMPLES]), ("train", rows[-_EXAMPLES:])):
        lines = "".join(json.dumps(row) + "\n" for row in part)
        (data / f"{name}.jsonl").write_text(lines)
    source = {
        "dataset_path": "json",
        "dataset_kwargs": {
            "data_files": {
                part: f"task/{folder.name}/data/{part}.jsonl" for part in ("train", "test")
            }
        },
        "test_split": "test",
        "fewshot_split": "train",
        "metadata": {"version": 1.0},
    }
    # JSON is YAML, and has no surprises in it.
    (folder / f"{folder.name}.yaml").write_text(json.dumps(task | source, indent=1))


def make_suite(
    folder: Path, *, name: str = "made-up", documents: int = DOCUMENTS, tokens: int = 6
) -> Path:
    """Write a suite over the two tasks, as `load_suite` reads it; see `make_tasks`."""
    make_tasks(folder / "tasks", documents=documents, tokens=tokens)
    common = {"description": "", "languages": ["en"], "licence": "CC0-1.0"}
    letters = {"task": MC, "num_fewshot": 3, "metric": "acc", "filter": "none", "baseline": 0.25}
    copying = {
        "task": GEN,
        "num_fewshot": 2,
        "metric": "exact_match",
        "filter": "word",
        "baseline": 0,
    }
    suite = {
        "name": name,
        "version": 1,
        "title": "Made up",
        "description": "For tests.",
        "languages": ["en"],
        "aggregation": "mean",
        "benchmarks": [
            {"name": "letters", "title": "Letters", **letters, **common},
            {"name": "copying", "title": "Copying", **copying, **common},
        ],
    }
    path = folder / "suite.yaml"
    path.write_text(json.dumps(suite))
    return path
