"""`tools`: the inventory, and who may call what."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.test_scan import PLAIN, stdio, write_config
from tests.command import oktsec_lint


def test_every_tool_has_its_callers(tmp_path: Path) -> None:
    agents = "agents:\n  reader:\n    allowed_tools: [plain/list_invoices]\n  root:\n    allowed_tools: []\n"
    write_config(tmp_path, "mcp_servers:\n" + stdio("plain", str(PLAIN), "2") + agents)
    ran = oktsec_lint("tools", cwd=tmp_path)
    assert ran.code == 0
    rows = [line.split() for line in ran.out.splitlines()]
    assert rows[1:] == [
        ["plain", "list_invoices", "clean", "reader,", "root"],
        ["plain", "read_invoices", "clean", "root"],
    ]
    document = json.loads(oktsec_lint("tools", "--format", "json", cwd=tmp_path).out)
    assert [tool["agents"] for tool in document["servers"][0]["tools"]] == [["reader", "root"], ["root"]]


def test_a_server_that_was_not_looked_at_is_a_row_and_exit_4(tmp_path: Path) -> None:
    write_config(tmp_path, "mcp_servers:\n" + stdio("plain", str(PLAIN)))
    ran = oktsec_lint("tools", "--offline", cwd=tmp_path)
    assert ran.code == 4
    assert "not scanned" in ran.out
