"""`oktsec-lint rules`: the rulebook as a list, or one rule explained."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from oktsec_lint.core.errors import OktsecError, UsageError
from oktsec_lint.core.rules import Example, Rule

from . import options
from .choices import DataFormat
from .terminal import complain

_WIDTH = 100


def rules(
    rule_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Explain this rule.", show_default=False)
    ] = None,
    custom: Annotated[
        Path | None, typer.Option("--custom-rules", metavar="DIR", help="Add the rules of this directory.")
    ] = None,
    output_format: options.ListFormat = DataFormat.TEXT,
) -> None:
    """List the rules, or explain one: what it finds, why it matters, what to do, and its examples."""
    from oktsec_lint import rulebook

    try:
        book = rulebook.documented(custom)
        chosen = _chosen(book, rule_id)
    except OktsecError as error:
        raise typer.Exit(complain(error)) from None
    if output_format is DataFormat.JSON:
        lines: Iterator[str] = iter([json.dumps([_view(rule) for rule in chosen], indent=2)])
    else:
        lines = _explained(chosen[0]) if rule_id else _listed(chosen)
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _chosen(book: Sequence[Rule], rule_id: str | None) -> Sequence[Rule]:
    if rule_id is None:
        return sorted(book, key=lambda rule: rule.id)
    for rule in book:
        if rule.id.casefold() == rule_id.casefold():
            return [rule]
    import difflib

    close = difflib.get_close_matches(rule_id.upper(), [rule.id for rule in book], n=1)
    raise UsageError(f"no rule {rule_id}", hint=f"did you mean {close[0]}?" if close else "see oktsec-lint rules")


def _listed(book: Sequence[Rule]) -> Iterator[str]:
    for rule in book:
        yield f"{rule.id:<8} {rule.severity.label:<8} {rule.confidence.label:<6} {rule.name}"


def _explained(rule: Rule) -> Iterator[str]:
    yield f"{rule.id}  {rule.name}"
    yield f"severity {rule.severity.label}, confidence {rule.confidence.label}, category {rule.category}"
    if rule.taxa:
        yield "; ".join(f"{taxonomy} {', '.join(ids)}" for taxonomy, ids in rule.taxa.items())
    for title, text in (("What it finds", rule.description), ("Why it matters", rule.why), ("What to do", rule.fix)):
        if text:
            yield from ("", title, *_wrapped(text))
    for title, flagged in (("Flagged", True), ("Passed", False)):
        shown = [example for example in rule.examples if example.flagged is flagged]
        if shown:
            yield from ("", title)
            for example in shown:
                yield from _example(example)
    if rule.references:
        yield from ("", "References", *(f"  {link}" for link in rule.references))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), _WIDTH, initial_indent="  ", subsequent_indent="  ")


def _example(example: Example) -> Iterator[str]:
    from oktsec_lint.core.display import visible

    if example.text is not None:
        yield f"  - {example.on}: {visible(example.text)}"
    if example.definition is not None:
        yield f"  - {json.dumps(example.definition)}"
    if example.config is not None:
        yield from ("  - |", *(f"      {line}" for line in example.config.rstrip().split("\n")))
    if example.servers is not None:
        yield f"    with servers {json.dumps(example.servers)}"
    if example.note:
        yield f"    ({example.note})"


def _view(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "name": rule.name,
        "severity": rule.severity.label,
        "confidence": rule.confidence.label,
        "category": rule.category,
        "tags": list(rule.tags),
        "description": rule.description,
        "why": rule.why,
        "fix": rule.fix,
        "references": list(rule.references),
        "taxa": {taxonomy: list(ids) for taxonomy, ids in rule.taxa.items()},
    }
