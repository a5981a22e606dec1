"""False alarms on what tools return: honest files, each judged as a result that holds its first 10,000 characters.

    python bench/documents.py DIRECTORY...

Give it directories of installed packages: their read-me files, licences, sources and manifests are what a file server
is asked for. At most `PER_KIND` files a suffix and `PER_PACKAGE` a directory below the one given count, in an order
that their paths decide. Prints the share that is flagged and the share that a gate would withhold, and the rules that
did so; for the grammar the scores that 5 % and 1 % of the files exceed: `messages` in `grammar/weights.json`.
"""

from __future__ import annotations

import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from oktsec_lint import grammarbook, rulebook
from oktsec_lint.core.config import Config
from oktsec_lint.core.grammar import Grammar
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.model import Kind, Subject
from oktsec_lint.core.policy import Level
from oktsec_lint.core.surfaces import Surface

SUFFIXES = ("md", "rst", "txt", "py", "js", "ts", "json", "html")
PER_KIND, PER_PACKAGE, LEAST, MOST = 300, 6, 500, 10_000


def documents(roots: list[Path]) -> Iterator[tuple[str, str]]:
    """Suffix and beginning of each file that counts."""
    found = [(root, file) for root in roots for suffix in SUFFIXES for file in root.rglob(f"*.{suffix}")]
    found.sort(key=lambda pair: zlib.crc32(str(pair[1].relative_to(pair[0])).encode()))
    kinds, packages, seen = Counter[str](), Counter[Path](), set[str]()
    for root, file in found:
        package = root / file.relative_to(root).parts[0]
        if kinds[file.suffix] >= PER_KIND or packages[package] >= PER_PACKAGE or not file.is_file():
            continue
        text = file.read_text("utf-8", errors="ignore")[:MOST]
        if len(text) >= LEAST and text not in seen:
            seen.add(text)
            kinds[file.suffix] += 1
            packages[package] += 1
            yield file.suffix, text


def main() -> None:
    book, rules = grammarbook.builtin(), rulebook.builtin()
    judge = Judge(rules, Config(), book)
    grammar = Grammar(book, {part: rule.id for rule in rules for part in rule.parts})
    shown: dict[str, list[Level]] = {}
    causes, scores = Counter[str](), []
    for suffix, text in documents([Path(name) for name in sys.argv[1:]]):
        surface = Surface("message.result", text, Subject("files", Kind.SERVER, "files"), "/result")
        verdict = judge.weigh([surface]).verdict
        shown.setdefault(suffix, []).append(verdict.level)
        causes.update(reason.rule for reason in verdict.reasons if reason.level >= Level.QUARANTINE)
        scores.append(grammar.score([surface]))
    every = [level for levels in shown.values() for level in levels]
    for name, levels in [*sorted(shown.items()), ("all", every)]:
        flagged, withheld = (sum(level >= least for level in levels) for least in (Level.FLAG, Level.QUARANTINE))
        count = len(levels)
        print(f"{name:6} {count:5} files: {flagged / count:6.1%} flagged or worse, {withheld / count:6.1%} withheld")
    scores.sort(reverse=True)
    print(
        "grammar: " + ", ".join(f"{share:.1%} above {scores[int(len(scores) * share)]:.1f}" for share in (0.05, 0.01))
    )
    print("withheld by: " + ", ".join(f"{rule} {count}" for rule, count in causes.most_common()))


if __name__ == "__main__":
    main()
