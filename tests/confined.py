"""Runs `oktsec-lint` where the kernel ends any process that starts another one or opens a socket.

    python tests/confined.py ARGUMENT...

With $CONFINED=NAME the kernel ends it at that system call instead, so that one can see what a crash there leaves.
Linux only. The filter (seccomp, see seccomp(2)) holds for the whole process and cannot be taken off again.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Sequence

_NUMBERS = {
    "x86_64": {"socket": 41, "socketpair": 53, "clone": 56, "fork": 57, "vfork": 58, "execve": 59, "execveat": 322},
    "aarch64": {"socket": 198, "socketpair": 199, "clone": 220, "execve": 221, "execveat": 281},
}
_CLONE3 = 435
_CRASHES = {
    "x86_64": {"rename": (82, 264, 316), "fsync": (74,), "chmod": (90, 268), "unlink": (87, 263)},
    "aarch64": {"rename": (38, 276), "fsync": (82,), "chmod": (53,), "unlink": (35,)},
}
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _KILL_PROCESS = 0x7FFF0000, 0x80000000
_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def confine() -> None:
    """From now on: no child, no other program, no socket."""
    deny([*_NUMBERS[platform.machine()].values(), _CLONE3])


def deny(denied: Sequence[int]) -> None:
    """From now on, these system calls end the process."""
    steps = [(_LOAD, 0, 0, 0)]
    steps += [(_JUMP_EQUAL, len(denied) - index, 0, number) for index, number in enumerate(denied)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _KILL_PROCESS)]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    library = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(steps), code)
    if library.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) or library.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "this process cannot be confined")


if __name__ == "__main__":
    crash = os.environ.pop("CONFINED", "")
    if crash:
        from oktsec_lint.cli import guarding  # nothing is to be compiled later, which renames files too

        assert guarding
        deny(_CRASHES[platform.machine()][crash])
    else:
        confine()
    from oktsec_lint.__main__ import main

    main()
