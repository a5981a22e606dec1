"""Annotations: read back as GitHub's runner reads them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from oktsec_lint.core.findings import Severity
from oktsec_lint.core.model import Location
from oktsec_lint.core.report import Report
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.reporters import render
from tests.reporters.cases import CLEAN, CONFIG_ERRORS, HIDDEN, INJECTED, NOTES, UNFINISHED, found, tool
from tests.reporters.test_hostile import reports
from tests.reporters.test_inert import is_harmless


class Command(NamedTuple):
    """A workflow command as the runner's parser takes it apart."""

    name: str
    properties: dict[str, str]
    data: str


def commands(text: str) -> list[Command]:
    return [command(line) for line in text.splitlines()]


def command(line: str) -> Command:
    match = re.fullmatch(r"::(\S+?)(?: (.*?))?::(.*)", line)
    assert match, line
    pairs = (pair.split("=", 1) for pair in (match[2] or "").split(",") if pair)
    return Command(match[1], {key: unescaped(value) for key, value in pairs}, unescaped(match[3]))


def unescaped(text: str) -> str:
    for sign, escape in (("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C"), ("%", "%25")):
        text = text.replace(escape, sign)
    return text


def many(severity: Severity, count: int, path: str = "a.yaml") -> Report:
    rule = HIDDEN._replace(severity=severity)
    places = [Location(path, line, 1, line, 2, "x") for line in range(1, count + 1)]
    return CLEAN._replace(findings=tuple(found(rule, f"m{p.line}", tool("s", "t"), p) for p in places))


def test_an_annotation_says_what_where_and_what_to_do() -> None:
    first = commands(render("github", INJECTED))[0]
    assert first.name == "error"
    assert first.properties == {
        "file": "oktsec.yaml",
        "line": "6",
        "endLine": "6",
        "col": "3",
        "endColumn": "9",
        "title": "IAP-007 Tool description injection",
    }
    assert first.data.splitlines()[:3] == [
        "tool save_note tells the model to fetch a secret and to keep it from the user",
        "notes / tools / save_note / description",
        '"read ~/.ssh/id_rsa"',
    ]


@pytest.mark.parametrize(
    ("severity", "name"),
    [
        (Severity.CRITICAL, "error"),
        (Severity.HIGH, "error"),
        (Severity.MEDIUM, "warning"),
        (Severity.LOW, "notice"),
    ],
)
def test_kinds(severity: Severity, name: str) -> None:
    assert [item.name for item in commands(render("github", many(severity, 1)))] == [name]


def test_what_only_informs_is_no_annotation() -> None:
    assert render("github", many(Severity.INFO, 3)) == ""
    assert len(commands(render("github", CONFIG_ERRORS))) == 2


def test_the_worst_are_shown_and_the_rest_is_counted() -> None:
    parts = [many(Severity.LOW, 30), many(Severity.MEDIUM, 12, "b.yaml"), many(Severity.HIGH, 9)]
    parts.append(many(Severity.CRITICAL, 4))
    shown = commands(render("github", CLEAN._replace(findings=sum((part.findings for part in parts), ()))))
    names = [item.name for item in shown]
    assert [names.count(name) for name in ("error", "warning", "notice")] == [10, 10, 10]
    assert [item.data.splitlines()[0] for item in shown[:5]] == ["m1", "m2", "m3", "m4", "m1"]
    assert shown[-1].properties == {"title": "oktsec-lint"}
    assert shown[-1].data.startswith("Not shown here: 3 errors, 2 warnings, 21 notices, in a.yaml, b.yaml.")


@pytest.mark.parametrize(("server", "line"), [("github", "9"), ("unheard-of", "1")])
def test_a_finding_without_a_place_is_put_on_its_server(server: str, line: str) -> None:
    (item,) = commands(render("github", CLEAN._replace(findings=(found(HIDDEN, "m", tool(server, "x")),))))
    assert item.properties["line"] == line


def test_a_file_outside_the_repository_has_no_line() -> None:
    (item,) = commands(render("github", many(Severity.HIGH, 1, "/home/someone/oktsec.yaml")))
    assert set(item.properties) == {"title"}


def test_what_was_not_looked_at_is_an_error_once() -> None:
    titles = [item.properties["title"] for item in commands(render("github", UNFINISHED))]
    assert titles == ["Not looked at to its end", "Not looked at to its end", "LST-001 Server not scanned"]


def test_columns_are_utf16_and_stay_in_the_line() -> None:
    rule = found(HIDDEN, "m", tool("s", "t"), Location("f", 1, 3, 4, 1, "🙂🙂x"))
    (item,) = commands(render("github", CLEAN._replace(findings=(rule,))))
    assert (item.properties["col"], item.properties["endLine"], item.properties["endColumn"]) == ("5", "1", "6")


def test_every_sign_the_runner_reads_is_escaped() -> None:
    path = "a,b:c%0A=.yaml"
    text = render("github", CLEAN._replace(findings=(found(HIDDEN, "100%25 of, a:b", tool("s", "t"), NOTES),)))
    assert commands(text)[0].data.startswith("100%25 of, a:b\n")
    assert commands(render("github", many(Severity.HIGH, 1, path)))[0].properties["file"] == path


@given(reports())
def test_no_line_is_a_command_of_a_strangers(report: Report) -> None:
    text = render("github", report)
    assert text.isprintable() or "\n" in text
    for item in commands(text):
        assert item.name in {"error", "warning", "notice"}
        assert set(item.properties) <= {"file", "line", "endLine", "col", "endColumn", "title"}
        assert all(map(is_harmless, (*item.properties.values(), *item.data.split("\n"))))
        assert len(item.data) <= 4096 * 8
