"""`oktsec-lint tokens`: what is printed opens the gateway until it is revoked; the file keeps all that was in it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oktsec_lint.core.identity.bearers import Identified, Identities, Reason, Refused
from oktsec_lint.core.moments import epoch_seconds
from oktsec_lint.sources import load_config
from tests.command import Ran, oktsec_lint

COMMENTED = """\
# Who may do what. Reviewed every quarter.
agents:
  clerk: {allowed_tools: [read_file]}   # reads only
  boss:
    allowed_tools: [write_file]

identity:
  # made with `oktsec-lint tokens create`
  principals:
    - id: boss   # the other one
      tokens:
        - {id: old, type: gateway_bearer, hash: "sha256:00ff:%s"} # from the pilot
        # add no more here

gateway: {enabled: true}   # last
""" % ("0" * 64)
RAW = re.compile(r"okt_gw_[0-9a-f]{64}")


def tokens(folder: Path, *args: str) -> Ran:
    return oktsec_lint("tokens", *args, cwd=folder)


def who(folder: Path, raw: str, *, after: timedelta = timedelta()) -> Identified | Refused:
    """What a gateway with this configuration says of a token."""
    loaded = load_config("oktsec.yaml", (folder / "oktsec.yaml").read_text())
    assert [hit.message for hit in loaded.hits] == []
    return Identities(loaded.config.principals, bytes(32)).of_bearer(raw, (datetime.now(UTC) + after).timestamp())


def listed(folder: Path) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(tokens(folder, "list", "--format", "json").out)
    return rows


@pytest.fixture
def commented(tmp_path: Path) -> Path:
    (tmp_path / "oktsec.yaml").write_text(COMMENTED)
    return tmp_path


def test_from_creation_to_revocation(commented: Path) -> None:
    made = tokens(commented, "create", "clerk", "--id", "ci")
    raw = made.out.removesuffix("\n")
    assert made.code == 0
    assert RAW.fullmatch(raw)
    assert raw not in made.err
    written = (commented / "oktsec.yaml").read_text()
    assert raw not in written
    assert who(commented, raw) == Identified("clerk", "ci")
    assert who(commented, raw, after=timedelta(days=89, hours=23)) == Identified("clerk", "ci")
    assert who(commented, raw, after=timedelta(days=90, hours=1)) == Refused(Reason.EXPIRED, "clerk", "ci")
    assert [row["state"] for row in listed(commented)] == ["active", "active"]
    assert tokens(commented, "revoke", "ci").code == 0
    assert who(commented, raw) == Refused(Reason.REVOKED, "clerk", "ci")
    assert {row["id"]: row["state"] for row in listed(commented)} == {"old": "active", "ci": "revoked"}


def test_every_line_that_was_there_is_there(commented: Path) -> None:
    tokens(commented, "create", "clerk")
    tokens(commented, "create", "boss", "--id", "new", "--expires", "never")
    tokens(commented, "revoke", "new")
    after = (commented / "oktsec.yaml").read_text()
    lines = iter(after.splitlines())
    assert all(line in lines for line in COMMENTED.splitlines())
    assert after.index("# add no more here") < after.index("- id: clerk")
    new = [line for line in after.splitlines() if line not in COMMENTED.splitlines()]
    names = {line.strip(" -").partition(":")[0] for line in new}
    assert names == {"id", "kind", "type", "hash", "created_at", "expires_at", "revoked_at"}


@pytest.mark.parametrize(
    "text",
    [
        "mcp_servers: {}\n",
        "identity:\n  principals: []\n",
        "identity: {principals: [{id: clerk}]}\n",
        "identity:\n  require_signature: false # no\nmcp_servers: {}",
        "identity:\r\n  principals:\r\n  - id: clerk\r\n    tokens:\r\n",
        '{"mcp_servers": {}}',
        "\ufeffmcp_servers: {}\n",
    ],
)
def test_whatever_the_file_looks_like(text: str, tmp_path: Path) -> None:
    file = tmp_path / "oktsec.yaml"
    file.write_bytes(text.encode())
    raws = [tokens(tmp_path, "create", "clerk", "--id", name).out.strip() for name in ("one", "two")]
    assert tokens(tmp_path, "revoke", "one").code == 0
    data = file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") == text.startswith("\ufeff")
    assert (b"\r\n" in data) == ("\r\n" in text)
    assert data.count(b"\n") == data.count(b"\r\n") or "\r\n" not in text
    principals = load_config("f", data.decode().removeprefix("\ufeff")).config.principals
    answers = [Identities(principals, bytes(32)).of_bearer(raw, datetime.now(UTC).timestamp()) for raw in raws]
    assert answers == [Refused(Reason.REVOKED, "clerk", "one"), Identified("clerk", "two")]


SPANS = [
    ("12h", timedelta(hours=12)),
    ("90d", timedelta(days=90)),
    ("2w", timedelta(weeks=2)),
    ("45m", timedelta(minutes=45)),
]


@pytest.mark.parametrize(("said", "meant"), SPANS)
def test_how_long_it_holds(said: str, meant: timedelta, commented: Path) -> None:
    made = tokens(commented, "create", "clerk", "--expires", said, "--format", "json")
    token: dict[str, Any] = json.loads(made.out)
    assert set(token) == {"id", "agent", "token", "expires_at"}
    (row,) = [row for row in listed(commented) if row["id"] == token["id"]]
    created, expires = epoch_seconds(row["created_at"]), epoch_seconds(token["expires_at"])
    assert created is not None
    assert expires is not None
    assert expires - created == meant.total_seconds()


def test_never(commented: Path) -> None:
    raw = tokens(commented, "create", "clerk", "--expires", "never").out.strip()
    assert isinstance(who(commented, raw, after=timedelta(days=365_000)), Identified)
    assert "expires_at" not in (commented / "oktsec.yaml").read_text()


REFUSED = [
    (("create", "clrk"), "oktsec.yaml: no agent named clrk (configured: `clerk`, `boss`"),
    (("create", "../x"), "`../x` cannot name an agent"),
    (("create", "clerk", "--id", "old"), "oktsec.yaml:12: there is a token old already (choose another --id)"),
    (("create", "clerk", "--id", "a b"), "--id a b cannot name a token"),
    (("create", "clerk", "--expires", "soon"), "--expires soon is no length of time (12h, 90d, 52w or never)"),
    (("create", "clerk", "--expires", "0d"), "--expires 0d is no length of time"),
    (("create", "clerk", "--expires", "999999w"), "--expires 999999w is no length of time"),
    (("revoke", "nope"), "oktsec.yaml: no token nope (see oktsec-lint tokens list)"),
    (("list", "--config", "missing.yaml"), "missing.yaml: no such file"),
]


@pytest.mark.parametrize(("args", "problem"), REFUSED)
def test_mistakes_say_where_and_what_to_do(args: tuple[str, ...], problem: str, commented: Path) -> None:
    done = tokens(commented, *args)
    assert (done.code, done.out) == (2, "")
    assert f"oktsec-lint: error: {problem}" in done.err
    assert done.err.count("\n") == 1
    assert (commented / "oktsec.yaml").read_text() == COMMENTED


def test_no_configuration(tmp_path: Path) -> None:
    done = tokens(tmp_path, "list")
    assert (done.code, "no configuration found" in done.err) == (3, True)


def test_what_is_broken_is_named_with_its_line(commented: Path) -> None:
    broken = COMMENTED.replace("sha256:00ff", "sha1:00ff").replace("# last", "# last\nx: [")
    (commented / "oktsec.yaml").write_text(broken)
    assert re.search(r"error: oktsec\.yaml:1[67]:\d+: not valid YAML", tokens(commented, "list").err)
    (commented / "oktsec.yaml").write_text(broken.replace("\nx: [", ""))
    done = tokens(commented, "list")
    assert (done.code, done.out) == (0, "")
    assert "oktsec.yaml:12: `identity.principals[0].tokens[0].hash` is not of the form" in done.err


def test_a_list_that_something_else_shares_is_left_alone(tmp_path: Path) -> None:
    text = "x-all: &all\n  - id: clerk\nidentity:\n  principals: *all\n"
    (tmp_path / "oktsec.yaml").write_text(text)
    done = tokens(tmp_path, "create", "clerk")
    assert (done.code, done.out) == (2, "")
    assert (
        "oktsec.yaml:4: cannot add to `tokens` without changing something else (write `tokens:` as a list" in done.err
    )
    assert (tmp_path / "oktsec.yaml").read_text() == text


def test_one_of_several_tokens_of_one_name(commented: Path) -> None:
    tokens(commented, "create", "clerk", "--id", "x")
    file = commented / "oktsec.yaml"
    file.write_text(file.read_text().replace("id: old", "id: x"))
    done = tokens(commented, "revoke", "x")
    assert (done.code, "several tokens are called x: lines 12, 17 (say AGENT/ID" in done.err) == (2, True)
    assert tokens(commented, "revoke", "clerk/x").code == 0
    assert [row["state"] for row in listed(commented)] == ["active", "revoked"]


def test_a_second_revocation_changes_nothing(commented: Path) -> None:
    tokens(commented, "revoke", "old")
    before = (commented / "oktsec.yaml").read_text()
    done = tokens(commented, "revoke", "boss/old", "--format", "json")
    assert (done.code, json.loads(done.out)["state"], "was revoked before" in done.err) == (0, "revoked", True)
    assert (commented / "oktsec.yaml").read_text() == before


def test_the_list_is_a_table_without_digests(commented: Path) -> None:
    file = commented / "oktsec.yaml"
    file.write_text(file.read_text().replace("id: old", 'id: "o\\e[31m\\nld"'))
    done = tokens(commented, "list")
    head, row = done.out.splitlines()
    assert head.split() == ["ID", "AGENT", "STATE", "CREATED", "ENDS"]
    assert row.split() == ["o\\u{1b}[31m⏎ld", "boss", "active", "-", "never"]
    assert "sha256" not in done.out + tokens(commented, "list", "--format", "json").out


def test_what_keeps_a_token_from_counting_is_said(tmp_path: Path) -> None:
    (tmp_path / "oktsec.yaml").write_text("gateway: {auth_methods: [trusted_loopback_header]}\n")
    done = tokens(tmp_path, "create", "clerk")
    assert "no agent named clerk is under `agents`" in done.err
    assert "`gateway.auth_methods` lists no bearer_token" in done.err
    assert tokens(tmp_path, "list").code == 0


def test_two_at_once_lose_nothing(commented: Path) -> None:
    command = [sys.executable, "-m", "oktsec_lint", "tokens", "create", "clerk"]
    running = [subprocess.Popen(command, cwd=commented, stdout=-1, stderr=-1, text=True) for _ in range(4)]
    ended = [(process.communicate(timeout=60), process.returncode) for process in running]
    raws = [out.strip() for (out, _), code in ended if code == 0]
    assert raws
    assert all(isinstance(who(commented, raw), Identified) for raw in raws)
    assert all("run the command again" in err for (_, err), code in ended if code)
    assert [path.name for path in commented.iterdir()] == ["oktsec.yaml"]
