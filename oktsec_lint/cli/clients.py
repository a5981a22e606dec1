"""The clients' files on this machine, read: every server in them as it stands, wrapped or not."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from oktsec_lint.core.clients import CLIENTS, Client, System, places
from oktsec_lint.core.config import ServerSpec, Transport
from oktsec_lint.core.errors import SourceError, UsageError
from oktsec_lint.core.manifest import Entry, Manifest
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.wrapping import Wrapped, wrapped_in
from oktsec_lint.sources.discovery import read_bytes
from oktsec_lint.sources.document import Document, decode
from oktsec_lint.sources.manifests import document_of
from oktsec_lint.sources.registry import by_name, read_manifest


class Listed(NamedTuple):
    """One server of one file."""

    entry: Entry
    wrapped: Wrapped | None
    """None for one that is not behind the gate."""

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def is_local(self) -> bool:
        return self.entry.spec.transport is Transport.STDIO

    @property
    def words(self) -> tuple[str, ...]:
        """The launch line as it is written, the gate before it included."""
        launch = self.entry.launch
        return launch["command"].text(), *launch["args"].texts()

    def plain(self) -> ServerSpec:
        """How the server itself is started, with every reference as `${VAR}`."""
        spec = self.entry.spec
        if self.wrapped is None:
            return spec
        command, *args = (spec.command, *spec.args)[self.wrapped.inner :]
        return spec._replace(command=command, args=tuple(args))


class ClientFile(NamedTuple):
    """One file in which a client keeps servers."""

    client: Client
    path: Path
    """As it was found: it may be a link."""
    of_project: bool
    data: bytes = b""
    document: Document | None = None
    """None for a file that cannot be read, see `problem`."""
    manifest: Manifest | None = None
    problem: SourceError | None = None

    def listed(self) -> Iterator[Listed]:
        """Its servers, in reading order."""
        for entry in self.manifest.entries if self.manifest is not None else ():
            words = (entry.launch["command"].text(), *entry.launch["args"].texts())
            yield Listed(entry, wrapped_in(words))


def client_files(environ: Mapping[str, str], cwd: Path, names: Collection[str] = ()) -> tuple[ClientFile, ...]:
    """Every file there is, of the clients of these names, or of all. Raises UsageError for a name nobody has."""
    _refuse_unknown(names)
    found: dict[Path, ClientFile] = {}
    for place in places(_system(), environ, cwd.as_posix()):
        for path in _matching(Path(place.path)) if not names or place.client.name in names else ():
            if path not in found:  # a project may be the home itself
                found[path] = _read(place.client, path, of_project=place.of_project)
    return tuple(found.values())


def shown(path: Path, environ: Mapping[str, str]) -> str:
    """A path as people write it: `~` for their home."""
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or "~").expanduser()
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) and path != home else path.as_posix()


def _system() -> System:
    return {"win32": System.WINDOWS, "darwin": System.MACOS}.get(sys.platform, System.LINUX)


def _matching(path: Path) -> Sequence[Path]:
    if "*" in path.name:
        return sorted(path.parent.glob(path.name))
    return [path] if path.exists() or path.is_symlink() else []


def _read(client: Client, path: Path, *, of_project: bool) -> ClientFile:
    file = ClientFile(client, path, of_project)
    name = str(path)
    try:
        data = read_bytes(path, shown=name)
        known = by_name(client.format)
        document = document_of(name, decode(name, data), known)
        return file._replace(data=data, document=document, manifest=read_manifest(known, document))
    except SourceError as error:
        return file._replace(problem=error)


def _refuse_unknown(names: Collection[str]) -> None:
    known = [client.name for client in CLIENTS]
    for name in names:
        if name not in known:
            import difflib

            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"one of {', '.join(known)}"
            raise UsageError(f"no client named {name}", hint=hint)
