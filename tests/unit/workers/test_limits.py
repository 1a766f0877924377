"""The kernel's limits hold whoever runs in the sandbox; and running out of memory is recognised."""

import errno
from pathlib import Path

import pytest

from tests.sandboxes import needs_sandbox, run_inside, said
from workers.runner.limits import is_out_of_memory, says_out_of_memory


@pytest.fixture
def slot(tmp_path: Path) -> Path:
    return tmp_path / "slot"


@needs_sandbox
@pytest.mark.parametrize(
    "eat",
    [
        "b'x' * (1 << 28)",
        "[0] * 1000",
        "mmap.mmap(-1, 1 << 28, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)",
        # Shared, which the limit of data doesn't count; nothing is touched, for the host's sake.
        "mmap.mmap(-1, 1 << 28)",
    ],
    ids=["blocks", "crumbs", "mapped", "shared"],
)
def test_a_memory_bomb_ends_in_an_error(slot: Path, eat: str) -> None:
    program = f"""
import mmap
from workers.runner.limits import is_out_of_memory
held = []
try:
    while True:
        held.append({eat})
except (MemoryError, OSError) as error:
    held.clear()
    print(is_out_of_memory(error))
"""
    assert said(program, slot, limited=True) == "True"


@needs_sandbox
@pytest.mark.engine
def test_a_tensor_that_is_too_large_ends_in_an_error_that_is_recognised(slot: Path) -> None:
    program = """
import torch
from workers.runner.limits import is_out_of_memory
held = []
try:
    while True:
        held.append(torch.zeros(1 << 26))
except RuntimeError as error:
    print(is_out_of_memory(error), len(held) < 4)
"""
    assert said(program, slot, limited=True) == "True True"


@needs_sandbox
@pytest.mark.engine
def test_a_tokenizer_that_eats_memory_dies_with_words_that_are_recognised(slot: Path) -> None:
    program = """
import json
from tokenizers import Tokenizer
pad = {"strategy": {"Fixed": 10**12}, "direction": "Right", "pad_to_multiple_of": None,
       "pad_id": 0, "pad_type_id": 0, "pad_token": "x"}
words = {"type": "WordLevel", "vocab": {"x": 0}, "unk_token": "x"}
Tokenizer.from_str(json.dumps({"version": "1.0", "padding": pad, "model": words})).encode("x")
"""
    done = run_inside(program, slot, limited=True)
    assert done.returncode == 128 + 6
    assert says_out_of_memory(done.stderr)


@needs_sandbox
def test_a_fork_bomb_is_bounded(slot: Path) -> None:
    program = """
import os, time
count = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        count += 1
except OSError as error:
    print(type(error).__name__, count < 64)
"""
    assert said(program, slot, limited=True) == "BlockingIOError True"


@needs_sandbox
def test_a_large_file_is_refused_sparse_or_not(slot: Path) -> None:
    program = """
import errno, os
def refusal(step):
    try:
        step()
    except OSError as error:
        return errno.errorcode[error.errno]
def write():
    with open("/slot/out/full", "wb", buffering=0) as file:
        for _ in range(64):
            file.write(bytes(1 << 16))
def grow():
    with open("/slot/out/sparse", "wb") as file:
        file.truncate(10 << 30)
def later():
    with open("/slot/out/later", "wb", buffering=0) as file:
        file.seek(10 << 30)
        file.write(b"x")
print(refusal(write), refusal(grow), refusal(later), os.path.getsize("/slot/out/full"))
"""
    assert said(program, slot, limited=True) == f"EFBIG EFBIG EFBIG {1 << 20}"


@needs_sandbox
def test_limits_cannot_be_raised_again(slot: Path) -> None:
    program = """
import resource
for kind in ("DATA", "AS", "FSIZE", "NPROC", "NOFILE", "CORE"):
    number = getattr(resource, f"RLIMIT_{kind}")
    try:
        resource.setrlimit(number, (resource.getrlimit(number)[1] + 1,) * 2)
        print(kind)
    except ValueError:
        pass
"""
    assert said(program, slot, limited=True) == ""


@needs_sandbox
def test_processor_time_is_limited(slot: Path) -> None:
    program = """
from workers.runner.limits import Limits
Limits(memory=1 << 30, cpu_seconds=1).apply()
while True:
    pass
"""
    # SIGXCPU comes first where soft and hard limit differ; here they are one.
    assert run_inside(program, slot).returncode in {128 + 9, 128 + 24}


class _OutOfMemoryError(RuntimeError):
    """Has the name of torch's."""


_OutOfMemoryError.__name__ = "OutOfMemoryError"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        _OutOfMemoryError("CUDA"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."),
        RuntimeError("std::bad_alloc"),
        RuntimeError("can't start new thread"),
        BaseException("capacity overflow"),
    ],
    ids=repr,
)  # fmt: skip
def test_errors_of_memory_are_recognised_also_as_causes(error: BaseException) -> None:
    assert is_out_of_memory(error)
    wrapped = ValueError("The tokenizer can't be loaded.")
    wrapped.__cause__ = error
    assert is_out_of_memory(wrapped)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no"),
        OSError(errno.ENOSPC, "No space left on device"),
        FileNotFoundError(errno.ENOENT, "not there", "model/out of memory.json"),
        RuntimeError("size mismatch for lm_head.weight"),
        None,
    ],
    ids=repr,
)
def test_other_errors_are_not_of_memory(error: BaseException | None) -> None:
    assert not is_out_of_memory(error)


def test_errors_that_name_each_other_as_causes_end() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert not is_out_of_memory(first)


@needs_sandbox
def test_new_namespaces_and_mounts_are_refused(slot: Path) -> None:
    program = """
import ctypes, os, signal, threading
libc = ctypes.CDLL(None, use_errno=True)
def refused(call, *arguments):
    return call(*arguments) == -1 and ctypes.get_errno() == 1
user, namespace = 0x10000000, 0x20000
print(refused(libc.unshare, user), refused(libc.unshare, namespace), refused(libc.setns, 0, 0),
      refused(libc.mount, b"none", b"/tmp", b"tmpfs", 0, None), refused(libc.ptrace, 0, 0, 0, 0),
      refused(libc.syscall, 56 if os.uname().machine == "x86_64" else 220, user | signal.SIGCHLD,
              0, 0, 0, 0))
# What a runner does need.
thread = threading.Thread(target=print, args=["a thread"])
thread.start()
thread.join()
child = os.fork()
if child == 0:
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    lines = said(program, slot, limited=True).splitlines()
    assert lines == ["True True True True True True", "a thread", "7"]


@needs_sandbox
def test_threads_that_were_there_before_are_held_too(slot: Path) -> None:
    program = """
import ctypes, threading
from workers.runner.limits import Limits
libc = ctypes.CDLL(None, use_errno=True)
go = threading.Event()
def late():
    go.wait()
    print(libc.unshare(0x10000000), ctypes.get_errno())
thread = threading.Thread(target=late)
thread.start()
Limits(memory=1 << 30).apply()
go.set()
thread.join()
"""
    assert said(program, slot) == "-1 1"
