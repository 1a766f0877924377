"""A model's weights: which files they are, and what their headers say of them."""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from math import prod
from typing import Any

from evaluations.failures import FailureCode
from evaluations.model_files import MAX_READ, ModelFiles, read_json, refusal

_SINGLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
#: Each shard's header is read before the queue; shards of the usual 5 GB hold a terabyte.
MAX_SHARDS = 200
#: Holds the headers of all but the largest files, so that one request is enough.
_FIRST_READ = 100_000
_LENGTH_BYTES = 8
#: Readers of headers at a time.
_READERS = 8


def find_weights(files: ModelFiles) -> list[str]:
    """Return the files that transformers loads: one file, or the shards that the index names.

    Raises:
        AssayError: if there are none in safetensors files, or shards are missing.
    """
    if _SINGLE in files.listed:
        return [_SINGLE]
    if _INDEX in files.listed:
        return _shards(files)
    _refuse_other_formats(files)
    raise refusal(
        FailureCode.UNSAFE_WEIGHTS,
        f"{files.name} has no safetensors weights: neither {_SINGLE} nor {_INDEX}.",
    )


def _shards(files: ModelFiles) -> list[str]:
    named = read_json(files, _INDEX, FailureCode.WEIGHTS_INCOMPLETE).get("weight_map")
    if not isinstance(named, dict) or not named:
        raise refusal(FailureCode.WEIGHTS_INCOMPLETE, f"{_INDEX} has no weight_map.")
    shards = sorted({str(shard) for shard in named.values()})
    missing = [shard for shard in shards if shard not in files.listed]
    if missing:
        raise refusal(
            FailureCode.WEIGHTS_INCOMPLETE,
            f"{_INDEX} names {len(shards)} files, and {len(missing)} of them are missing, such as "
            f"{missing[0][:100]}.",
        )
    if len(shards) > MAX_SHARDS:
        raise refusal(
            FailureCode.MODEL_TOO_LARGE,
            f"The weights are in {len(shards)} files; at most {MAX_SHARDS} are taken.",
        )
    return shards


def _refuse_other_formats(files: ModelFiles) -> None:
    pickles = [path for path in files.listed if path.endswith(_PICKLES)]
    if pickles:
        raise refusal(
            FailureCode.UNSAFE_WEIGHTS,
            f"{files.name} has no safetensors weights (found {pickles[0][:100]}).",
        )
    if any(path.endswith(".gguf") for path in files.listed):
        raise refusal(FailureCode.GGUF_ONLY, f"The weights of {files.name} are GGUF files only.")


def count_parameters(files: ModelFiles, weights: Iterable[str]) -> int:
    """Count parameters in the headers, and hold each header against its file's size.

    Raises:
        AssayError: if a header can't be read, or the file is shorter or longer than it says.
    """
    with ThreadPoolExecutor(_READERS) as readers:
        counts = readers.map(lambda path: _count(files, path), weights)
        return sum(counts)


def _count(files: ModelFiles, path: str) -> int:
    size = files.listed[path].size
    length, header = _header(files, path, size)
    try:
        tensors = [value for name, value in header.items() if name != "__metadata__"]
        end = max((int(tensor["data_offsets"][1]) for tensor in tensors), default=0)
        count = sum(prod(_sides(tensor)) for tensor in tensors)
    except (ValueError, ArithmeticError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise _unreadable(path) from error
    if _LENGTH_BYTES + length + end != size:
        raise refusal(
            FailureCode.WEIGHTS_INCOMPLETE,
            f"{path} has {size} bytes where its header promises {_LENGTH_BYTES + length + end}.",
        )
    # The smallest numbers have four bits.
    if count > 2 * size:
        raise _unreadable(path)
    return count


def _sides(tensor: dict[str, Any]) -> Iterator[int]:
    for side in tensor["shape"]:
        if int(side) < 0:
            raise ValueError("a side below zero")
        yield int(side)


def _header(files: ModelFiles, path: str, size: int) -> tuple[int, dict[str, Any]]:
    """Return the header's length and what it holds."""
    start = files.read(path, 0, min(size, _FIRST_READ))
    length = int.from_bytes(start[:_LENGTH_BYTES], "little")
    if len(start) < _LENGTH_BYTES or length > size - _LENGTH_BYTES:
        raise refusal(FailureCode.WEIGHTS_INCOMPLETE, f"{path} is not a whole safetensors file.")
    if length > MAX_READ:
        raise _unreadable(path)
    data = start[_LENGTH_BYTES : _LENGTH_BYTES + length]
    if len(data) < length:
        data += files.read(path, len(start), length - len(data))
    try:
        header = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _unreadable(path) from error
    if not isinstance(header, dict):
        raise _unreadable(path)
    return length, header


def _unreadable(path: str) -> Exception:
    return refusal(FailureCode.UNSAFE_WEIGHTS, f"The header of {path} can't be read.")
