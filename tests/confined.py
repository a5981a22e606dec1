"""Runs `oktsec-lint` where the kernel ends any process that starts another one or opens a socket.

    python tests/confined.py ARGUMENT...

Linux only. The filter (seccomp, see seccomp(2)) holds for the whole process and cannot be taken off again.
"""

from __future__ import annotations

import ctypes
import platform
import struct

_NUMBERS = {
    "x86_64": {"socket": 41, "socketpair": 53, "clone": 56, "fork": 57, "vfork": 58, "execve": 59, "execveat": 322},
    "aarch64": {"socket": 198, "socketpair": 199, "clone": 220, "execve": 221, "execveat": 281},
}
_CLONE3 = 435
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _KILL_PROCESS = 0x7FFF0000, 0x80000000
_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def confine() -> None:
    """From now on: no child, no other program, no socket."""
    denied = [*_NUMBERS[platform.machine()].values(), _CLONE3]
    steps = [(_LOAD, 0, 0, 0)]
    steps += [(_JUMP_EQUAL, len(denied) - index, 0, number) for index, number in enumerate(denied)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _KILL_PROCESS)]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    library = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(steps), code)
    if library.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) or library.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "this process cannot be confined")


if __name__ == "__main__":
    confine()
    from oktsec_lint.__main__ import main

    main()
