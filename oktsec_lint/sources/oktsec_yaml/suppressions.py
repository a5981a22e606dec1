"""The `lint` section and suppressing comments as values, and what is wrong with them.

A suppression that is not wholly understood suppresses nothing: one without a reason, one for a rule that does not
exist, one with a key nobody knows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from oktsec_lint.core.config import Lint, Persona, Suppression
from oktsec_lint.core.display import quoted
from oktsec_lint.core.fields import Address, Field, address_of
from oktsec_lint.core.findings import Confidence, Hit
from oktsec_lint.core.model import Place, pointer_to
from oktsec_lint.core.nearest import Spelling
from oktsec_lint.sources.document import Document, Node
from oktsec_lint.sources.yaml_nodes import MappingNode, SequenceNode

if TYPE_CHECKING:
    from .comments import Comment

UNEXPLAINED, UNKNOWN, MALFORMED = "SUP-003", "SUP-004", "SUP-005"
_FORM = "`# oktsec: ignore[RULE] reason`, or `# oktsec: ignore[RULE] until 2027-01-31: reason`"
_FIXED = ("LCK-", "SUP-")
"""What cannot be suppressed: differences from the lock, and mistakes in suppressions."""


def lint_of(root: Field, document: Document) -> tuple[Lint, tuple[Hit, ...]]:
    """What the section and the comments say, and what is wrong with them. Rule ids are not checked here."""
    section = root["lint"]
    hits: list[Hit] = []
    suppressions = list(_entries(section["suppress"], hits))
    comments = _comments_of(document)
    lines = _lines_of(document) if comments else {}
    for comment in comments:
        suppressions += _of_comment(comment, lines, document.path, hits)
    confidence, persona = section["min_confidence"].text(), section["persona"].text()
    lint = Lint(
        section["select"].texts(),
        section["ignore"].texts(),
        Confidence[confidence.upper()] if confidence else None,
        Persona(persona) if persona else None,
        tuple(suppressions),
        lines,
    )
    return lint, tuple(hits)


def _comments_of(document: Document) -> tuple[Comment, ...]:
    if "oktsec" not in document.text.lower():
        return ()
    from .comments import comments_of  # its patterns cost more than most files are worth

    return comments_of(document)


def with_known_rules(lint: Lint, root: Field, known: Collection[str]) -> tuple[Lint, tuple[Hit, ...]]:
    """The same without suppressions of what does not exist or cannot be suppressed, and a hit for each of these."""
    spelling = Spelling(known)
    kept: list[Suppression] = []
    hits: list[Hit] = []
    for item in lint.suppress:
        problem = _problem(item.rule, known)
        if problem:
            close = spelling.nearest(item.rule) if item.rule not in known else ()
            fix = f"Did you mean `{close[0]}`?" if close else ""
            at = address_of(item.place.path, item.place.pointer)
            hits.append(at.hit(UNKNOWN, f"{_named(item)} does nothing: {problem}", fix, at_key=item.place.at_key))
        else:
            kept.append(item)
    for key in ("select", "ignore"):
        hits += _unknown_names(root["lint"][key], known, spelling)
    return lint._replace(suppress=tuple(kept)), tuple(hits)


def _problem(rule: str, known: Collection[str]) -> str:
    if rule not in known:
        return f"no loaded rule is called {quoted(rule)}"
    if rule.startswith(_FIXED[0]):
        return "differences from the lock are accepted in the lock, with `oktsec-lint lock --update`"
    return "mistakes in suppressions cannot be suppressed" if rule.startswith(_FIXED) else ""


def _unknown_names(names: Field, known: Collection[str], spelling: Spelling) -> Iterator[Hit]:
    for item in names.items:
        name = item.text()
        if not any(rule == name or rule.startswith(f"{name}-") for rule in known):
            close = spelling.nearest(name)
            fix = f"Did you mean `{close[0]}`?" if close else ""
            yield item.at.hit(UNKNOWN, f"{quoted(name)} is neither a rule nor a family of rules", fix)


def _named(item: Suppression) -> str:
    return f"the comment on line {item.written}" if item.written else "this suppression"


def _entries(entries: Field, hits: list[Hit]) -> Iterator[Suppression]:
    for field in entries.items:
        rule = field["rule"].text()
        if not rule or _is_unread(field):
            continue  # the decoder has said why
        if not _explains(field["reason"].text()):
            message = f"this suppression of {quoted(rule)} gives no reason, so it does nothing"
            hits.append(field.at.hit(UNEXPLAINED, message, "Add `reason:`."))
            continue
        server, tool, at, until = (field[name].text() for name in ("server", "tool", "at", "until"))
        yield Suppression(rule, field["reason"].text(), field["rule"].at.place(), server, tool, at, until)


def _is_unread(field: Field) -> bool:
    written = field.value if isinstance(field.value, dict) else {}
    return any(name not in field.members for name in written) or any(item.broken for item in field.members.values())


def _explains(reason: str) -> bool:
    return any(map(str.isalnum, reason))


def _of_comment(
    comment: Comment, lines: Mapping[str, tuple[int, int]], path: str, hits: list[Hit]
) -> Iterator[Suppression]:
    at, at_key = _on_line(comment.line, lines, path)
    if not comment.rules:
        message = f"the comment on line {comment.written} suppresses nothing: it is not of the form"
        hits.append(at.hit(MALFORMED, message, f"Write {_FORM}.", at_key=at_key))
    elif not _explains(comment.reason):
        names = ", ".join(map(quoted, comment.rules))
        message = f"the comment on line {comment.written} gives no reason, so {names} is not suppressed"
        hits.append(at.hit(UNEXPLAINED, message, f"Write {_FORM}.", at_key=at_key))
    else:
        for rule in comment.rules:
            yield Suppression(
                rule,
                comment.reason,
                Place(path, at.pointer, at_key),
                until=comment.until,
                line=comment.line,
                written=comment.written,
            )


def _on_line(line: int, lines: Mapping[str, tuple[int, int]], path: str) -> tuple[Address, bool]:
    """The first key or value on a line; the whole document when there is none."""
    for pointer, (key, value) in lines.items():
        if line in (key, value):
            return address_of(path, pointer), key == line
    return Address(path), False


def _lines_of(document: Document) -> dict[str, tuple[int, int]]:
    """Pointer to the lines of key and value, as `Document.locate` has them, in reading order."""
    found: dict[str, tuple[int, int]] = {}
    stack: list[tuple[str, Node, int]] = [("", document.root, 0)]
    while stack:
        pointer, node, key = stack.pop()
        value = document.lines.position(node.span.start)[0]
        is_empty = node.span.start == node.span.end
        found[pointer] = (key or value, key if key and is_empty else value)
        below: list[tuple[str, Node, int]] = []
        if isinstance(node, MappingNode):
            below = [
                (pointer + pointer_to(name), entry.value, document.lines.position(entry.key.span.start)[0])
                for name, entry in node.entries.items()
            ]
        elif isinstance(node, SequenceNode):
            below = [(f"{pointer}/{index}", item, 0) for index, item in enumerate(node.items)]
        stack.extend(reversed(below))
    return found
