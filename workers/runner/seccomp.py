"""Refusing what a runner never needs of the kernel: new namespaces, mounts, and rarer things.

In a namespace of its own a program is root again: it could mount folders in memory past every
limit, and reach code of the kernel that ordinary programs don't. The filter is a program for the
kernel's packet filter, see seccomp(2); once set it can't be taken back, and children inherit it.
"""

import ctypes
import errno
import platform
import struct
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _IF_EQUAL, _IF_SET, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
#: Where `struct seccomp_data` has the call's number, the architecture, and the first argument.
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
#: CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}; CLONE_NEWTIME is for `unshare` and `clone3` only.
_NAMESPACES = 0x7E020000
#: Of x86-64's second, 32-bit way of calling.
_X32 = 0x40000000


@dataclass(frozen=True, slots=True)
class _Machine:
    architecture: int
    seccomp: int
    clone: int
    refused: Mapping[str, int]


#: Numbers from the kernel's asm/unistd.h.
_SINCE_2018 = {"io_uring_setup": 425, "open_tree": 428, "move_mount": 429, "fsopen": 430,
               "fsmount": 432, "mount_setattr": 442}  # fmt: skip
_CLONE3 = 435
_MACHINES = {
    "x86_64": _Machine(0xC000003E, 317, 56, _SINCE_2018 | {
        "ptrace": 101, "pivot_root": 155, "mount": 165, "umount2": 166, "add_key": 248,
        "request_key": 249, "keyctl": 250, "unshare": 272, "perf_event_open": 298, "setns": 308,
        "process_vm_writev": 311, "bpf": 321, "userfaultfd": 323,
    }),
    "aarch64": _Machine(0xC00000B7, 277, 220, _SINCE_2018 | {
        "umount2": 39, "mount": 40, "pivot_root": 41, "unshare": 97, "ptrace": 117, "add_key": 217,
        "request_key": 218, "keyctl": 219, "perf_event_open": 241, "setns": 268,
        "process_vm_writev": 271, "bpf": 280, "userfaultfd": 282,
    }),
}  # fmt: skip


def refuse_namespaces() -> bool:
    """Set the filter for all threads of this process, for good.

    Returns:
        Whether it is set; it isn't on machines whose calls this module doesn't know.

    Raises:
        OSError: if the kernel refuses.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return False
    program = b"".join(_program(machine))
    buffer = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: the number of instructions, and where they are.
    fprog = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.syscall(
        machine.seccomp, _SET_MODE_FILTER, _ALL_THREADS, fprog
    ):
        raise OSError(ctypes.get_errno(), "the filter of system calls can't be set")
    return True


def _program(machine: _Machine) -> Iterator[bytes]:
    refuse = _RETURN, _ERRNO | errno.EPERM
    yield _instruction(_LOAD, _ARCHITECTURE)
    yield _instruction(_IF_EQUAL, machine.architecture, then=1)
    yield _instruction(_RETURN, _KILL)
    yield _instruction(_LOAD, _NUMBER)
    yield _instruction(_IF_AT_LEAST, _X32, otherwise=1)
    yield _instruction(*refuse)
    # Its flags are in memory, where no filter can look; the C library then uses clone.
    yield _instruction(_IF_EQUAL, _CLONE3, otherwise=1)
    yield _instruction(_RETURN, _ERRNO | errno.ENOSYS)
    for number in sorted(machine.refused.values()):
        yield _instruction(_IF_EQUAL, number, otherwise=1)
        yield _instruction(*refuse)
    yield _instruction(_IF_EQUAL, machine.clone, otherwise=3)
    yield _instruction(_LOAD, _FIRST_ARGUMENT)
    yield _instruction(_IF_SET, _NAMESPACES, otherwise=1)
    yield _instruction(*refuse)
    yield _instruction(_RETURN, _ALLOW)


def _instruction(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """Return a `struct sock_filter`; the jumps say how many instructions are skipped."""
    return struct.pack("HBBI", code, then, otherwise, value)
