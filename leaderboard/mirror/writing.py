"""Writing a mirror: each file whole or not at all, and only what is new."""

import json
import os
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from evaluations.errors import AssayError
from leaderboard.mirror.asking import Site
from leaderboard.mirror.contents import FINAL, Item

#: What was mirrored at which stamp; not for readers.
_STAMPS = ".assay-mirror.json"


class MirrorError(AssayError):
    """A mirror can't be written; says why and what to do."""


@dataclass(slots=True)
class Outcome:
    """What a run did: files written, files left as they were, and addresses without a file."""

    written: int = 0
    kept: int = 0
    lacking: list[str] = field(default_factory=list)


class Mirror:
    """A folder that any web server can serve as the site.

    Args:
        folder: made if it isn't there.
        site: what is asked.
    """

    def __init__(self, folder: Path, site: Site, address: str) -> None:
        """Read what earlier runs left.

        Raises:
            MirrorError: if the folder holds something else, or a mirror under another address.
        """
        self._folder, self._site, self._address = folder, site, address
        self._stamps = self._read()

    def _read(self) -> dict[str, str]:
        file = self._folder / _STAMPS
        if file.exists():
            found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            if found.get("address") != self._address:
                raise MirrorError(
                    "mirror_elsewhere",
                    f"{self._folder} holds the mirror for {found.get('address')}.",
                    "Its links point there. Choose another folder, or that address.",
                )
            return dict(found["stamps"])
        if self._folder.exists() and any(self._folder.iterdir()):
            raise MirrorError(
                "folder_not_empty",
                f"{self._folder} holds files that are no mirror.",
                "Name an empty folder, or one that does not exist.",
            )
        return {}

    def write(self, items: Iterable[Item]) -> Outcome:
        """Write what is new, and remember its stamps even if it ends halfway."""
        outcome = Outcome()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._save()
        try:
            for item in items:
                self._one(item, outcome)
        finally:
            self._save()
        return outcome

    def _one(self, item: Item, outcome: Outcome) -> None:
        target = self.path(item.path)
        known = self._stamps.get(item.path)
        if item.stamp and known == item.stamp and (target.exists() or item.may_lack):
            outcome.kept += 1
            return
        with ExitStack() as stack:
            chunks: Iterable[bytes] | None
            if item.data is not None:
                chunks = [item.data]
            else:
                chunks = stack.enter_context(self._site.ask(item.path))
            if chunks is None:
                if not item.may_lack:
                    outcome.lacking.append(item.path)
                elif item.stamp:
                    self._stamps[item.path] = item.stamp
                return
            changed = _put(target, chunks)
        outcome.written += changed
        outcome.kept += not changed
        # What never changes and is there needs no stamp in a file that grows with it.
        if item.stamp and item.stamp != FINAL:
            self._stamps[item.path] = item.stamp

    def path(self, address: str) -> Path:
        """Return where an address of the site lies; pages are folders with an index.

        Raises:
            MirrorError: if it would lie outside: a name may hold anything that an address may.
        """
        parts = [part for part in unquote(address).split("/") if part]
        if any(part in {".", ".."} or "\0" in part for part in parts):
            raise MirrorError("bad_address", f"{address!r} can't be a file's path.")
        name = Path(*parts) if parts else Path()
        return self._folder / (name / "index.html" if address.endswith("/") else name)

    def copy(self, source: Path, name: str) -> int:
        """Copy a folder of files whose names change with their contents; return how many."""
        copied = 0
        for file in sorted(source.rglob("*")):
            target = self._folder / name / file.relative_to(source)
            if file.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
                copied += 1
        return copied

    def _save(self) -> None:
        text = json.dumps({"address": self._address, "stamps": self._stamps}, sort_keys=True)
        _put(self._folder / _STAMPS, [text.encode()])


def _put(target: Path, chunks: Iterable[bytes]) -> bool:
    """Write a file; return whether it is another one than before."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name[:200]}.draft")
    try:
        with draft.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if target.exists() and _same(draft, target):
            return False
        draft.replace(target)
        return True
    finally:
        draft.unlink(missing_ok=True)


def _same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()
