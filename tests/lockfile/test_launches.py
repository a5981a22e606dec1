"""Launch identities: what may be written down, and what is looked up for it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from oktsec_lint import lockfile
from oktsec_lint.core.model import LaunchIdentity
from oktsec_lint.sources import load_config

SECRET = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"


def identity(entry: str, cwd: Path) -> LaunchIdentity:
    loaded = load_config("oktsec.yaml", f"mcp_servers:\n  it:\n    {entry.strip()}\n")
    return lockfile.identity(loaded.config.servers[0], loaded.document, cwd)


def test_names_of_variables_and_headers_but_never_their_values(tmp_path: Path) -> None:
    found = identity(f"{{command: x, env: {{TOKEN: {SECRET}, A: plain}}}}", tmp_path)
    assert found.env == ("A", "TOKEN")
    found = identity(f"{{transport: http, url: 'https://x.test/mcp', headers: {{Authorization: {SECRET}}}}}", tmp_path)
    assert (found.url, found.headers) == ("https://x.test/mcp", ("Authorization",))
    assert SECRET not in repr(found)


def test_credentials_in_arguments_and_urls_are_masked(tmp_path: Path) -> None:
    found = identity(
        f"{{command: x, args: [--token, {SECRET}, --root, /data, '--key={SECRET}', '${{TOKEN}}']}}", tmp_path
    )
    shown = re.sub("#[0-9a-f]{12}", "#", " ".join(found.args))
    assert shown == "--token ***# --root /data --key=***# ${TOKEN}"
    other = identity(f"{{command: x, args: [--token, {SECRET}x]}}", tmp_path)
    assert other.args[1] != found.args[1], "what is not shown is compared"
    found = identity(f"{{transport: http, url: 'https://me:{SECRET}@x.test/mcp?token={SECRET}'}}", tmp_path)
    assert SECRET not in found.url
    assert "x.test/mcp?token=***#" in found.url


def test_what_follows_a_credential_is_compared(tmp_path: Path) -> None:
    def launched(line: str) -> LaunchIdentity:
        return identity(f"{{command: sh, args: [-c, {json.dumps(line)}]}}", tmp_path)

    honest = launched("API_TOKEN=abcdef123456 exec python3 server.py")
    assert launched("API_TOKEN=abcdef123456 sh -c 'touch x'; exec python3 server.py") != honest
    assert "abcdef123456" not in repr(honest)


def test_a_host_cannot_be_masked_by_repeating_it_as_a_parameter(tmp_path: Path) -> None:
    found = identity("{transport: http, url: 'http://127.0.0.1:8961/mcp?token=127.0.0.1:8961'}", tmp_path)
    assert found.url.startswith("http://127.0.0.1:8961/mcp?token=***#")


def test_variables_that_decide_which_code_is_loaded_are_compared(tmp_path: Path) -> None:
    one = identity("{command: x, env: {PYTHONPATH: lib, A: b}}", tmp_path)
    assert one.env[0] == "A"
    assert one.env[1].startswith("PYTHONPATH=***#")
    assert identity("{command: x, env: {PYTHONPATH: evil, A: c}}", tmp_path).env[1] != one.env[1]


def test_package_and_version_come_from_the_line_or_the_nearest_node_modules(tmp_path: Path) -> None:
    line = "{{command: npx, args: [-y, '@scope/server{}', /data]}}"
    found = identity(line.format("@1.2.3"), tmp_path)
    assert (found.package, found.version) == ("npm:@scope/server", "1.2.3")
    assert identity(line.format(""), tmp_path).version == ""
    manifest = tmp_path / "node_modules" / "@scope" / "server" / "package.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text('{"version": "9.9.9"}')
    (tmp_path / "below").mkdir()
    assert identity(line.format(""), tmp_path / "below").version == "9.9.9"
    manifest.write_text("broken")
    assert identity(line.format(""), tmp_path).version == ""


def test_programs_of_the_server_have_a_digest_and_the_machine_s_have_none(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text("print()")
    (tmp_path / "run").write_text("#!")
    (tmp_path / "data.json").write_text("{}")
    digest = "sha256:" + hashlib.sha256(b"print()").hexdigest()
    assert identity("{command: python3, args: [server.py, data.json, absent.py]}", tmp_path).files == (
        ("server.py", digest),
    )
    assert [path for path, _ in identity("{command: ./run}", tmp_path).files] == ["./run"]
    assert identity("{command: /usr/bin/env, args: [python3]}", tmp_path).files == ()
