"""The files of one revision of git, read without a checkout."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from oktsec_lint.core.errors import SourceError, UsageError

_PATIENCE = 60.0
"""Seconds one question to git may take."""
_TRUE_AND_QUIET = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}
"""What a commit is called is what it is; nothing is fetched, by a git that does not know GIT_NO_LAZY_FETCH either."""


class Revision:
    """The files of one commit. Nothing is fetched and no filter or hook of the repository runs."""

    def __init__(self, name: str, folder: Path, environ: Mapping[str, str]) -> None:
        """`folder` is somewhere inside the working tree. Raises UsageError for what is no revision there."""
        self._folder = folder
        self._environ = {**environ, **_TRUE_AND_QUIET}
        hint = "it takes a revision that git has here (`git fetch` it first), or a JSON report"
        top = self._git("rev-parse", "--show-toplevel")
        self._refuse_embedded()
        commit = self._git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") if name[:1] != "-" else None
        if top is None or commit is None:
            where = self._no_repository() if top is None else f"and no revision of {folder}"
            raise UsageError(f"--diff {name}: this is no file, {where}", hint=hint)
        self._top = Path(os.fsdecode(top).rstrip("\n"))
        self._commit = commit.decode().strip()

    def _refuse_embedded(self) -> None:
        """Raises UsageError where the folder itself, or one above it, poses as the repository. Whoever may add files to
        a branch can add `HEAD`, `objects` and `refs`, and so a past that never was."""
        answer = self._git("rev-parse", "--absolute-git-dir")
        store = Path(os.fsdecode(answer).rstrip("\n")).resolve() if answer is not None else None
        if store is not None and self._folder.resolve().is_relative_to(store):
            hint = "delete its `HEAD`, or give a JSON report instead"
            raise UsageError("--diff: this directory poses as a git repository of its own", path=str(store), hint=hint)

    def _no_repository(self) -> str:
        """Git reads none that is somebody else's, such as one that a container only mounts."""
        if any((folder / ".git").exists() for folder in (self._folder, *self._folder.parents)):
            return "and git refuses the repository here; see `safe.directory` in its manual, if it is not your own"
        return "and this is no git repository"

    def exists(self, path: Path) -> bool:
        return self._git("cat-file", "-e", self._object(path)) is not None

    def read(self, path: Path, *, shown: str) -> bytes:
        data = self._git("cat-file", "blob", self._object(path))
        if data is None:
            raise SourceError(f"is no file in {self._commit[:12]}", path=shown)
        return data

    def _object(self, path: Path) -> str:
        return f"{self._commit}:{Path(os.path.relpath(path.resolve(), self._top.resolve())).as_posix()}"

    def _git(self, *args: str) -> bytes | None:
        """What git answers; None when it refuses."""
        try:
            done = subprocess.run(
                ["git", "-C", str(self._folder), *args],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            raise UsageError("--diff needs git, which could not be run", hint="give a JSON report instead") from None
        return done.stdout if done.returncode == 0 else None
