"""How a configured server is started, as far as it may be written into a file that gets committed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from oktsec_lint.core.config import ServerSpec
from oktsec_lint.core.fields import Field
from oktsec_lint.core.model import LaunchIdentity
from oktsec_lint.core.packages import Package, package_of
from oktsec_lint.sources.document import Document

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
_LOADS_CODE = re.compile(
    r"PATH|PYTHON\w*|NODE_\w*|LD_\w*|DYLD_\w*|BASH_ENV|ENV|PERL5\w*|RUBY\w*|JAVA_TOOL_OPTIONS|JDK_\w*|GIT_\w*"
    r"|\w*INDEX\w*|(?i:npm_config_\w*|\w*registry\w*)|PIP_\w*|UV_\w*|DOCKER_\w*"
)
_BIGGEST = 256 << 20


def identity(spec: ServerSpec, document: Document, cwd: Path, launch: Field | None = None) -> LaunchIdentity:
    """The launch identity of one entry of `document`. Files are looked up from where the server would be started.
    `launch` says where its parts are written (`manifest.Entry.launch`); None where that is as in an `oktsec.yaml`."""
    base = cwd / spec.working_dir if "${" not in spec.working_dir else cwd

    def at(part: str, index: int = -1) -> str:
        if launch is None:
            return f"{spec.place.pointer}/{part}" + (f"/{index}" if index >= 0 else "")
        return launch[part].at.pointer if index < 0 else launch[part].items[index].at.pointer

    args = tuple(_shown(document, at("args", index), value) for index, value in enumerate(spec.args))
    package = package_of(spec.command, args) or Package("")
    return LaunchIdentity(
        spec.transport,
        _shown(document, at("command"), spec.command),
        args,
        tuple(sorted(_variable(name, value) for name, value in spec.env.items())),
        _shown(document, at("working_dir"), spec.working_dir),
        _shown(document, at("url"), spec.url),
        tuple(sorted(spec.headers, key=str.lower)),
        package.name,
        package.version or _installed(package.name, base),
        tuple(sorted(dict(_digests(spec, args, base)).items())),
    )


def _variable(name: str, value: str) -> str:
    """The name of a variable; of one that decides which code is loaded, what it is set to as well."""
    if not _LOADS_CODE.fullmatch(name):
        return name
    return f"{name}={value if '${' in value else _fingerprint(value)}"


def _shown(document: Document, pointer: str, value: str) -> str:
    """A configured text, with a fingerprint in place of each credential in it: what is not shown is compared."""
    span = document.span(pointer)
    hidden = [item for item in document.concealed if item.start < span.end and span.start < item.end]
    if not hidden or not value:
        return value
    offset = document.text[slice(*span)].find(value)
    if offset < 0:  # written with escapes, or folded: nobody can say which part is which
        return _fingerprint(value)
    start = span.start + offset
    shown, at = "", 0
    for item in hidden:
        first, last = max(item.start - start, at), min(item.end - start, len(value))
        if first < last:
            shown += value[at:first] + _fingerprint(value[first:last])
            at = last
    return shown + value[at:]


def _fingerprint(secret: str) -> str:
    """Tells two secrets apart and gives neither away: so slow to make (RFC 7914) that guessing does not pay."""
    import hashlib

    made = hashlib.scrypt(secret.encode("utf-8", "surrogatepass"), salt=b"oktsec.lock", n=1 << 14, r=8, p=1, dklen=6)
    return f"{_MASK}#{made.hex()}"


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
        of_machine = PurePath(word).is_absolute() and _INTERPRETER.fullmatch(name) is not None
        return folder != "" and not of_machine
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
