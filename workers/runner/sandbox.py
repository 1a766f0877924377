"""Confining the runner: bubblewrap gives it a machine that holds Python, its slot, and little else.

    /slot        the run's slot: model, tasks, pack, config; read-only
    /slot/out    the one folder on disk that can be written
    /tmp         in memory, bounded
    Python, its environment, shared libraries, `workers/` and `evaluations/`; read-only

There is no network, no process of the host, no variable that isn't named, no capability; the user
is one that owns nothing. `docs/decisions/008-sandbox.md` says why it is built so.
"""

import functools
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from workers.runner.limits import Limits, is_out_of_memory

__all__ = ["OUT", "SLOT", "Limits", "available", "command", "is_out_of_memory", "share"]

#: Where the slot is seen from inside; no path of the host stands in the runner's log.
SLOT = Path("/slot")
#: The folder in a slot that the runner may write.
OUT = "out"
_REPOSITORY = Path(__file__).resolve().parents[2]
_PACKAGES = ("workers", "evaluations")
#: Of an installation: nothing else that may lie there, such as the state of a site.
_PARTS = ("bin", "lib", "lib32", "lib64", "libexec", "share", "pyvenv.cfg")
_SYSTEM = (
    *(f"/{name}" for name in ("bin", "lib", "lib32", "lib64")),
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/localtime",
    # How many threads torch starts depends on them.
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
)
_TMP_BYTES = 1 << 28
_SHM_BYTES = 1 << 26
#: Nobody's in a usual system: those that systemd hands out to services for as long as they run.
_FIRST_UID, _UIDS = 61184, 4336
_NOBODY = 65534
#: Rights to give rights up; they go last.
_RIGHTS_TO_CHANGE = ("SETUID", "SETGID", "SETPCAP")
_TRIAL_SECONDS = 30
_TRIAL = "import os; assert os.getuid(); os.stat('/slot/in'); open('/slot/out/x', 'x')"


@functools.cache
def available() -> str:
    """Return "" if the sandbox works here, which is tried once, else why it doesn't."""
    if sys.platform != "linux":
        return "bubblewrap exists on Linux only"
    for program in ("bwrap", *(["setpriv"] if _is_root() else [])):
        if shutil.which(program) is None:
            return f"the command {program} is not installed"
    with TemporaryDirectory(prefix="assay-trial-") as folder:
        slot = Path(folder) / "slot"
        slot.mkdir()
        (slot / "in").touch()
        try:
            return _trial(slot)
        except (OSError, subprocess.SubprocessError) as error:
            return f"bubblewrap can't be used: {error}"


def _trial(slot: Path) -> str:
    done = subprocess.run(
        command([sys.executable, "-I", "-c", _TRIAL], slot=slot, environment={}),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_TRIAL_SECONDS,
        check=False,
    )
    if done.returncode == 0:
        return ""
    said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return f"bubblewrap can't be used here: {said[-1]}"


def command(
    argv: Sequence[str],
    *,
    slot: Path,
    environment: Mapping[str, str],
    hidden: Iterable[Path] = (),
    info_fd: int | None = None,
) -> list[str]:
    """Return the command line that runs `argv` in the sandbox, and make the slot's `out/`.

    Args:
        argv: what to run; paths are those that are seen from inside.
        slot: an existing folder of this host. What is put into it later is seen from inside at
            once, and can be read after `share`; links that lead out of it lead nowhere.
        environment: all variables there will be.
        hidden: folders that must not be seen even if they lie within what Python needs.
        info_fd: where bubblewrap writes which process is the sandbox's first.
    """
    out = slot / OUT
    out.mkdir(exist_ok=True)
    share(slot)
    identity, prefix = _identity(out)
    return [
        # The sandbox's first process is bubblewrap's own, and its variables can be read inside.
        *("/usr/bin/env", "-i"),
        shutil.which("bwrap") or "bwrap",
        *(() if info_fd is None else ("--info-fd", str(info_fd))),
        *identity,
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        *(word for name, value in environment.items() for word in ("--setenv", name, value)),
        *("--hostname", "runner"),
        *("--proc", "/proc"),
        *("--dev", "/dev"),
        *("--perms", "1777", "--size", str(_TMP_BYTES), "--tmpfs", "/tmp"),  # noqa: S108
        *("--perms", "1777", "--size", str(_SHM_BYTES), "--tmpfs", "/dev/shm"),  # noqa: S108
        *_bindings(list(_visible(environment)), [path.resolve() for path in hidden]),
        *("--ro-bind", str(slot), str(SLOT)),
        *("--bind", str(out), str(SLOT / OUT)),
        *("--remount-ro", "/dev"),
        *("--remount-ro", "/"),
        *("--chdir", str(SLOT)),
        "--",
        *prefix,
        *argv,
    ]


