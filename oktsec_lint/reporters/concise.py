"""One finding, one line, as editors and `grep` read it: `path:line:column: severity RULE object: message`.

Nothing is folded, wrapped or coloured here, and what is not a finding (an unreachable server has its own) is left out.
"""

from __future__ import annotations

from oktsec_lint.core.report import Exit, Located, Report

from .base import Style
from .inert import shown
from .wording import object_name, position

_MESSAGE = 1000


def render(report: Report, style: Style, _code: Exit | None) -> str:
    return "".join(f"{_line(item, style)}\n" for item in report.findings)


def _line(item: Located, style: Style) -> str:
    finding = item.finding
    where = shown(position(item.location), unicode=style.unicode) if item.location else "(no file)"
    name = shown(object_name(finding.subject), unicode=style.unicode, limit=200)
    message = shown(finding.message, unicode=style.unicode, limit=_MESSAGE)
    rule = shown(finding.rule, unicode=style.unicode)
    return f"{where}: {finding.severity.label} {rule} {f'{name}: ' if name else ''}{message}"
