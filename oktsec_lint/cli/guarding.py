"""`wrap` and `unwrap` as a person meets them: which clients, what is shown, what is said, which exit code."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from oktsec_lint.core.display import visible
from oktsec_lint.core.errors import NothingError, OktsecError, UsageError
from oktsec_lint.core.report import Exit
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.sources.manifests import manifest_config
from oktsec_lint.sources.registry import by_name, read_manifest

from .audit import config_path, open_config, request_of
from .beside import lock_beside
from .clients import ClientFile, client_files, shown
from .differences import print_difference
from .originals import backup_of
from .terminal import complain, tell
from .wrapping import Change, Done, Row, Settings, changes, write, write_back


class Asked(NamedTuple):
    """The command line of `wrap` or `unwrap`."""

    clients: tuple[str, ...] = ()
    every: bool = False
    dry_run: bool = False
    enforce: bool = False
    agent: str = ""
    gateway: bool = False
    config: str | None = None


def run_wrap(asked: Asked) -> Exit:
    """The command to its exit code. Tells the user's mistakes on stderr."""
    try:
        files = _files(asked)
        return wrap_files(files, settings_of(asked), dry_run=asked.dry_run)
    except OktsecError as error:
        return complain(error)


def run_unwrap(asked: Asked) -> Exit:
    """The command to its exit code. Tells the user's mistakes on stderr."""
    try:
        files = _files(asked)
    except OktsecError as error:
        return complain(error)
    code = _told_problems(files)
    for change in changes(files, None):
        code = _worse(code, _unwrapped(change, dry_run=asked.dry_run))
    return code


def wrap_files(files: Sequence[ClientFile], settings: Settings, *, dry_run: bool = False) -> Exit:
    """Wraps what these files hold; the worst that happened is the exit code."""
    code = _told_problems(files)
    for change in changes(files, settings):
        code = _worse(code, _wrapped(change, dry_run=dry_run))
    return code


def settings_of(asked: Asked) -> Settings:
    """Raises OktsecError for a configuration that is not there or cannot be read, and for a program that will go."""
    request = request_of((), asked.config, (), offline=True, timeout=1.0, jobs=1)
    path = config_path(request)
    if path is None:
        hint = "`oktsec-lint setup` writes one, or name it with --config"
        raise NothingError("no configuration found to guard servers by", hint=hint)
    opened = open_config(request)
    config = opened.config
    if asked.agent and config.agents and config.agent(asked.agent) is None:
        names = ", ".join(agent.name for agent in config.agents)
        raise UsageError(f"no agent named {asked.agent}", hint=f"configured: {names}")
    standing = lock_beside(opened, Path.cwd(), launches=False).standing
    where = str(path.absolute())
    return Settings(launcher(), where, config, standing, asked.enforce, asked.agent, asked.gateway)


def launcher() -> tuple[str, ...]:
    """How a client can start this very program, see `program`. Raises UsageError for one that was installed for this
    one run only."""
    if _PASSING.intersection(Path(sys.prefix).parts):
        hint = "install it to stay, for example with `uv tool install oktsec-lint` or `pipx install oktsec-lint`"
        raise UsageError("this oktsec-lint lives in a cache, and clients could not start it tomorrow", hint=hint)
    return program()


def program() -> tuple[str, ...]:
    """What runs now: absolute, because desktop applications have no PATH of the user's."""
    found = shutil.which(sys.argv[0]) or sys.argv[0]
    command = Path(found).absolute()
    is_ours = re.fullmatch(r"oktsec-lint(?:\.exe)?", command.name, re.IGNORECASE) and command.is_file()
    return (str(command),) if is_ours else (sys.executable, "-m", "oktsec_lint")


_PASSING = frozenset({".cache", "Caches", "archive-v0", "environments-v2"})
"""Directories of programs that `uvx` and `pipx run` start once."""


def _files(asked: Asked) -> tuple[ClientFile, ...]:
    files = client_files(os.environ, Path.cwd(), asked.clients)
    if asked.clients or asked.every:
        if asked.clients and asked.every:
            raise UsageError("--all goes without names of clients")
        if not files:
            raise NothingError("no file of such a client found", hint="`oktsec-lint discover` shows what there is")
        return files
    names = ", ".join(dict.fromkeys(file.client.name for file in files))
    raise UsageError("name clients, or pass --all", hint=f"found: {names or 'none'}")


def _told_problems(files: Iterable[ClientFile]) -> Exit:
    problems = [file.problem for file in files if file.problem is not None]
    for problem in problems:
        complain(problem)
    return Exit.ERROR if problems else Exit.CLEAN


def _wrapped(change: Change, *, dry_run: bool) -> Exit:
    try:
        if change.problem is not None:
            raise change.problem
        if dry_run:
            _show(change)
        made = write(change) if change.changes and not dry_run else None
    except OktsecError as error:
        return complain(error)
    _say(change, dry_run=dry_run)
    if made is not None:
        tell(f"{shown(change.file.path, os.environ)} as it was: {made.name} beside it")
    if change.changes and change.file.of_project:
        tell(f"{shown(change.file.path, os.environ)} belongs to the project, and names paths of this machine now")
    left = any(row.done is Done.LEFT and row.listed.is_local for row in change.rows)
    return Exit.INCOMPLETE if left else Exit.CLEAN


def _unwrapped(change: Change, *, dry_run: bool) -> Exit:
    try:
        if change.problem is not None:
            raise change.problem
        if dry_run:
            _show(change)
        is_kept = not dry_run and write_back(change)
    except OktsecError as error:
        return complain(error)
    _say(change, dry_run=dry_run)
    if is_kept:
        backup = shown(backup_of(change.file.path), os.environ)
        tell(f"it is not what it was before, so the copy from then is still there: {backup}")
    return Exit.INCOMPLETE if any(row.why for row in change.rows) else Exit.CLEAN


def _worse(one: Exit, other: Exit) -> Exit:
    return Exit.ERROR if Exit.ERROR in (one, other) else max(one, other)


def _show(change: Change) -> None:
    known = by_name(change.file.client.format)
    before, after = (manifest_config(item, read_manifest(known, item)) for item in (change.before, change.after))
    print_difference(before.document, after.document, str(change.file.path).lstrip("/"))


def _say(change: Change, *, dry_run: bool) -> None:
    """On stdout, unless that has the diff."""
    out = sys.stderr if dry_run else sys.stdout
    out.write(f"{change.file.client.title}  {visible(shown(change.file.path, os.environ))}\n")
    width = max((len(visible(row.listed.name, 40)) for row in change.rows), default=0)
    for row in change.rows:
        out.write(f"  {visible(row.listed.name, 40).ljust(width)}  {_worded(row)}\n")


def _worded(row: Row) -> str:
    if row.done is Done.LEFT:
        return f"left as it is: {visible(row.why, 300)}" if row.why else "it was not wrapped"
    if row.wrapping is None:
        return f"{row.done} {visible(row.why, 300)}".rstrip()
    agent = f" for agent {visible(row.wrapping.agent, 80)}" if row.wrapping.agent else ""
    done = "already wrapped" if row.done is Done.ALREADY else row.done
    return f"{done}{agent}, {'enforcing' if row.wrapping.enforce else 'observing'}"
