"""What a pull request changes, for whoever has to say yes or no: findings, locked texts, and who may call what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import islice

from oktsec_lint.core.findings import Excuse
from oktsec_lint.core.report import Report
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.reporters.groups import folded
from oktsec_lint.reporters.inert import shown
from oktsec_lint.reporters.overview import is_problem, tally
from oktsec_lint.reporters.wording import object_name, plural

from .finding import finding_block, finding_line
from .inline import code, fenced, prose

_MOST_FINDINGS, _MOST_LINES, _MOST_AGENTS, _MOST_NAMED = 30, 200, 100, 12
_WIDTH = 1_000
_MOST_BYTES = 100_000
"""Of a section of lines."""


class Changes(NamedTuple):
    """Two states of one configuration, judged by the same rules."""

    base: str
    """What it is compared with, as the user or the runner named it."""
    before: Report
    after: Report
    """Its findings are the new ones; what was there before is among the ignored, what is over in `gone`."""
    locked: Sequence[str] = ()
    """What differs between the locks, one line each."""
    decided: Sequence[str] = ()
    """What the configurations decide otherwise, one line each."""


def render_changes(changes: Changes) -> str:
    sections = (
        *_within(_findings(changes), 300_000),
        *_within(_set_aside(changes), 100_000),
        *_within(_decided(changes.decided), _MOST_BYTES),
        *_within(_gone(changes.after), 50_000),
        *_within(_locked(changes.locked), _MOST_BYTES),
        *_within(_coverage(changes), 100_000),
    )
    head = (
        "## What changed",
        "",
        f"Compared with {code(changes.base)}, as far as the lock tells; nothing was started.",
        "",
    )
    body = sections or (
        "No finding is new, set aside or gone, nothing locked differs, and every agent may call what it could.",
        "",
    )
    return "\n".join((*head, *body)).rstrip("\n") + "\n"


def _within(pieces: Iterable[str], room: int) -> Iterator[str]:
    """As many of the pieces as fit into so many bytes: no section, however long, leaves no room for the next, and a
    summary that is too long is shown by nobody."""
    for piece in pieces:
        room -= len(piece.encode()) + 1
        if room < 0:
            yield from ("", "**There is more of this than can be shown.**", "")
            return
        yield piece


def _findings(changes: Changes) -> Iterator[str]:
    report = changes.after
    new = sorted(filter(is_problem, report.findings), key=lambda item: -item.finding.severity)
    if new:
        rules = {rule.id: rule for rule in report.rules}
        groups = list(folded(new))
        yield from (f"### {plural(len(new), 'new problem')}: {tally(new)}", "")
        yield from _left_out(report)
        yield from (finding_block(group, rules) for group in groups[:_MOST_FINDINGS])
        if len(groups) > _MOST_FINDINGS:
            yield from (f"and {len(groups) - _MOST_FINDINGS:,} more; the report below has them.", "")


def _left_out(report: Report) -> Iterator[str]:
    """A scan follows the choices of the branch that it judges; its reviewer may want to know what it then hides."""
    if report.left_out:
        options = ", ".join(f"{count:,} by {code(option)}" for option, count in report.left_out.items())
        yield from (f"**The section `lint` of the branch keeps from the scan's report and exit code: {options}.**", "")


def _set_aside(changes: Changes) -> Iterator[str]:
    """What the change brings and excuses in one, and what counted before it."""
    known = {item.finding.fingerprint for item in changes.before.ignored}
    aside = [item for item in filter(is_problem, changes.after.ignored) if item.finding.ignored_as is not Excuse.BASE]
    fresh = sorted(
        (item for item in aside if item.finding.fingerprint not in known), key=lambda item: -item.finding.severity
    )
    if fresh:
        yield from (f"### {plural(len(fresh), 'problem')} newly set aside: {tally(fresh)}", "")
        yield from ("Found, but not counted, because of what the branch says about them:", "")
        yield from (finding_line(item.finding) for item in fresh[:_MOST_FINDINGS])
        yield from (f"- and {len(fresh) - _MOST_FINDINGS:,} more",) if len(fresh) > _MOST_FINDINGS else ()
        yield ""


def _decided(lines: Sequence[str]) -> Iterator[str]:
    if lines:
        marks = "`+` is decided now, `-` was decided before, and of `~` only the name is shown."
        yield from ("### What the configuration decides", "", marks, "", _block(lines), "")


def _gone(report: Report) -> Iterator[str]:
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
    yield from (_block(lines), "")


def _block(lines: Sequence[str]) -> str:
    room, kept = _MOST_BYTES - 2 * _WIDTH, list[str]()
    for line in (shown(line, limit=_WIDTH) for line in lines[:_MOST_LINES]):
        room -= len(line.encode()) + 1
        if room < 0:
            break
        kept.append(line)
    more = [f"and {len(lines) - len(kept):,} more"] if len(lines) > len(kept) else []
    return fenced([*kept, *more])


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
