"""Handmade models: real headers, weights of zeros, no torch."""

import json
from typing import Any

NAME = "org/tiny"
_CARD = b"---\nlanguage: sw\nlicense: Apache-2.0\n---\n# Tiny\n"


def weights(shape: tuple[int, ...] = (3, 4), *, name: str = "w", fill: int = 0) -> bytes:
    """Return a safetensors file with one tensor of float32."""
    size = 4
    for side in shape:
        size *= side
    tensor = {"dtype": "F32", "shape": list(shape), "data_offsets": [0, size]}
    header = json.dumps({"__metadata__": {"format": "pt"}, name: tensor}).encode()
    return len(header).to_bytes(8, "little") + header + bytes([fill]) * size


def model(**config: Any) -> dict[str, bytes]:
    """Return the files of a model with twelve parameters."""
    described = {"architectures": ["LlamaForCausalLM"], "model_type": "llama"} | config
    return {
        ".gitattributes": b"*.safetensors filter=lfs\n",
        "README.md": _CARD,
        "config.json": json.dumps(described).encode(),
        "model.safetensors": weights(),
        "tokenizer.json": b"{}",
        "tokenizer_config.json": b"{}",
    }


def sharded(*shapes: tuple[int, ...]) -> dict[str, bytes]:
    """Return a model whose weights lie in shards, one for each shape, with their index."""
    files = model()
    del files["model.safetensors"]
    names = [f"model-{n:05}-of-{len(shapes):05}.safetensors" for n in range(1, len(shapes) + 1)]
    for shard, shape in zip(names, shapes, strict=True):
        files[shard] = weights(shape, name=shard)
    index = {"metadata": {"total_size": 1}, "weight_map": {shard: shard for shard in names}}
    return files | {"model.safetensors.index.json": json.dumps(index).encode()}


def without(files: dict[str, bytes], *paths: str, **more: bytes) -> dict[str, bytes]:
    """Return the files without some of them."""
    return {path: data for path, data in files.items() if path not in paths} | more
