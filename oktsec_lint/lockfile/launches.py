"""How a configured server is started, as far as it may be written into a file that gets committed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from oktsec_lint.core.config import ServerSpec
from oktsec_lint.core.model import LaunchIdentity
from oktsec_lint.core.packages import Package, package_of
from oktsec_lint.sources.document import Document, Span

_MASK = "***"
_PROGRAMS = frozenset(
    ".py .pyz .js .mjs .cjs .ts .mts .rb .php .pl .sh .bash .ps1 .jar .exe .wasm .lua .r .jl .dll .bin".split()
)
"""Endings of arguments that are programs; other files are data, and change."""
_INTERPRETER = re.compile(
    r"(?:python|pypy|node|nodejs|deno|bun|ruby|perl|php|java|dotnet|bash|sh|zsh|env|npx|npm|uv|uvx|docker|podman)[\d.]*"
    r"(?:\.exe|\.cmd)?",
    re.IGNORECASE,
)
"""Commands that are the machine's, not the server's: their files differ from one machine to the next."""
_BIGGEST = 256 << 20


def identity(spec: ServerSpec, document: Document, cwd: Path) -> LaunchIdentity:
    """The launch identity of one entry of `document`. Files are looked up from where the server would be started."""
    at = spec.place.pointer
    base = cwd / spec.working_dir if "${" not in spec.working_dir else cwd
    args = tuple(_shown(document, f"{at}/args/{index}", value) for index, value in enumerate(spec.args))
    package = package_of(spec.command, args) or Package("")
    return LaunchIdentity(
        spec.transport,
        _shown(document, f"{at}/command", spec.command),
        args,
        tuple(sorted(spec.env)),
        _shown(document, f"{at}/working_dir", spec.working_dir),
        _shown(document, f"{at}/url", spec.url),
        tuple(sorted(spec.headers, key=str.lower)),
        package.name,
        package.version or _installed(package.name, base),
        tuple(sorted(dict(_digests(spec, args, base)).items())),
    )


def _shown(document: Document, pointer: str, value: str) -> str:
    """A configured text without the credentials in it."""
    span = document.span(pointer)
    for hidden in document.concealed:
        if value and hidden.start < span.end and span.start < hidden.end:
            secret = document.text[slice(*_overlap(span, hidden))].strip("\"'")
            value = value.replace(secret, _MASK) if secret and secret in value else _MASK
    return value


def _overlap(one: Span, other: Span) -> Span:
    return Span(max(one.start, other.start), min(one.end, other.end))


def _installed(package: str, base: Path) -> str:
    """The version of an npm package in the nearest `node_modules`, which `npx` prefers to the registry."""
    ecosystem, _, name = package.partition(":")
    if ecosystem != "npm" or ".." in PurePath(name).parts:
        return ""
    for folder in (base, *base.parents):
        manifest = folder / "node_modules" / name / "package.json"
        if manifest.is_file():
            return _version_in(manifest)
    return ""


def _version_in(manifest: Path) -> str:
    try:
        content = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return ""
    version = content.get("version") if isinstance(content, dict) else None
    return version if isinstance(version, str) else ""


def _digests(spec: ServerSpec, shown: Sequence[str], base: Path) -> Iterator[tuple[str, str]]:
    """The programs that a launch line names by their path, as it may be shown: its first word, or an argument that
    ends like one."""
    for index, (word, name) in enumerate(zip((spec.command, *spec.args), (spec.command, *shown), strict=True)):
        if _is_program(word, first=index == 0) and "${" not in word and "://" not in word:
            digest = _digest(base / word)
            if digest:
                yield name, digest


def _is_program(word: str, *, first: bool) -> bool:
    if first:
        folder, _, name = word.replace("\\", "/").rpartition("/")
        return folder != "" and _INTERPRETER.fullmatch(name) is None
    return PurePath(word).suffix.lower() in _PROGRAMS


def _digest(path: Path) -> str:
    import hashlib

    try:
        if not path.is_file() or path.stat().st_size > _BIGGEST:
            return ""
        with path.open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    except (OSError, ValueError):
        return ""
