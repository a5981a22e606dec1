"""What lies beside a configuration and belongs to it: its lock, and the user's own rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from oktsec_lint import rulebook
from oktsec_lint.core.config import Config, ServerSpec
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.lock_rules import LOCK_NAME, NO_LOCK, lock_name
from oktsec_lint.core.model import EMPTY, Kind, LaunchIdentity, Place, Server, Status, Subject
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.sources import Document, LoadedConfig

from .choices import STDIN
from .files import Disk, Files

if TYPE_CHECKING:
    from oktsec_lint.core.lock import Lock, Standing


class Beside(NamedTuple):
    """A configuration's lock, ready to be compared with. All empty where there is none."""

    standing: Standing | None = None
    document: Document | None = None
    """None for a lock that is still to be written."""
    launches: Mapping[str, LaunchIdentity] = EMPTY
    """How each configured server is started, as a lock says it."""
    name: str = LOCK_NAME
    """What the lock is called, or would be."""
    writing: str = "oktsec-lint lock"
    """The command that writes it."""

    def offer(self, spec: ServerSpec) -> Server:
        """A configured server as it was locked, for a run that starts nothing."""
        locked = self.standing.lock.server(spec.name) if self.standing is not None else None
        why = "it is not in" if self.document is not None else "there is no"
        reason = f"--offline starts nothing and {why} {self.name}: write it with `{self.writing}`"
        server = Server(spec.name, Status.NOT_SCANNED, reason, place=spec.place, launch=self.launches.get(spec.name))
        if locked is None:
            return server
        from oktsec_lint.core.lock import server_of

        return server_of(locked, server)


def lock_path(config: Config, cwd: Path) -> Path:
    """Where the lock of a configuration is, or would be."""
    return (cwd / config.path).parent / lock_name(config)


def lock_beside(
    opened: LoadedConfig, cwd: Path, *, wanted: bool = False, launches: bool = True, files: Files | None = None
) -> Beside:
    """The lock of a configuration. `wanted` takes an empty one where there is none, from which everything differs.
    `launches` is False for who starts one server: the programs and credentials of all of them take time to digest.

    Raises SourceError for a file that is no lock.
    """
    config = opened.config
    path = lock_path(config, cwd)
    files = files or Disk()
    there = config.path != STDIN and files.exists(path)
    writing = f"oktsec-lint lock {config.path}" if config.format else Beside().writing
    if not there and not wanted:
        return Beside(name=path.name, writing=writing)
    from oktsec_lint import lockfile
    from oktsec_lint.core.lock import Lock

    shown = shown_path(path, cwd)
    lock, document = lockfile.read(shown, files.read(path, shown=shown)) if there else (Lock(path=shown), None)
    specs = config.servers if launches else ()
    entries = opened.manifest.entries if opened.manifest is not None and config.format else ()
    written = {entry.spec.place: entry.launch for entry in entries}
    identities = {spec.name: lockfile.identity(spec, opened.document, cwd, written.get(spec.place)) for spec in specs}
    return Beside(_standing(lock, config, cwd), document, identities, path.name, writing)


def _standing(lock: Lock, config: Config, cwd: Path) -> Standing:
    from oktsec_lint.core.lock import Standing, policy_digest

    rules = rulebook.assemble(custom_rules(config, cwd))
    return Standing(lock, rulebook.digest(rules), policy_digest(config), today())


def today() -> str:
    """The day in UTC, as acceptances are dated."""
    from datetime import UTC, datetime

    return datetime.now(UTC).date().isoformat()


def day_for(config: Config) -> str:
    """The day that a configuration depends on; empty when it does not, which spares a start-up the clock."""
    return today() if any(item.until for item in config.lint.suppress) else ""


def no_lock(config: Config) -> Hit:
    """What `--locked` says where there is no lock."""
    message = f"there is no {lock_name(config)} beside this configuration, so nothing says what was reviewed"
    return Hit(NO_LOCK, message, Subject("", Kind.CONFIG, ""), place=Place(config.path, ""))


def custom_rules(config: Config, cwd: Path) -> Path | None:
    """`custom_rules_dir`, relative to the configuration that names it."""
    if not config.custom_rules_dir:
        return None
    return (cwd / config.path).parent / Path(config.custom_rules_dir).expanduser()


def shown_path(path: Path, cwd: Path) -> str:
    """A path as a report prints it: relative to the working directory where that is shorter, with forward slashes."""
    return path.relative_to(cwd).as_posix() if path.is_relative_to(cwd) else path.as_posix()
