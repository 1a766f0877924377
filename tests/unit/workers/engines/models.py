"""Tiny models of many architectures, with random weights and one tokenizer of characters."""

import string
from collections.abc import Callable
from typing import Any

import torch
import transformers
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from transformers import PreTrainedModel, PreTrainedTokenizerFast

_ALPHABET = ["<pad>", "<s>", "</s>", "<unk>", *string.printable]
#: Of every model, unless it is made with another length.
LENGTH = 256
_COMMON = {
    "vocab_size": len(_ALPHABET),
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": LENGTH,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
_KV = {"num_key_value_heads": 2}
_WINDOW = {"sliding_window": 20}
_GPT2 = {"n_positions": LENGTH, "n_embd": 32, "n_layer": 2, "n_head": 4}

#: Each architecture with the name of its classes in transformers and what its configuration adds.
ARCHITECTURES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", _KV),
    "qwen2": ("Qwen2", _KV),
    "qwen2, a window in one layer": (
        "Qwen2",
        {**_KV, **_WINDOW, "use_sliding_window": True, "max_window_layers": 1},
    ),
    "qwen3": ("Qwen3", {**_KV, "head_dim": 16}),
    "mistral": ("Mistral", {**_KV, "sliding_window": None}),
    "mistral, windows": ("Mistral", {**_KV, **_WINDOW}),
    "gpt2": ("GPT2", _GPT2),
    "gpt_neox": ("GPTNeoX", {}),
    "gemma2": ("Gemma2", {**_KV, **_WINDOW, "head_dim": 8, "query_pre_attn_scalar": 8}),
    "gemma3": ("Gemma3", {**_KV, **_WINDOW, "head_dim": 8, "query_pre_attn_scalar": 8}),
    "opt": ("OPT", {"ffn_dim": 48, "word_embed_proj_dim": 32}),
    "phi": ("Phi", {}),
    "phi3": ("Phi3", {**_KV, "sliding_window": None}),
    "olmo2": ("Olmo2", _KV),
    "mixtral": ("Mixtral", {**_KV, "num_local_experts": 4, "sliding_window": None}),
    "qwen3_moe": (
        "Qwen3Moe",
        {**_KV, "head_dim": 8, "num_experts": 4, "num_experts_per_tok": 2,
         "moe_intermediate_size": 24, "decoder_sparse_step": 1},
    ),
}  # fmt: skip
#: Those that attend by themselves, or not at all.
OTHERS: dict[str, tuple[str, dict[str, Any]]] = {
    "bloom": ("Bloom", {"n_layer": 2, "n_head": 4}),
    "mamba": ("Mamba", {"state_size": 4}),
    "gpt_neo": (
        "GPTNeo",
        {"num_layers": 2, "num_heads": 4, "attention_types": [[["global", "local"], 1]],
         "window_size": 20},
    ),
    "t5": ("T5", {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4,
                  "decoder_start_token_id": 0}),
    "llama, dynamic positions": (
        "Llama",
        {**_KV, "rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4}},
    ),
}  # fmt: skip


def make(name: str, *, dtype: torch.dtype = torch.float32, **changes: Any) -> PreTrainedModel:
    """Return a model of this architecture whose likeliest tokens are far from chance."""
    kind, own = (ARCHITECTURES | OTHERS)[name]
    config_class: Callable[..., Any] = getattr(
        transformers, f"{kind}TextConfig" if kind == "Gemma3" else f"{kind}Config"
    )
    config = config_class(**_COMMON | own | changes)
    torch.manual_seed(5)
    auto = "AutoModelForSeq2SeqLM" if config.is_encoder_decoder else "AutoModelForCausalLM"
    model: PreTrainedModel = getattr(transformers, auto).from_config(config)
    with torch.no_grad():
        for weights in model.parameters():
            # As they are made, attention is nearly even and a wrong mask would hardly show.
            if weights.ndim > 1:
                weights.mul_(4.0)
    return model.to(dtype).eval()


def tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer with one token a character."""
    words = {token: number for number, token in enumerate(_ALPHABET)}
    made = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
    )
