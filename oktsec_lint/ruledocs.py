"""The rulebook as Markdown: a page for each rule, where SARIF results lead, and an index. It is generated:

    python -m oktsec_lint.ruledocs

Examples are attacks, so every hidden character in them is spelled out and nothing of them becomes Markdown.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path, PurePath

from oktsec_lint import grammarbook, rulebook
from oktsec_lint.core.display import visible
from oktsec_lint.core.rules import Example, Rule
from oktsec_lint.reporters.wording import taxon

INDEX = "README.md"
_GENERATED = "<!-- Generated from the rule file by `python -m oktsec_lint.ruledocs`. -->"
_LONGEST = 4000
_SOURCES = "../../rules"
_USUAL = Rule._field_defaults["applies_to"]
"""What a rule is for that does not say it; for one that is code it means nothing."""
_USUAL_FILE = Example._field_defaults["file"]
_LANGUAGES = {".yaml": "yaml", ".yml": "yaml", ".toml": "toml"}
_CWE = "https://cwe.mitre.org/data/definitions/{}.html"


def pages(rules: Iterable[Rule], says: Mapping[str, str]) -> dict[str, str]:
    """File name to Markdown: the index, and `<ID>.md` for each rule with its examples and the file it comes from.

    `says` is what the parts of the attack grammar mean.
    """
    ordered = sorted(rules, key=lambda rule: (_family(rule), rule.id))
    return {INDEX: _text(_index(ordered)), **{f"{rule.id}.md": _text(_page(rule, says)) for rule in ordered}}


def docs_dir() -> Path:
    """Where the pages are in a checkout."""
    return Path(__file__).parent.parent / "docs" / "rules"


def current() -> dict[str, str]:
    """The pages of the built-in rules as they should be now."""
    return pages(rulebook.load_dir(rulebook.rules_dir()), grammarbook.builtin().says)


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _index(rules: Sequence[Rule]) -> Iterator[str]:
    yield from ("# Rules", "", _GENERATED.replace("the rule file", "the rule files"), "")
    yield f"{len(rules)} rules. An id is never reused. `oktsec-lint rules ID` shows a page in the terminal."
    for family, members in groupby(rules, _family):
        yield from (
            "",
            f"## {family.capitalize()}",
            "",
            "| rule | severity | confidence | what it finds |",
            "|---|---|---|---|",
        )
        yield from map(_row, members)


def _row(rule: Rule) -> str:
    return f"| [{rule.id}]({rule.id}.md) | {rule.severity.label} | {rule.confidence.label} | {_prose(rule.name)} |"


def _page(rule: Rule, says: Mapping[str, str]) -> Iterator[str]:
    yield from (f"# {rule.id}: {_prose(rule.name)}", "", _GENERATED, "")
    yield from (f"- {name}: {value}" for name, value in _facts(rule, says) if value)
    for title, text in (("What it finds", rule.description), ("Why it matters", rule.why), ("What to do", rule.fix)):
        if text:
            yield from ("", f"## {title}", "", _prose(text))
    for title, flagged in (("Flagged", True), ("Passed", False)):
        shown = [example for example in rule.examples if example.flagged is flagged]
        if shown:
            yield from ("", f"## {title}", *(line for example in shown for line in _example(example)))
    if rule.references:
        yield from ("", "## References", "", *(f"- <{link}>" for link in rule.references))


def _facts(rule: Rule, says: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "severity", f"{rule.severity.label}, confidence {rule.confidence.label}"
    yield "category", ", ".join(map(_code, dict.fromkeys((rule.category, *rule.tags))))
    if rule.patterns or rule.parts or rule.applies_to != _USUAL:
        yield "looks at", ", ".join(map(_code, rule.applies_to))
    parts = (f"{_code(part)} ({says[part]})" if part in says else _code(part) for part in rule.parts)
    yield "parts of the attack grammar", ", ".join(parts)
    yield "listed as", ", ".join(_taxon(name, item) for name, items in rule.taxa.items() for item in items)
    yield "rule file", f"[{PurePath(rule.origin).name}]({_SOURCES}/{_family(rule)}/{PurePath(rule.origin).name})"


def _family(rule: Rule) -> str:
    return PurePath(rule.origin).parent.name


def _taxon(taxonomy: str, identifier: str) -> str:
    name = taxon(taxonomy, identifier)
    return f"[{name}]({_CWE.format(identifier)})" if taxonomy == "cwe" else name


def _code(text: str) -> str:
    return f"`{text}`"


def _prose(text: str) -> str:
    """A rule's own text on one line. Code spans stay; a tag outside of them would not be shown."""
    return re.sub("(`[^`]*`)|<", lambda found: found[1] or "&lt;", " ".join(text.split()))


def _example(example: Example) -> Iterator[str]:
    if example.text is not None:
        yield from _block(f"`{example.on}`", example.note, "text", [visible(example.text, _LONGEST)])
    if example.definition is not None:
        yield from _block("A tool", example.note, "json", _json(example.definition))
    if example.config is not None:
        lines = [visible(line, _LONGEST) for line in example.config.rstrip().split("\n")]
        title = "A configuration" if example.file == _USUAL_FILE else f"In {_code(example.file)}"
        language = _LANGUAGES.get(PurePath(example.file).suffix, "json")
        yield from _block(title, "" if example.servers else example.note, language, lines)
    if example.servers is not None:
        title = "Servers and their tools" if example.config is None else "with these servers and tools"
        yield from _block(title, example.note, "json", _json(example.servers))


def _block(title: str, note: str, language: str, lines: Sequence[str]) -> Iterator[str]:
    """A fenced block whose fence is longer than any in it."""
    longest = max((len(found) for line in lines for found in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from ("", f"{title}{', ' if note else ''}{_prose(note)}:", "", f"{fence}{language}", *lines, fence)


def _json(value: object) -> list[str]:
    return json.dumps(value, indent=2).split("\n")


def main() -> int:
    """Writes every page, and removes those of rules that are gone."""
    directory = docs_dir()
    directory.mkdir(parents=True, exist_ok=True)
    wanted = current()
    for file in directory.glob("*.md"):
        if file.name not in wanted:
            file.unlink()
    for name, text in wanted.items():
        (directory / name).write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{len(wanted)} pages written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
