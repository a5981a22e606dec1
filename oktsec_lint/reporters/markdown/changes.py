"""What a pull request changes, for whoever has to say yes or no: findings, locked texts, and who may call what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import islice

from oktsec_lint.core.report import Report
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.reporters.groups import folded
from oktsec_lint.reporters.inert import shown
from oktsec_lint.reporters.overview import is_problem, tally
from oktsec_lint.reporters.wording import object_name, plural

from .finding import finding_block
from .inline import code, fenced, prose

_MOST_FINDINGS, _MOST_LINES, _MOST_AGENTS, _MOST_NAMED = 30, 200, 100, 12
_WIDTH = 1_000


class Changes(NamedTuple):
    """Two states of one configuration, judged by the same rules."""

    base: str
    """What it is compared with, as the user or the runner named it."""
    before: Report
    after: Report
    """Its findings are the new ones; what was there before is among the ignored, what is over in `gone`."""
    locked: Sequence[str] = ()
    """What differs between the locks, one line each."""


def render_changes(changes: Changes) -> str:
    sections = (*_findings(changes), *_locked(changes.locked), *_coverage(changes))
    head = (
        "## What changed",
        "",
        f"Compared with {code(changes.base)}, as far as the lock tells; nothing was started.",
        "",
    )
    body = sections or (
        "No finding is new or gone, nothing locked differs, and every agent may call what it could.",
        "",
    )
    return "\n".join((*head, *body)).rstrip("\n") + "\n"


def _findings(changes: Changes) -> Iterator[str]:
    report = changes.after
    new = sorted(filter(is_problem, report.findings), key=lambda item: -item.finding.severity)
    if new:
        rules = {rule.id: rule for rule in report.rules}
        groups = list(folded(new))
        yield from (f"### {plural(len(new), 'new problem')}: {tally(new)}", "")
        yield from (finding_block(group, rules) for group in groups[:_MOST_FINDINGS])
        if len(groups) > _MOST_FINDINGS:
            yield from (f"and {len(groups) - _MOST_FINDINGS:,} more; the report below has them.", "")
    if report.gone:
        yield from (f"### {len(report.gone):,} no longer found", "")
        for entry in report.gone[:_MOST_FINDINGS]:
            name = object_name(entry.subject)
            yield f"- {code(entry.rule)}{f' {code(name)}:' if name else ''} {prose(entry.message)}"
        if len(report.gone) > _MOST_FINDINGS:
            yield f"- and {len(report.gone) - _MOST_FINDINGS:,} more"
        yield ""


def _locked(lines: Sequence[str]) -> Iterator[str]:
    if not lines:
        return
    yield from ("### What is locked", "", "Words in `[-` `-]` are gone, words in `{+` `+}` are new.", "")
    more = [f"and {len(lines) - _MOST_LINES:,} more"] if len(lines) > _MOST_LINES else []
    yield fenced([*(shown(line, limit=_WIDTH) for line in lines[:_MOST_LINES]), *more])
    yield ""


def _coverage(changes: Changes) -> Iterator[str]:
    """A row for each agent that may call something else than before."""
    rows = list(islice(_agents(changes), _MOST_AGENTS + 1))
    if rows:
        yield from ("### Who may call what", "", "| agent | may now call | may no longer call |", "| --- | --- | --- |")
        yield from rows[:_MOST_AGENTS]
        yield from ("| and more | | |",) if len(rows) > _MOST_AGENTS else ()
        yield ""


def _agents(changes: Changes) -> Iterator[str]:
    for agent in dict.fromkeys((*changes.before.agents, *changes.after.agents)):
        before, after = (_callable(agent, report) for report in (changes.before, changes.after))
        if before != after:
            yield f"| {code(agent)} | {_named(after - before)} | {_named(before - after)} |"


def _callable(agent: str, report: Report) -> Set[str]:
    return {f"{row.name}/{tool.name}" for row in report.servers for tool in row.tools if agent in tool.agents}


def _named(tools: Iterable[str]) -> str:
    names = sorted(tools)
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(map(code, names[:_MOST_NAMED]))}{more}" or "-"
