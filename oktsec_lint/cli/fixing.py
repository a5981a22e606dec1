"""`scan --fix`: corrections that need no judgement, written into the configurations they are about.

Only what is reported is corrected. No correction lets an agent call a tool that something was found in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from oktsec_lint import lockfile
from oktsec_lint.core.access import ToolIndex
from oktsec_lint.core.display import visible
from oktsec_lint.core.errors import SourceError, UsageError
from oktsec_lint.core.findings import Edit, Finding
from oktsec_lint.core.model import Kind, Place, Subject, tokens_of
from oktsec_lint.core.packages import package_of
from oktsec_lint.core.policy import Level
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.reporters.wording import plural
from oktsec_lint.sources.document import Document, decode
from oktsec_lint.sources.editing import Edited, edited

from .audit import Examined, Request, examine
from .choices import STDIN
from .differences import print_difference
from .files import Files
from .reporting import Part
from .terminal import tell

_VERSION_OPEN = "CFG-023"
_ROUNDS = 5
_BOM = b"\xef\xbb\xbf"


class Correction(NamedTuple):
    """One configuration, before and after."""

    path: str
    before: Document
    after: Document
    number: int
    """How many places were corrected."""


class Fixed(NamedTuple):
    """What was corrected, and what is found then. Nothing is written yet."""

    corrections: tuple[Correction, ...]
    examined: Examined


class _Drafts:
    """Files of which some are corrected already, though not on disk."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._texts: dict[Path, str] = {}

    def exists(self, path: Path) -> bool:
        return self._files.exists(path)

    def read(self, path: Path, *, shown: str) -> bytes:
        text = self._texts.get(path)
        return self._files.read(path, shown=shown) if text is None else text.encode()

    def take(self, path: Path, text: str) -> None:
        self._texts[path] = text


def corrected(examined: Examined, request: Request, shown: Callable[[Examined], Sequence[Part]]) -> Fixed:
    """Everything that can be corrected of what is `shown`. One correction may show the next: a list under a misspelt
    key is only looked at when the key is right. Says on stderr what was left, and why."""
    drafts = _Drafts(request.files)
    again = _without_listing(examined, request)._replace(files=drafts)
    originals: dict[str, Document] = {}
    numbers: dict[str, int] = {}
    for _ in range(_ROUNDS):
        complaints: list[str] = []
        changed = False
        for part in shown(examined):
            document = examined.locator.document(part.judge.config.path)
            result = _round(part, document, request, complaints) if document is not None else None
            if document is not None and result is not None and result.done:
                changed = True
                originals.setdefault(document.path, document)
                numbers[document.path] = numbers.get(document.path, 0) + len(result.done)
                drafts.take(request.cwd / document.path, result.document.text)
        if not changed:
            break
        examined = examine(again)
    for complaint in dict.fromkeys(complaints):
        tell(complaint)
    return Fixed(tuple(_correction(before, numbers[path], examined) for path, before in originals.items()), examined)


def _correction(before: Document, number: int, examined: Examined) -> Correction:
    return Correction(before.path, before, examined.locator.document(before.path) or before, number)


def _round(part: Part, document: Document, request: Request, complaints: list[str]) -> Edited | None:
    edits = list(_edits(part, document, request, complaints))
    if edits and document.path == STDIN:
        raise UsageError("--fix corrects files, and this configuration came from standard input")
    result = edited(document, edits)
    for edit in result.left:
        where = document.locate(edit.place.pointer, at_key=edit.place.at_key)
        problem = f"not corrected ({_worded(edit)}): the rest would not stay as it is"
        complaints.append(f"{visible(document.path)}:{where.line}: {problem}")
    return result


def _worded(edit: Edit) -> str:
    old = visible(edit.old, 60)
    return f"away with {old}" if edit.new is None else f"{old} to {visible(edit.new, 60)}"


def write(corrections: Iterable[Correction], request: Request) -> None:
    """Raises SourceError when a file is not what was judged, or cannot be written."""
    for item in corrections:
        path = request.cwd / item.path
        before = request.files.read(path, shown=item.path)
        if decode(item.path, before) != item.before.text:
            hint = "run the command again"
            raise SourceError("somebody else changed it while this run looked at it", path=item.path, hint=hint)
        mark = _BOM if before.startswith(_BOM) else b""
        lockfile.exchange(path, before, mark + item.after.text.encode(), item.path)
        tell(f"{visible(item.path)}: {plural(item.number, 'correction')} written")


def show(changes: Iterable[Correction]) -> None:
    """The changes on stdout."""
    for item in changes:
        print_difference(item.before, item.after, item.path)


def _without_listing(examined: Examined, request: Request) -> Request:
    """The same request, with what the servers were heard to offer."""
    heard = {part.judge.config.path: {server.name: server for server in part.servers} for part in examined.parts}
    return request._replace(listed=heard)


def _edits(part: Part, document: Document, request: Request, complaints: list[str]) -> Iterator[Edit]:
    index = ToolIndex(part.judgement.inventory)
    for finding in part.judgement.inspection.findings:
        edit = finding.edit or _pinning(finding, part, document, request)
        if edit is None or finding.ignored_by:
            continue
        if edit.grants and edit.new is not None and not _is_harmless(edit.new, part, index):
            problem = f"not corrected ({_worded(edit)}): something was found in that tool"
            complaints.append(f"{visible(document.path)}: {problem}")
        else:
            yield edit


def _is_harmless(name: str, part: Part, index: ToolIndex) -> bool:
    subjects = (Subject(item.server, Kind.TOOL, item.tool) for item in index.meant_by(name))
    return all(part.judgement.verdict(subject).level is Level.CLEAN for subject in subjects)


def _pinning(finding: Finding, part: Part, document: Document, request: Request) -> Edit | None:
    """The version that was locked, or is installed here, for a package that names none."""
    if finding.rule != _VERSION_OPEN or finding.place is None:
        return None
    tokens = tokens_of(finding.place.pointer)
    spec = next((item for item in part.judge.config.servers if tokens[1:2] == [item.name]), None)
    argument = "".join(tokens[3:]) if tokens[2:3] == ["args"] else ""
    package = package_of(spec.command, spec.args) if spec is not None else None
    if spec is None or package is None or not argument:
        return None
    standing = part.judge.standing
    locked = standing.lock.server(spec.name) if standing is not None else None
    version = locked.launch.version if locked is not None and locked.launch.package == package.name else ""
    version = version or lockfile.identity(spec, document, request.cwd).version
    ecosystem, _, name = package.name.partition(":")
    old = spec.args[int(argument)]
    if ecosystem != "npm" or not version or (old != name and not old.startswith(f"{name}@")):
        return None
    return Edit(Place(finding.place.path, finding.place.pointer), old, f"{name}@{version}")