def share(slot: Path) -> None:
    """Let the sandbox's user read what the slot holds; libraries save weights for their owner only.

    Root's runners need it, see `_identity`; others are their worker's own user to the kernel.
    """
    if not _is_root():
        return
    for folder, folders, files in os.walk(slot):
        if Path(folder) == slot:
            folders.remove(OUT)
        for path in [Path(folder), *(Path(folder) / name for name in files)]:
            found = path.lstat().st_mode
            wanted = 0o555 if stat.S_ISDIR(found) else 0o444
            if not stat.S_ISLNK(found) and found & wanted != wanted:
                path.chmod(stat.S_IMODE(found) | wanted)


def _identity(out: Path) -> tuple[list[str], list[str]]:
    """Return bubblewrap's options that take every right away, and what must precede the program.

    In a user namespace of root's, the one user would still be root to the kernel: it could read
    root's files, and no limit on processes would hold. So root changes the user for good.
    """
    if not _is_root():
        user = ("--uid", str(_NOBODY), "--gid", str(_NOBODY))
        return ["--unshare-all", "--unshare-user", *user, "--disable-userns"], []
    uid = str(_FIRST_UID + os.getpid() % _UIDS)
    os.chown(out, int(uid), int(uid))
    namespaces = [f"--unshare-{name}" for name in ("ipc", "pid", "net", "uts", "cgroup-try")]
    rights = [word for name in _RIGHTS_TO_CHANGE for word in ("--cap-add", f"CAP_{name}")]
    change = ["--reuid", uid, "--regid", uid, "--clear-groups"]
    nothing = ["--inh-caps", "-all", "--bounding-set", "-all", "--"]
    return (
        [*namespaces, "--cap-drop", "ALL", *rights],
        [shutil.which("setpriv") or "setpriv", *change, *nothing],
    )


def _visible(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield what Python needs of the host, larger things first."""
    yield from map(Path, _SYSTEM)
    for prefix in dict.fromkeys(("/usr", "/usr/local", sys.base_prefix, sys.prefix)):
        yield from (Path(prefix) / part for part in _PARTS)
    # Where a distribution or `pip install --target` keeps packages elsewhere.
    yield from (Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib"))
    yield from (_REPOSITORY / name for name in _PACKAGES)
    yield from (
        Path(place) for place in environment.get("NLTK_DATA", "").split(os.pathsep) if place
    )


def _bindings(visible: Sequence[Path], hidden: Iterable[Path]) -> Iterator[str]:
    shown = [path for path in dict.fromkeys(visible) if path.exists()]
    # Without this, folders on the way are readable for their owner only.
    for folder in dict.fromkeys(f for path in shown for f in reversed(path.parents[:-1])):
        if not any(folder.is_relative_to(path) for path in shown):
            yield from ("--perms", "0755", "--dir", str(folder))
    for path in shown:
        yield from ("--ro-bind", str(path), str(path))
    for path in hidden:
        if path.is_dir() and any(path.is_relative_to(place.resolve()) for place in shown):
            yield from ("--perms", "0000", "--size", "4096", "--tmpfs", str(path))
            yield from ("--remount-ro", str(path))


def _is_root() -> bool:
    return os.geteuid() == 0
