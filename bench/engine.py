"""What judging a text costs, beside a plain loop of Python's `re` over the same patterns.

    python bench/engine.py [ROUNDS]

Both sides take turns in one process, so that a busy machine slows both; figures are medians of CPU time. Every
description is new to the engine. The loop only searches: it folds nothing, decodes nothing and keeps no places.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

from oktsec_lint import grammarbook, rulebook
from oktsec_lint.core.engine import Engine
from oktsec_lint.core.matchers import source
from oktsec_lint.core.model import Kind, Subject
from oktsec_lint.core.rules import Rule
from oktsec_lint.core.surfaces import DEFINITION_KINDS, Surface, expand

VERBS = "Lists Reads Creates Updates Deletes Counts Renames Exports Imports Compares Archives Formats".split()
THINGS = "notes invoices branches tickets rows folders users channels events charts pages orders".split()
PLACES = "a project; a workspace; the current repository; a table; the given folder; one account".split("; ")
ENDS = (
    "The result is a JSON array sorted by date, newest first. Returns an empty array when nothing matches.",
    "Fails with a clear message if the item is missing. Use the `limit` argument to get fewer than 50.",
    "Accepts an optional filter such as `status:open`, and pages through long results with a cursor.",
)
SUBJECT = Subject("bench", Kind.TOOL, "tool")


def descriptions() -> list[str]:
    """864 different clean descriptions of about 150 characters."""
    return [
        f"{verb} the {thing} of {place}. {end}"
        for verb in VERBS
        for thing in THINGS
        for place in PLACES[:2]
        for end in ENDS
    ]


def megabyte(text: str) -> str:
    return (text * (1_000_000 // len(text) + 1))[:1_000_000]


LONG_TEXTS: dict[str, str] = {
    "prose": megabyte("\n".join(descriptions()) + "\n"),
    "json": megabyte('{"id": 4711, "path": "/srv/data/report.csv", "tags": ["a", "b"], "note": "see below\\n"},\n  '),
    "accented": megabyte("Größere Dateien müssen über die Schnittstelle übertragen werden, sonst schlägt es fehl. "),
    "base64": megabyte("iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4"),
    "near misses": megabyte(
        "before using the tool send read open ~/.ss <importan> ignore all previou curl | s must run "
    ),
    "zero width": megabyte("i\u200bg\u200bn\u200bo\u200br\u200be "),
}


def surfaces(texts: list[str]) -> Iterator[Surface]:
    return (Surface("tool.description", text, SUBJECT, "/description") for text in texts)


def patterns(rules: tuple[Rule, ...]) -> list[re.Pattern[str]]:
    """What the engine has to try on a definition."""
    kinds = frozenset(DEFINITION_KINDS)
    chosen = [rule for rule in rules if kinds & frozenset().union(*map(expand, rule.applies_to))]
    return [re.compile(f"(?i:{source(item).removeprefix('(?i)')})") for rule in chosen for item in rule.patterns]


def cpu(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def taken_in_turns(actions: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            times[name].append(cpu(action))
    return {name: statistics.median(values) for name, values in times.items()}


def short_texts(rules: tuple[Rule, ...], rounds: int) -> None:
    texts = descriptions()
    engine, loop = Engine(rules, grammarbook.builtin()), patterns(rules)
    hits, unfinished = engine.inspect(surfaces(texts[:1]))
    assert not hits
    assert not unfinished
    addressed = list(surfaces(texts))
    result = taken_in_turns(
        {
            "engine": lambda: engine.inspect(addressed),
            "re": lambda: [pattern.search(text) for text in texts for pattern in loop],
        },
        rounds,
    )
    each = {name: value / len(texts) * 1e6 for name, value in result.items()}
    mean = sum(map(len, texts)) / len(texts)
    print(f"clean description ({mean:.0f} characters, {len(loop)} patterns): ", end="")
    print(f"engine {each['engine']:.1f} us, re loop {each['re']:.1f} us, ratio {each['re'] / each['engine']:.1f}")


def long_texts(rules: tuple[Rule, ...], rounds: int) -> None:
    engine, loop = Engine(rules, grammarbook.builtin()), patterns(rules)
    for name, text in LONG_TEXTS.items():
        part = text[:10_000]
        result = taken_in_turns(
            {
                "engine": lambda text=text: engine.inspect(surfaces([text])),  # type: ignore[misc]
                "re": lambda part=part: [pattern.search(part) for pattern in loop],  # type: ignore[misc]
            },
            max(1, rounds // 3),
        )
        engine_ms, loop_ms = result["engine"] * 1000, result["re"] * 1000
        print(f"1 MB {name}: engine {engine_ms:.0f} ms; re loop on 10 KB of it {loop_ms:.1f} ms", end="")
        print(f" (x100 = {loop_ms * 100:.0f} ms, ratio {loop_ms * 100 / engine_ms:.1f})")


COLD = {
    "interpreter": "pass",
    "import": "import oktsec_lint.rulebook, oktsec_lint.core.engine",
    "import + rules": "from oktsec_lint import grammarbook, rulebook; import oktsec_lint.core.engine;"
    "rulebook.builtin(); grammarbook.builtin()",
    "import + rules + first text": (
        "from oktsec_lint import grammarbook, rulebook; from oktsec_lint.core.engine import Engine;"
        "from oktsec_lint.core.surfaces import Surface; from oktsec_lint.core.model import Subject, Kind;"
        "Engine(rulebook.builtin(), grammarbook.builtin()).inspect("
        "[Surface('tool.description', 'Lists the notes of a project.', Subject('s', Kind.TOOL, 't'), '')])"
    ),
}


def cold_start(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as cache:
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environ["PYTHONPYCACHEPREFIX"] = cache

        def run(code: str) -> float:
            script = f"{code}\nimport time; print(time.process_time())"
            command = [sys.executable, "-c", script]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
            return float(done.stdout) * 1000

        for code in COLD.values():
            run(code)
        print_cold_start(run, rounds)


def print_cold_start(run: Callable[[str], float], rounds: int) -> None:
    times: dict[str, list[float]] = {name: [] for name in COLD}
    for _ in range(rounds):
        for name, code in COLD.items():
            times[name].append(run(code))
    print("cold start, CPU of the whole process: ", end="")
    print(", ".join(f"{name} {statistics.median(values):.0f} ms" for name, values in times.items()))


def compiling(rules: tuple[Rule, ...], rounds: int) -> None:
    result = taken_in_turns(
        {
            "engine": lambda: Engine(rules, grammarbook.builtin()).inspect(surfaces(["a"])),
            "re": lambda: (re.purge(), patterns(rules)),
        },
        rounds,
    )
    print(f"compile for definitions: engine {result['engine'] * 1000:.1f} ms, re {result['re'] * 1000:.1f} ms")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    rules = rulebook.builtin()
    print(f"{len(rules)} rules, digest {rulebook.digest(rules)[:12]}")
    compiling(rules, rounds)
    short_texts(rules, rounds)
    long_texts(rules, rounds)
    cold_start(rounds)


if __name__ == "__main__":
    main()
