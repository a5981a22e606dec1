"""From an entry to a process: variables, environment, and commands that do not start."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.model import Status
from oktsec_lint.launch.entry import UnusableError, endpoint_of, launch_of
from oktsec_lint.launch.secrets import MASKED, Mask
from tests.live import SERVERS, http, look
from tests.reference import stdio

ENVIRON = {"PATH": "/bin", "HOME": "/home/me", "SECRET_KEY": "s3cr3t-value", "EMPTY": "", "UNRELATED": "x"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("plain", "plain"),
        ("${SECRET_KEY}", "s3cr3t-value"),
        ("a${HOME}b${HOME}", "a/home/meb/home/me"),
        ("${NOPE:-default}", "default"),
        ("${NOPE:-}", ""),
        ("${EMPTY:-default}", "default"),
        ("${EMPTY}", ""),
        ("$HOME ${} ${1X} ${A-B} $${", "$HOME ${} ${1X} ${A-B} $${"),
    ],
)
def test_variables_are_expanded(text: str, expanded: str) -> None:
    spec = stdio("it", text, text, env={"VALUE": text})._replace(working_dir=text)
    launch = launch_of(spec, ENVIRON)
    assert (launch.command, launch.args, launch.directory) == (expanded, (expanded,), expanded)
    assert launch.env == {"PATH": "/bin", "HOME": "/home/me", "VALUE": expanded}
    assert endpoint_of(http(text, X=text), ENVIRON).url == expanded


def test_value_that_looks_like_a_variable_is_not_expanded_again() -> None:
    assert launch_of(stdio("it", "x", "${A}"), {"A": "${HOME}", "HOME": "/h"}).args == ("${HOME}",)


def test_missing_variables_are_all_named_and_no_value_is() -> None:
    with pytest.raises(UnusableError) as caught:
        launch_of(stdio("it", "x", "${ONE}", env={"A": "${TWO}${ONE}", "B": "${SECRET_KEY}"}), ENVIRON)
    assert str(caught.value) == "environment variables `ONE`, `TWO` not set"


def test_server_with_a_missing_variable_is_not_started(tmp_path: Path) -> None:
    witness = tmp_path / "started"
    server = look(stdio("it", sys.executable, "-c", f"open({str(witness)!r}, 'w')", "${TOKEN}"))
    assert (server.status, server.reason) == (Status.NOT_SCANNED, "environment variable `TOKEN` not set")
    assert not witness.exists()


def test_child_inherits_next_to_nothing(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    code = f"import os; open({str(seen)!r}, 'w').write(' '.join(sorted(os.environ)))"
    look(stdio("it", sys.executable, "-c", code, env={"MINE": "1"}), GITHUB_TOKEN="nobody's business", HOME="/")
    names = set(seen.read_text().split())
    assert {"MINE", "PATH", "HOME"} <= names
    assert "GITHUB_TOKEN" not in names
    assert names <= set("MINE HOME LANG LC_ALL LC_CTYPE LOGNAME PATH SHELL TERM TMPDIR TZ USER".split())


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("no-such-command-here", "its command `no-such-command-here` was not found on PATH"),
        ("./no-such-file", "its command `./no-such-file` was not found"),
        (str(SERVERS), f"its command `{SERVERS}` cannot be started: Permission denied"),
        ("", "its entry has no `command`"),
        ("nul\0byte", "it cannot be started: embedded null byte"),
    ],
)
def test_command_that_does_not_start(command: str, reason: str) -> None:
    server = look(stdio("it", command))
    assert (server.status, server.reason) == (Status.NOT_SCANNED, reason)
    assert [fault.rule for fault in server.faults] == ["LST-001"]


def test_missing_working_directory_is_named(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    server = look(stdio("it", sys.executable)._replace(working_dir=gone))
    assert server.reason == f"its working directory `{gone}` cannot be entered: No such file or directory"


@pytest.mark.parametrize(
    ("words", "installs"),
    [
        ("npx -y @scope/server", True),
        ("/usr/local/bin/npx server", True),
        (r"C:\nodejs\npx.cmd server", True),
        ("uvx server", True),
        ("bunx server", True),
        ("npm exec server", True),
        ("npm run server", False),
        ("pnpm dlx server", True),
        ("docker run -i --rm image", True),
        ("docker exec -i box server", False),
        ("pipx run server", True),
        ("uv tool run server", True),
        ("node server.js", False),
        ("python -m npx", False),
    ],
)
def test_package_runners_are_known(words: str, installs: bool) -> None:  # noqa: FBT001 - a parameter
    command, *args = words.split(" ")
    assert launch_of(stdio("it", command, *args), {}).installs is installs


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("key s3cr3t-value refused", "key *** refused"),
        ("Authorization: Bearer abcdef123", "Authorization: Bearer ***"),
        ("token=abc123, next", "token=***, next"),
        ('{"api_key": "abc123"}', '{"api_key": "***"}'),
        ("GET https://bob:hunter2@host/x", "GET https://***@host/x"),
        ("bad ghp_0123456789abcdefghij0123456789abcdef", "bad ***"),
        ("AKIAIOSFODNN7EXAMPLE", "***"),
        ("digest 0123456789abcdef0123456789abcdef", "digest ***"),
        ("cannot open /home/me/project/server.py", "cannot open /home/me/project/server.py"),
        ("skipping initialization of the filesystem", "skipping initialization of the filesystem"),
    ],
)
def test_secrets_are_masked(text: str, masked: str) -> None:
    assert Mask(["Bearer s3cr3t-value\n", "short"])(text) == masked


@given(st.text(min_size=6), st.text(), st.text())
def test_no_known_value_survives(value: str, before: str, after: str) -> None:
    masked = Mask([value])(before + value + after)
    assert value not in masked.replace(MASKED, "\0") or value in MASKED


def test_command_line_in_place_of_a_command_shows_its_program_alone() -> None:
    server = look(stdio("wordy", "no-such-program --api-key X1secretvalue"))
    assert "no-such-program" in server.reason
    assert "X1secretvalue" not in repr(server)
