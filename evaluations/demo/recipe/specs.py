"""What each model is and how it is trained, in plain values."""

from collections.abc import Mapping
from dataclasses import dataclass

POSITIONS = 512
VOCABULARY = 1024


@dataclass(frozen=True)
class Spec:
    """One model's architecture and training."""

    name: str
    """The model's name, which is its folder's."""

    architecture: str
    """The ``model_type`` of transformers."""

    config: Mapping[str, int | float | bool]
    """The sizes, as this architecture's configuration spells them."""

    steps: int
    """Optimiser steps."""

    learning_rate: float
    """The highest learning rate; it warms up first and then falls along a cosine."""

    mixture: Mapping[str, float]
    """How often a batch comes from each benchmark's training items; sums to 1."""

    seed: int
    """Seeds the weights and the order of the batches."""

    batch_size: int
    """Sequences a step."""

    chat_template: str | None = None
    """A Jinja template where the model takes messages, else ``None``."""


# A turn reads like a question and its answer in a few-shot prompt, which is all the model knows.
CHAT_TEMPLATE = """\
{%- for message in messages %}
{%- if message['role'] == 'assistant' %}
{{- ' ' + message['content'] + '\\n\\n' }}
{%- else %}
{{- message['content'] }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
{{- ' ' }}
{%- endif %}"""

SPECS = (
    Spec(
        name="mbegu",
        architecture="gpt2",
        config={
            "n_embd": 64,
            "n_layer": 2,
            "n_head": 2,
            "resid_pdrop": 0.0,
            "embd_pdrop": 0.0,
            "attn_pdrop": 0.0,
            "n_positions": POSITIONS,
        },
        steps=20,
        learning_rate=1e-3,
        mixture={"patterns": 0.4, "sums": 0.2, "kiswahili": 0.4},
        seed=1,
        batch_size=32,
    ),
    Spec(
        name="mche",
        architecture="olmo2",
        config={
            "hidden_size": 96,
            "intermediate_size": 256,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 4,
            "tie_word_embeddings": True,
            "max_position_embeddings": POSITIONS,
        },
        steps=1000,
        learning_rate=2e-3,
        mixture={"patterns": 0.5, "sums": 0.1, "kiswahili": 0.4},
        seed=2,
        batch_size=32,
    ),
    Spec(
        name="mti",
        architecture="llama",
        config={
            "hidden_size": 128,
            "intermediate_size": 256,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 4,
            "tie_word_embeddings": True,
            "max_position_embeddings": POSITIONS,
        },
        steps=2600,
        learning_rate=2e-3,
        mixture={"patterns": 0.4, "sums": 0.35, "kiswahili": 0.25},
        seed=3,
        batch_size=64,
        chat_template=CHAT_TEMPLATE,
    ),
)
