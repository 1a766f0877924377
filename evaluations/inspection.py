"""Judging a model from its metadata alone: nothing of it is run, rendered or unpickled."""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.model_files import Folder, Listed, ModelFiles, read_json, refusal, storable
from evaluations.weights import count_parameters, find_weights

#: What belongs to a model that transformers loads without running code, beside its weights.
_WANTED = {".json", ".txt", ".model", ".jinja", ".md"}
_WANTED_NAMES = {"LICENSE", "LICENCE", "NOTICE"}
#: No file that transformers reads by itself is called otherwise.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}")
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model")
_ARCHITECTURE = re.compile(r"[A-Za-z0-9_]{1,120}")
#: After these there is no whole model whose other faults are worth telling.
_NO_WHOLE_MODEL = {FailureCode.ADAPTER_ONLY, FailureCode.GGUF_ONLY}
#: Vocabularies of a million words have a tenth of it; such a file would be fetched in vain.
_MOST_BESIDE_WEIGHTS = 10**9
#: A longer card is cut: it is shown, not evaluated.
_CARD_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a model's files say of it.

    Attributes:
        files: those that belong to the model, sorted by path.
        licence: from the card's front matter; empty if it says nothing.
        parameters: counted in the headers of the weights.
    """

    files: list[Listed]
    licence: str
    card: str
    architecture: str
    parameters: int
    has_chat_template: bool

    @property
    def paths(self) -> list[str]:
        """The files that belong to the model, relative to its root, sorted."""
        return [file.path for file in self.files]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)


def inspect(folder: Path) -> ModelFacts:
    """Read a model's folder.

    Raises:
        AssayError: with the code, the reason and what to change, if it can't be evaluated here.
    """
    return inspect_files(Folder(folder))


def inspect_files(files: ModelFiles, *, most_bytes: int | None = None) -> ModelFacts:
    """Judge a model, wherever it lies.

    Args:
        files: what it consists of.
        most_bytes: what all files of the model may have together, None: as many as it likes.

    Raises:
        AssayError: with the code, the reason and what to change, if it can't be evaluated here.
    """
    _refuse_python(files)
    _refuse_adapter(files)
    weights = find_weights(files)
    chosen = [file for path, file in sorted(files.listed.items()) if _belongs(path, weights)]
    _refuse_size(files, chosen, most_bytes)
    _refuse_bulk(files)
    architecture, tokenizer = _architecture(files), _tokenizer_config(files)
    card = _card(files)
    return ModelFacts(
        files=chosen,
        licence=_licence(card),
        card=card,
        architecture=architecture,
        parameters=count_parameters(files, weights),
        has_chat_template="chat_template.jinja" in files.listed or "chat_template" in tokenizer,
    )


def refusals(files: ModelFiles) -> list[AssayError]:
    """Return everything that keeps a model from being evaluated, so that all is mended at once.

    What `inspect_files` refuses first comes first. It stops there, which spares a hub; this is for
    files that are at hand.
    """
    rules = (
        _refuse_python, _refuse_adapter, _refuse_weights, _refuse_bulk, _architecture,
        _tokenizer_config,
    )  # fmt: skip
    found: list[AssayError] = []
    for rule in rules:
        try:
            rule(files)
        except AssayError as error:
            found.append(error)
            if error.code in _NO_WHOLE_MODEL:
                break
    return found


def _belongs(path: str, weights: list[str]) -> bool:
    # Training leaves its own state beside the model; none of it is read by an evaluation.
    if _PLAIN.fullmatch(path) is None:
        return False
    return path in weights or PurePosixPath(path).suffix in _WANTED or path in _WANTED_NAMES


def _refuse_python(files: ModelFiles) -> None:
    python = [path for path in files.listed if path.endswith(".py")]
    if python:
        raise refusal(
            FailureCode.REMOTE_CODE_REQUIRED, f"{files.name} holds Python: {python[0][:100]}."
        )


def _refuse_adapter(files: ModelFiles) -> None:
    if "adapter_config.json" in files.listed:
        raise refusal(
            FailureCode.ADAPTER_ONLY,
            f"{files.name} is an adapter (adapter_config.json), not a whole model.",
        )


def _refuse_weights(files: ModelFiles) -> None:
    count_parameters(files, find_weights(files))


def _refuse_auto_map(name: str, config: dict[str, Any]) -> None:
    if "auto_map" in config:
        raise refusal(
            FailureCode.REMOTE_CODE_REQUIRED, f"{name} has auto_map, which asks to run Python."
        )


def _refuse_size(files: ModelFiles, chosen: list[Listed], most_bytes: int | None) -> None:
    size = sum(file.size for file in chosen)
    if most_bytes is not None and size > most_bytes:
        raise refusal(
            FailureCode.MODEL_TOO_LARGE,
            f"{files.name} has {size / 1e9:,.1f} GB of files; at most {most_bytes / 1e9:,.1f} GB "
            "are taken here.",
        )


def _refuse_bulk(files: ModelFiles) -> None:
    for path, file in sorted(files.listed.items()):
        if _belongs(path, weights=[]) and file.size > _MOST_BESIDE_WEIGHTS:
            raise refusal(
                FailureCode.MODEL_TOO_LARGE,
                f"{path} has {file.size / 1e9:,.1f} GB; beside the weights at most "
                f"{_MOST_BESIDE_WEIGHTS / 1e9:,.0f} GB are taken in a file.",
            )


def _tokenizer_config(files: ModelFiles) -> dict[str, Any]:
    if not any(name in files.listed for name in _TOKENIZERS):
        raise refusal(
            FailureCode.TOKENIZER_ERROR,
            f"{files.name} has no tokenizer (none of {', '.join(_TOKENIZERS)}).",
        )
    if "tokenizer_config.json" not in files.listed:
        return {}
    config = read_json(files, "tokenizer_config.json", FailureCode.TOKENIZER_ERROR)
    _refuse_auto_map("tokenizer_config.json", config)
    return config


def _architecture(files: ModelFiles) -> str:
    config = read_json(files, "config.json", FailureCode.UNSUPPORTED_ARCHITECTURE)
    _refuse_auto_map("config.json", config)
    if "quantization_config" in config:
        raise refusal(
            FailureCode.WEIGHTS_QUANTISED, "The weights are quantised (quantization_config)."
        )
    named = config.get("architectures") or []
    first = named[0] if isinstance(named, list) and named else None
    if not (isinstance(first, str) and _ARCHITECTURE.fullmatch(first)):
        raise refusal(FailureCode.UNSUPPORTED_ARCHITECTURE, "config.json names no architecture.")
    return first


def _card(files: ModelFiles) -> str:
    if "README.md" not in files.listed:
        return ""
    return storable(files.read("README.md", 0, _CARD_BYTES).decode("utf-8", "replace"))


def _licence(card: str) -> str:
    """Read `license:` from a card's front matter."""
    front = re.match(r"---\s*\n(.*?)\n---", card, re.DOTALL)
    line = re.search(r"^license:\s*[\"']?([\w.+-]{1,80})", front[1] if front else "", re.MULTILINE)
    return line[1].lower() if line else ""
