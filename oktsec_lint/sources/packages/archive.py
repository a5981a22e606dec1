"""A bundle's archive (`.mcpb`, `.dxt`): its manifest, and what its entries would do to whoever unpacks it.

Nothing is unpacked: the directory is read, and of the entries only the manifest, up to a limit, whatever the archive
says about its size. Stored and deflated entries are read, as the bundle's own tools do; what is appended behind the
archive (a signature) is not looked at.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence

from oktsec_lint.core.display import listed
from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.fields import Address
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.sources.document import decode
from oktsec_lint.sources.json_reader import read_json
from oktsec_lint.sources.package_shapes import is_bundle
from oktsec_lint.sources.registry import by_name
from oktsec_lint.sources.results import Snapshot

from . import read_package

ENTRY = "PKG-006"
MANIFEST = "manifest.json"
_FORMAT = "mcpb"
MAX_MANIFEST = 16 << 20
"""Bytes of a manifest, unpacked."""
MAX_ENTRIES = 65_535
"""What an archive without extensions can hold; each costs memory before anything can be said about it."""

_CENTRAL = b"PK\x01\x02"
_READABLE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_LINK, _KIND = 0o120000, 0o170000
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError, OverflowError)
"""What the library raises for archives that are none, or broken ones."""
_DEEPEST = 64
"""Directories of an entry that are compared with the archive's links."""


def open_archive(path: str, data: bytes) -> Snapshot:
    """The bundle in an archive. Raises SourceError where its manifest cannot be read."""
    unpacked = read_archive(path, data)
    document = read_json(unpacked.path, unpacked.text)
    value = document.value()
    if not (isinstance(value, dict) and is_bundle(value)):
        hint = "a bundle's manifest has `manifest_version` and `server`"
        raise SourceError("this is no manifest of a bundle", path=unpacked.path, line=1, hint=hint)
    opened = read_package(document, by_name(_FORMAT))
    return opened._replace(hits=(*unpacked.hits, *opened.hits))


class Unpacked(NamedTuple):
    """What was read of an archive."""

    path: str
    """Of the manifest inside it, as it is shown."""
    text: str
    hits: tuple[Hit, ...]


def read_archive(path: str, data: bytes) -> Unpacked:
    """The manifest in an archive. Raises SourceError where there is none to be read."""
    with _opened(path, data) as archive:
        entries = archive.infolist()
        manifests = [entry for entry in entries if entry.orig_filename == MANIFEST]
        if not manifests:
            hint = f"an .mcpb bundle has its {MANIFEST} at the top"
            raise SourceError(f"this archive has no {MANIFEST}", path=path, hint=hint)
        shown = path if path == "-" else f"{path}/{MANIFEST}"
        text = decode(shown, _read(path, archive, manifests[-1]))
    return Unpacked(shown, text, tuple(_problems(Address(shown), entries)))


def _opened(path: str, data: bytes) -> zipfile.ZipFile:
    if data.count(_CENTRAL) > MAX_ENTRIES:
        raise SourceError(f"an archive of more than {MAX_ENTRIES:,} entries", path=path)
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN:
        raise SourceError("this archive is damaged, so its manifest cannot be read", path=path) from None


def _read(path: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The bytes of an entry. It is read in pieces, so a bomb costs no more than the limit."""
    if entry.flag_bits & 1:
        raise SourceError(f"{MANIFEST} is encrypted in this archive", path=path)
    if entry.compress_type not in _READABLE:
        raise SourceError(f"{MANIFEST} is compressed in a way that no client unpacks", path=path)
    try:
        with archive.open(entry) as file:
            data = file.read(MAX_MANIFEST + 1)
    except _BROKEN:
        raise SourceError(f"{MANIFEST} is damaged in this archive", path=path) from None
    if len(data) > MAX_MANIFEST:
        raise SourceError(f"{MANIFEST} is larger than {MAX_MANIFEST:,} bytes", path=path)
    return data


def _problems(at: Address, entries: Sequence[zipfile.ZipInfo]) -> Iterator[Hit]:
    names = [entry.orig_filename for entry in entries]
    outside = [name for name in names if _leads_outside(name)]
    if outside:
        yield at.hit(ENTRY, f"the archive would be unpacked outside of its own directory: {listed(outside)}")
    links = {entry.orig_filename.rstrip("/") for entry in entries if entry.external_attr >> 16 & _KIND == _LINK}
    through = [name for name in names if links and not links.isdisjoint(_parents(name))]
    if through:
        yield at.hit(ENTRY, f"entries are written through a symbolic link of the archive: {listed(through)}")
    twice = [name for name, number in Counter(names).items() if number > 1]
    if twice:
        message = f"the archive has several entries of one name, and what is unpacked differs: {listed(twice)}"
        yield at.hit(ENTRY, message)


def _leads_outside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return parts[0].endswith(":") or (len(parts) > 1 and not parts[0]) or ".." in parts


def _parents(name: str) -> Iterator[str]:
    parts = name.split("/", _DEEPEST)
    return ("/".join(parts[:count]) for count in range(1, len(parts)))
