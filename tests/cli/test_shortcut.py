"""The short way into `scan`: whatever it reads, typer reads the same way."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.cli import app, scan
from oktsec_lint.cli.scanning import Asked
from oktsec_lint.cli.shortcut import plain_scan
from oktsec_lint.core.report import Exit

WORDS = [
    "--offline --allow-unreachable --verbose -v --no-progress --config --format -f --report --server --fail-on --color",
    "--jobs --timeout --format=json --off -- - -x --help json text sarif JSON high never always auto 0 1 -1 0.5 nan",
    "--select --ignore --min-confidence --persona --baseline --write-baseline --diff --fix --dry-run --as cursor",
    "oktsec.yaml tools.json json=out.json COV,CFG-001 medium pedantic main",
]
LINES = st.lists(st.sampled_from([*" ".join(WORDS).split(), "", "a b"]) | st.text(max_size=3), max_size=7)


def read_by_typer(line: Sequence[str]) -> Asked | None:
    """What typer makes of a line; None when it refuses it or shows a help text."""
    heard: list[Asked] = []

    def listen(asked: Asked) -> Exit:
        heard.append(asked)
        return Exit.CLEAN

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "run_scan", listen)
        patch.setattr("sys.argv", ["oktsec-lint", *line])
        with pytest.raises(SystemExit):
            app.command()()
    return heard[0] if heard else None


@given(LINES)
def test_what_it_reads_typer_reads_the_same_way(words: list[str]) -> None:
    asked = plain_scan(["scan", *words], {})
    assert asked is None or asked == read_by_typer(["scan", *words])


PLAIN = [
    ("", Asked()),
    ("- b.json", Asked(inputs=("-", "b.json"))),
    (
        "--offline a.json --verbose --no-progress --allow-unreachable --color never --fail-on high",
        read_by_typer(
            "scan --offline a.json --verbose --no-progress --allow-unreachable --color never --fail-on high".split()
        ),
    ),
    (
        "--select COV --select A,B --ignore CFG --min-confidence low --persona auditor --diff main --fix --dry-run",
        read_by_typer(
            "scan --select COV --select A,B --ignore CFG --min-confidence low --persona auditor --diff main --fix "
            "--dry-run".split()
        ),
    ),
    (
        "--baseline a.json --write-baseline b.json",
        read_by_typer("scan --baseline a.json --write-baseline b.json".split()),
    ),
    (
        "--config c.yaml --format sarif --format json --report text=a --server x --report json=b --server y",
        read_by_typer("scan --config c.yaml -f json --report text=a --server x --report json=b --server y".split()),
    ),
]


@pytest.mark.parametrize(("line", "asked"), PLAIN)
def test_lines_that_need_no_parser(line: str, asked: Asked) -> None:
    assert plain_scan(["scan", *line.split()], {}) == asked


LEFT = """\
--help
scan --help
scan --format xml
scan --format=json
scan --config
scan --config --offline
scan --of a.json
scan -v
scan -- -a.json
scan --timeout 5
tools
"""


@pytest.mark.parametrize("line", ["", *LEFT.splitlines()])
def test_lines_that_are_typers(line: str) -> None:
    assert plain_scan(line.split(), {}) is None


def test_completion_is_typers() -> None:
    assert plain_scan(["scan"], {"_OKTSEC_LINT_COMPLETE": "complete_bash"}) is None
