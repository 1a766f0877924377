"""Reading a model's folder from its metadata alone: nothing of it is run, rendered or unpickled."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from evaluations.errors import AssayError
from evaluations.failures import FailureCode, failure

#: What belongs to a model that transformers loads without running code.
_WANTED = {".safetensors", ".json", ".txt", ".model", ".jinja", ".md"}
_WANTED_NAMES = {"LICENSE", "LICENCE", "NOTICE"}
_PICKLES = {".bin", ".pt", ".pth", ".ckpt", ".pkl"}
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model")
#: safetensors' own bound on its header.
_MAX_HEADER = 100_000_000


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a folder says of its model.

    Attributes:
        paths: the files that belong to the model, relative to the folder, sorted.
        licence: from the card's front matter; empty if it says nothing.
        parameters: counted in the headers of the weights.
    """

    paths: list[str]
    licence: str
    card: str
    architecture: str
    parameters: int
    has_chat_template: bool


def inspect(folder: Path) -> ModelFacts:
    """Read a model's folder.

    Raises:
        AssayError: with the code, the reason and what to change, if it can't be evaluated here.
    """
    if not folder.is_dir():
        raise _refusal(FailureCode.MODEL_NOT_FOUND, f"{folder} is not a folder.")
    paths = sorted(_files(folder))
    _refuse_code(folder, paths)
    _refuse_other_formats(folder, paths)
    config = _json(folder / "config.json", FailureCode.UNSUPPORTED_ARCHITECTURE)
    tokenizer = _tokenizer_config(folder, paths)
    card = _text(folder / "README.md")
    return ModelFacts(
        paths=[path for path in paths if _is_wanted(path)],
        licence=_licence(card),
        card=card,
        architecture=_architecture(config),
        parameters=sum(_count(folder / path) for path in paths if path.endswith(".safetensors")),
        has_chat_template="chat_template.jinja" in paths or "chat_template" in tokenizer,
    )


def _refusal(code: FailureCode, detail: str) -> AssayError:
    return AssayError(code, detail, failure(code).hint)


def _files(folder: Path) -> Iterator[str]:
    """Yield the files below a folder; a link out of it would let a model read the host."""
    root = folder.resolve()
    for path in folder.rglob("*"):
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            raise _refusal(FailureCode.UNSAFE_WEIGHTS, f"{path.name} is a link out of the folder.")
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path.relative_to(folder).as_posix()


def _is_wanted(path: str) -> bool:
    # Training leaves its own state beside the model; none of it is read by an evaluation.
    name = Path(path).name
    return (Path(path).suffix in _WANTED or name in _WANTED_NAMES) and "/" not in path


def _refuse_code(folder: Path, paths: list[str]) -> None:
    python = [path for path in paths if path.endswith(".py")]
    if python:
        raise _refusal(FailureCode.REMOTE_CODE_REQUIRED, f"The folder holds Python: {python[0]}.")
    for name in ("config.json", "tokenizer_config.json"):
        if name in paths and "auto_map" in _json(
            folder / name, FailureCode.UNSUPPORTED_ARCHITECTURE
        ):
            raise _refusal(
                FailureCode.REMOTE_CODE_REQUIRED, f"{name} has auto_map, which asks to run Python."
            )


def _refuse_other_formats(folder: Path, paths: list[str]) -> None:
    if "adapter_config.json" in paths:
        raise _refusal(
            FailureCode.UNSUPPORTED_ARCHITECTURE,
            "This is an adapter (adapter_config.json), not a whole model.",
        )
    if any(path.endswith(".safetensors") and "/" not in path for path in paths):
        return
    pickles = [path for path in paths if Path(path).suffix in _PICKLES]
    if pickles:
        raise _refusal(
            FailureCode.UNSAFE_WEIGHTS,
            f"{folder.name} has no safetensors weights (found {pickles[0]}).",
        )
    if any(path.endswith(".gguf") for path in paths):
        raise _refusal(FailureCode.UNSUPPORTED_ARCHITECTURE, "The weights are GGUF files only.")
    raise _refusal(FailureCode.UNSAFE_WEIGHTS, f"{folder.name} has no safetensors weights.")


def _tokenizer_config(folder: Path, paths: list[str]) -> dict[str, Any]:
    if not any(name in paths for name in _TOKENIZERS):
        raise _refusal(
            FailureCode.TOKENIZER_ERROR,
            f"{folder.name} has no tokenizer (none of {', '.join(_TOKENIZERS)}).",
        )
    if "tokenizer_config.json" not in paths:
        return {}
    return _json(folder / "tokenizer_config.json", FailureCode.TOKENIZER_ERROR)


def _architecture(config: dict[str, Any]) -> str:
    if "quantization_config" in config:
        raise _refusal(
            FailureCode.UNSUPPORTED_ARCHITECTURE, "The weights are quantised (quantization_config)."
        )
    named = config.get("architectures") or []
    if not (isinstance(named, list) and named and isinstance(named[0], str)):
        raise _refusal(FailureCode.UNSUPPORTED_ARCHITECTURE, "config.json names no architecture.")
    return str(named[0])[:120]


def _json(path: Path, code: FailureCode) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise _refusal(code, f"{path.name} is missing.") from None
    except ValueError as error:
        raise _refusal(code, f"{path.name} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise _refusal(code, f"{path.name} is not a JSON object.")
    return value


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _licence(card: str) -> str:
    """Read `license:` from a card's front matter."""
    front = re.match(r"---\s*\n(.*?)\n---", card, re.DOTALL)
    line = re.search(r"^license:\s*[\"']?([\w.+-]{1,80})", front[1] if front else "", re.MULTILINE)
    return line[1].lower() if line else ""


def _count(path: Path) -> int:
    """Count a safetensors file's parameters, and hold its header against its length."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(size - 8, _MAX_HEADER):  # noqa: PLR2004  the length's own bytes
            raise _refusal(
                FailureCode.UNSAFE_WEIGHTS, f"{path.name} is not a whole safetensors file."
            )
        try:
            header = json.loads(file.read(length))
            tensors = [value for name, value in header.items() if name != "__metadata__"]
            end = max((int(tensor["data_offsets"][1]) for tensor in tensors), default=0)
            count = sum(prod(int(side) for side in tensor["shape"]) for tensor in tensors)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise _refusal(
                FailureCode.UNSAFE_WEIGHTS, f"The header of {path.name} can't be read."
            ) from error
    if 8 + length + end != size:
        raise _refusal(
            FailureCode.UNSAFE_WEIGHTS,
            f"{path.name} has {size} bytes where its header promises {8 + length + end}.",
        )
    return count
