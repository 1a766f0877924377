"""What this person has come to trust: one file for each log, below the configuration folder.

Nothing in here may end a command: a file that can't be read or written is told, and left alone.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from evaluations.provenance.records import TIME_FORMAT
from evaluations.provenance.root import RootError, read_root
from evaluations.provenance.signing import base64_text, unbase64
from evaluations.provenance.trust import Pinned, Remembered, Seen, log_id
from leaderboard.cli import credentials

#: Checkpoints kept of each log: the first ones seen, and the newest.
_KEPT = 64


def folder() -> Path:
    """Return where the files are."""
    return credentials.path().parent / "trust"


class Store(Mapping[str, Pinned]):
    """What is remembered, by `log_id`; read when it is asked for.

    Attributes:
        problems: what could not be read or written, in sentences.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []

    def __getitem__(self, name: str) -> Pinned:
        """Return what is remembered of a log, or why that can't be told."""
        path = folder() / f"{name}.json"
        try:
            return _read(path.read_bytes(), name)
        except FileNotFoundError:
            raise KeyError(name) from None
        except OSError as error:
            why = f"{path} can't be read ({error.strerror})"
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            why = f"{path} is damaged"
        if why not in self.problems:
            self.problems.append(f"{why}. Mend it, or remove it to begin anew.")
        return Pinned("", unreadable=why)

    def __iter__(self) -> Any:
        """Iterate over the names of the files."""
        return (path.stem for path in folder().glob("*.json"))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def remember(self, shown: Remembered) -> None:
        """Add what a run has shown to what is remembered of its log, in one step."""
        before = self.get(log_id(shown.origin)) or Pinned(shown.origin, first=_now())
        if before.unreadable:
            return
        after = _together(before, shown)
        if after == before:
            return
        target = folder() / f"{log_id(shown.origin)}.json"
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            credentials.replace(target, _written(after))
        except OSError as error:
            self.problems.append(
                f"{target} can't be written ({error.strerror}): nothing was remembered."
            )


def _now() -> str:
    return datetime.now(UTC).strftime(TIME_FORMAT)


def _together(before: Pinned, shown: Remembered) -> Pinned:
    known = {seen.size for seen in before.checkpoints}
    new = [Seen(size, root, _now()) for size, root in shown.checkpoints if size not in known]
    seen = sorted([*before.checkpoints, *new], key=lambda one: one.size)
    kept = seen if len(seen) <= _KEPT else [*seen[: _KEPT // 2], *seen[-_KEPT // 2 :]]
    roots = {**before.roots, **shown.roots}
    return Pinned(shown.origin, dict(sorted(roots.items())), tuple(kept), before.first)


def _read(data: bytes, name: str) -> Pinned:
    """Read a file; ValueError and its like if it is none of ours."""
    kept = orjson.loads(data)
    roots = {int(number): text.encode() for number, text in kept["roots"].items()}
    seen = tuple(
        Seen(_size(row["size"]), unbase64(row["root"]), str(row["first"]))
        for row in kept["checkpoints"]
    )
    try:
        origins = {read_root(root).origin for root in roots.values()}
    except RootError:
        raise ValueError("a root is damaged") from None
    origin = kept["origin"]
    if kept["v"] != 1 or log_id(origin) != name or origins != {origin}:
        raise ValueError("it is another log's")
    if any(read_root(root).version != number for number, root in roots.items()):
        raise ValueError("a root has another number")
    return Pinned(origin, roots, seen, str(kept["first"]))


def _size(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("a size is none")
    return value


def _written(pinned: Pinned) -> bytes:
    return orjson.dumps(
        {
            "v": 1,
            "origin": pinned.origin,
            "first": pinned.first,
            "roots": {str(number): data.decode() for number, data in pinned.roots.items()},
            "checkpoints": [
                {"size": seen.size, "root": base64_text(seen.root), "first": seen.first}
                for seen in pinned.checkpoints
            ],
        },
        option=orjson.OPT_INDENT_2,
    )
