"""Judgements to a `Report`: places become locations, findings get their order, tools their row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from oktsec_lint import __version__
from oktsec_lint.core.config import ServerSpec
from oktsec_lint.core.findings import Finding
from oktsec_lint.core.judge import Judge, Judgement
from oktsec_lint.core.model import Kind, Location, Place, Server
from oktsec_lint.core.report import Located, Report, ServerRow, ToolRow
from oktsec_lint.core.rules import Rule
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.sources.document import Document


class Part(NamedTuple):
    """One judged input: a configuration with its servers, or a snapshot."""

    judge: Judge
    judgement: Judgement
    servers: tuple[Server, ...]

    def showing(self, findings: Iterable[Finding]) -> Part:
        """The same with other findings to show. Verdicts stay: they follow from everything."""
        inspection = self.judgement.inspection._replace(findings=tuple(findings))
        return self._replace(judgement=self.judgement._replace(inspection=inspection))


class Locator:
    """The documents that were read, by the path the user gave."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}

    def add(self, document: Document) -> None:
        self._documents[document.path] = document

    def document(self, path: str) -> Document | None:
        return self._documents.get(path)

    def locate(self, place: Place | None) -> Location | None:
        """The position of a place, or None when no document of that path was read."""
        document = self._documents.get(place.path) if place else None
        return document.locate(place.pointer, at_key=place.at_key) if document and place else None

    def texts(self) -> dict[str, str]:
        return {path: document.text for path, document in self._documents.items()}


def build_report(parts: Sequence[Part], locator: Locator, rules: Sequence[Rule]) -> Report:
    """Everything the parts have to say, as one value."""
    located = [
        Located(finding, locator.locate(finding.place))
        for part in parts
        for finding in part.judgement.inspection.findings
    ]
    located.sort(key=_reading_order)
    texts = locator.texts()
    return Report(
        tool_version=__version__,
        servers=tuple(row for part in parts for row in _server_rows(part, locator)),
        findings=tuple(item for item in located if not item.finding.ignored_by),
        ignored=tuple(item for item in located if item.finding.ignored_by),
        unfinished=tuple(item for part in parts for item in part.judgement.inspection.unfinished),
        rules=_all_rules(parts) or tuple(rules),
        sources=tuple(texts),
        agents=tuple(agent.name for part in parts for agent in part.judge.config.agents),
        locks={
            standing.lock.path: standing.lock.digest for part in parts if (standing := part.judge.standing) is not None
        },
        texts=texts,
    )


def _reading_order(item: Located) -> tuple[object, ...]:
    finding, location = item.finding, item.location
    where = (location.path, location.line, location.column) if location else ("", 0, 0)
    return (-finding.severity, *where, finding.rule, finding.subject.server, finding.subject.name, finding.pointer)


def _all_rules(parts: Iterable[Part]) -> tuple[Rule, ...]:
    return tuple({rule.id: rule for part in parts for rule in part.judge.rules.values()}.values())


def _server_rows(part: Part, locator: Locator) -> Iterator[ServerRow]:
    specs = {spec.name: spec for spec in part.judge.config.servers}
    for server in part.servers:
        kinds = [item.kind for item in server.definitions if not item.variant]
        package, version = _package(server, specs.get(server.name))
        yield ServerRow(
            name=server.name,
            status=server.status,
            reason=server.reason,
            protocol=server.protocol,
            tools=tuple(_tool_rows(part, server)),
            prompts=kinds.count(Kind.PROMPT),
            resources=kinds.count(Kind.RESOURCE),
            templates=kinds.count(Kind.TEMPLATE),
            location=locator.locate(server.place),
            package=package,
            version=version,
        )


def _package(server: Server, spec: ServerSpec | None) -> tuple[str, str]:
    """Name and version of what is run: as the lock has them, else as the launch line says."""
    if server.launch is not None:
        return server.launch.package, server.launch.version
    if spec is None or not spec.args:
        return "", ""
    from oktsec_lint.core.packages import package_of  # a snapshot has no use for it

    return package_of(spec.command, spec.args) or ("", "")


def _tool_rows(part: Part, server: Server) -> Iterator[ToolRow]:
    """One row a name: nobody can tell two tools of one name apart, and nobody can call a tool without one."""
    for name, tool in {tool.name: tool for tool in server.of_kind(Kind.TOOL) if tool.name}.items():
        callers = part.judge.callers(server.name, name)
        verdict = part.judgement.verdict(server.subject_of(tool), callers)
        yield ToolRow(
            name=name,
            verdict=verdict.level,
            agents=tuple(agent.name for agent in callers),
            reasons=tuple(dict.fromkeys(reason.rule for reason in verdict.reasons)),
        )
