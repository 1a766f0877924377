"""The processes of a site that a test disturbs: each one known, replaced when killed, none left."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from leaderboard import supervisor
from tests.servers import ROOT

#: Tells PostgreSQL which process writes: its id stands as the connection's name.
_NAMED = ("sh", "-c", 'cd "$0" && export PGAPPNAME=$$ && exec "$@"', str(ROOT))


class Disk:
    """A small file system of its own, mounted where only processes that `enter` it see it."""

    def __init__(self, folder: Path, holder: int) -> None:
        """Name the folder, and a process that sees the file system there."""
        self.enter = (
            *("nsenter", f"--target={holder}", "--user", "--mount", "--preserve-credentials"),
            # Another user's rights end the wish to end with the parent.
            *("setpriv", "--pdeathsig=KILL"),
        )
        self.root = Path(f"/proc/{holder}/root{folder}")
        self._ballast = self.root / "ballast"

    def fill(self) -> None:
        """Write until the disk is full."""
        with suppress(OSError), self._ballast.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(1 << 12))

    def clear(self) -> None:
        """Make room again."""
        self._ballast.unlink()


@contextmanager
def disk(folder: Path, *, megabytes: int = 48) -> Iterator[Disk | None]:
    """Mount a disk on a folder; None where the system lets ordinary users mount nothing."""
    mount = f'mount -t tmpfs -o size={megabytes}m tmpfs "$0" && echo mounted && exec sleep infinity'
    argv = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, str(folder)]
    holder = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        yield Disk(folder, holder.pid) if holder.stdout.readline() else None
    finally:
        holder.kill()
        holder.communicate()


class Fleet:
    """Workers and the scheduler, by name, each with its log in the state folder."""

    def __init__(
        self, var: Path, environment: Mapping[str, str], enter: tuple[str, ...], workers: int
    ) -> None:
        """Choose the programs; `start` starts them."""
        (var / "logs").mkdir(exist_ok=True)
        self._var, self._environment, self._enter = var, environment, enter
        programs = supervisor.site_programs("127.0.0.1", 0, workers=workers)
        self._programs = {each.name: each.argv for each in programs if each.name != "web"}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._started: set[int] = set()

    @property
    def names(self) -> list[str]:
        """All programs, the workers in order."""
        return list(self._programs)

    @property
    def workers(self) -> dict[int, str]:
        """The workers that run just now, by process id."""
        return {p.pid: name for name, p in self._processes.items() if name != "beat"}

    def log(self, name: str) -> Path:
        """Return where a program's output goes."""
        return self._var / "logs" / f"{name}.log"

    def start(self, name: str) -> None:
        """Start a program, or its successor."""
        argv = [*self._enter, *_NAMED, *self._programs[name]]
        self._processes[name] = supervisor.launch(
            argv, log=self.log(name), environment=self._environment
        )

    def kill(self, name: str) -> None:
        """Kill a program without warning."""
        process = self._processes.pop(name)
        self._started.update(descendants(process.pid))
        process.kill()
        process.wait()

    def ended(self) -> list[str]:
        """Return the programs that ended by themselves, which none should."""
        return [name for name, p in self._processes.items() if p.poll() is not None]

    def stop(self) -> None:
        """End everything in good order."""
        for process in self._processes.values():
            self._started.update(descendants(process.pid))
        supervisor.end(list(self._processes.values()))
        self._processes.clear()

    def runners(self, worker: int) -> list[int]:
        """Return a worker's runners: the innermost processes, where a sandbox wraps them."""
        found = {pid for pid in descendants(worker) if b"workers.runner" in _cmdline(pid)}
        return sorted(pid for pid in found if not found & set(descendants(pid)))

    def left(self) -> list[int]:
        """Return all processes that are still of this site."""
        # In a sandbox a runner's folder and environment tell nothing.
        runners = {pid for pid in self._started if b"workers.runner" in _cmdline(pid)}
        others = {int(p.name) for p in Path("/proc").glob("[0-9]*") if _belongs(p, self._var)}
        return sorted(runners | others)


def descendants(pid: int) -> list[int]:
    """Return a process's children, their children, and so on."""
    # Each thread has its own.
    lists = [_read(path).decode() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    children = [int(child) for listed in lists for child in listed.split()]
    return [*children, *(each for child in children for each in descendants(child))]


def signal_to(pid: int, number: signal.Signals) -> bool:
    """Send a signal, unless the process has ended meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _belongs(process: Path, var: Path) -> bool:
    """Whether a process works in a site's folder, or was told of it."""
    try:
        folder = str((process / "cwd").readlink())
    except OSError:
        return False  # it has ended, or is somebody else's
    named = f"ASSAY_VAR={var}".encode() in _read(process / "environ").split(b"\0")
    return named or folder.startswith(f"{var}/")


def _cmdline(pid: int) -> bytes:
    return _read(Path(f"/proc/{pid}/cmdline"))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # the process has ended
