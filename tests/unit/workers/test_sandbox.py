"""What a program in the sandbox can see, reach and write: its slot, and nothing else."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandboxes import needs_sandbox, run_inside, said
from workers.runner import sandbox

pytestmark = needs_sandbox
_ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def slot(tmp_path: Path) -> Path:
    return tmp_path / "slot"


def test_a_listener_of_the_host_cannot_be_reached(slot: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        program = (
            "import socket\n"
            f"try: socket.create_connection(('127.0.0.1', {port}), 2); print('reached')\n"
            "except OSError as error: print(type(error).__name__)"
        )
        assert said(program, slot) == "ConnectionRefusedError"


def test_there_is_no_route_and_no_name(slot: Path) -> None:
    program = """
import socket
for reach in (
    lambda: socket.create_connection(("192.0.2.1", 443), 2),
    lambda: socket.getaddrinfo("example.org", 443),
):
    try:
        print("reached", reach())
    except OSError as error:
        print(type(error).__name__, error.errno)
"""
    assert said(program, slot).splitlines() == ["OSError 101", "gaierror -3"]


def test_abstract_sockets_of_the_host_cannot_be_reached(slot: Path) -> None:
    name = f"\0assay-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        program = (
            "import socket\n"
            f"try: socket.socket(socket.AF_UNIX).connect({name!r}); print('reached')\n"
            "except OSError as error: print(type(error).__name__)"
        )
        assert said(program, slot) == "ConnectionRefusedError"


def test_only_the_named_variables_are_there(slot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_SECRET_KEY", "a secret of this test")
    program = (
        "import os, glob\n"
        "print(sorted(os.environ))\n"
        "print(any(b'a secret' in open(p, 'rb').read() for p in glob.glob('/proc/*/environ')"
        " if os.access(p, os.R_OK)))"
    )
    names, leaked = said(program, slot).splitlines()
    assert names == "['LC_CTYPE', 'PWD', 'PYTHONPATH']"
    assert leaked == "False"


def test_files_of_the_host_are_not_there(slot: Path, tmp_path: Path) -> None:
    other = tmp_path / "another-slot" / "secret"
    other.parent.mkdir()
    other.write_text("of another run")
    paths = [
        "/etc/shadow", "/etc/passwd", "/etc/hostname", "/var", "/home", "/boot", "/run", "/opt",
        str(Path.home() / ".bashrc"), str(_ROOT / "var"), str(_ROOT / "manage.py"),
        str(_ROOT / "leaderboard"), str(_ROOT / ".git"), str(other), f"/proc/{os.getpid()}/cmdline",
    ]  # fmt: skip
    program = f"import os; print([path for path in {paths!r} if os.path.lexists(path)])"
    # /proc/<pid> is taken by another process only if there are as many in there.
    assert said(program, slot) == "[]"


def test_only_processes_of_the_sandbox_are_seen(slot: Path) -> None:
    program = "import os; print(len([name for name in os.listdir('/proc') if name.isdigit()]))"
    assert said(program, slot) == "2"


def test_only_out_and_the_folders_in_memory_can_be_written(slot: Path) -> None:
    slot.mkdir()
    (slot / "model").mkdir()
    (slot / "model" / "weights").write_text("weights")
    # Not by their owner and mode, which the sandbox's user might pass.
    for path in (slot, slot / "model", slot / "model" / "weights"):
        path.chmod(0o777)
    program = f"""
import os, sys
def fails(step):
    try:
        step()
    except OSError:
        return True
    return False
places = ["/", "/dev", "/slot", "/slot/model", "/usr/lib", "/proc", "/etc", sys.prefix,
          {str(_ROOT / "workers")!r}, "/slot/out", "/tmp", "/dev/shm"]
print([p for p in places if not fails(lambda: open(p + "/new", "w"))])
print(fails(lambda: open("/slot/model/weights", "a")),
      fails(lambda: os.unlink("/slot/model/weights")),
      fails(lambda: os.rename("/slot/model", "/slot/out/model")),
      fails(lambda: os.link("/slot/model/weights", "/slot/out/weights")))
"""
    written, refused = said(program, slot).splitlines()
    assert written == "['/slot/out', '/tmp', '/dev/shm']"
    assert refused == "True True True True"
    assert [path.name for path in (slot / "out").iterdir()] == ["new"]


def test_folders_in_memory_are_bounded(slot: Path) -> None:
    program = """
import os
for folder in ("/tmp", "/dev/shm"):
    found = os.statvfs(folder)
    print(found.f_blocks * found.f_frsize >> 20)
"""
    assert said(program, slot).splitlines() == ["256", "64"]


def test_the_user_owns_nothing_and_has_no_rights(slot: Path) -> None:
    program = """
import os
rights = [line.split()[1] for line in open("/proc/self/status") if line.startswith("Cap")]
print(os.getuid() >= 1000, os.getgid() >= 1000, os.getgroups() in ([], [os.getgid()]))
# Not what it has, nor what it could get: inheritable, permitted, effective, bounding, ambient.
print({int(right, 16) for right in rights})
"""
    assert said(program, slot).splitlines() == ["True True True", "{0}"]


def test_what_is_put_into_the_slot_later_is_seen(slot: Path) -> None:
    slot.mkdir()
    program = "import sys; sys.stdin.readline(); print(open('/slot/late').read())"
    with subprocess.Popen(
        sandbox.command([sys.executable, "-c", program], slot=slot, environment={}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        (slot / "late").write_text("here")
        (slot / "late").chmod(0o600)
        sandbox.share(slot)
        assert process.communicate("\n", timeout=30)[0].strip() == "here"


def test_links_out_of_the_slot_lead_nowhere(slot: Path, tmp_path: Path) -> None:
    slot.mkdir()
    (tmp_path / "secret").write_text("of the host")
    (slot / "link").symlink_to(tmp_path / "secret")
    (slot / "shadow").symlink_to("/etc/shadow")
    program = "import os; print(os.path.exists('/slot/link'), os.path.exists('/slot/shadow'))"
    assert said(program, slot) == "False False"


def test_a_hidden_folder_within_what_python_needs_is_empty(slot: Path) -> None:
    slot.mkdir()
    hidden = _ROOT / "evaluations" / "suites"
    program = f"import os; print(os.access({str(hidden)!r}, os.R_OK | os.X_OK))"
    plain, hiding = (
        subprocess.run(
            sandbox.command(
                [sys.executable, "-c", program], slot=slot, environment={}, hidden=folders
            ),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for folders in ([], [hidden])
    )
    assert (plain, hiding) == ("True", "False")


def test_data_that_the_operator_keeps_for_nltk_are_read_only(slot: Path, tmp_path: Path) -> None:
    place = tmp_path / "nltk"
    place.mkdir()
    (place / "punkt").write_text("data")
    program = (
        f"print(open('{place}/punkt').read())\n"
        f"try: open('{place}/new', 'w')\n"
        "except OSError as error: print(type(error).__name__)"
    )
    done = run_inside(program, slot, environment={"NLTK_DATA": str(place)})
    assert done.stdout.splitlines()[0] == "data"
    assert done.stdout.splitlines()[1] in {"OSError", "PermissionError"}
