"""The command line as a user runs it: a process, its exit code, what it printed where."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


def oktsec_lint(*args: str, cwd: Path, env: Mapping[str, str] | None = None, stdin: str | bytes = b"") -> Ran:
    """Run `python -m oktsec_lint ARGS` in `cwd` with a home directory of its own."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("OKTSEC", "CI", "FORCE_"))}
    environ |= {"HOME": str(cwd), "NO_COLOR": "1", **(env or {})}
    done = subprocess.run(
        [sys.executable, "-m", "oktsec_lint", *args],
        cwd=cwd,
        env=environ,
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
