"""Launch lines and the packages they run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.packages import Package, package_of

DIGEST = "sha256:" + "a1" * 32


@pytest.mark.parametrize(
    ("line", "package"),
    [
        (
            "npx -y @modelcontextprotocol/server-filesystem /data",
            Package("npm:@modelcontextprotocol/server-filesystem"),
        ),
        ("npx server@1.2.3", Package("npm:server", "1.2.3")),
        ("npx server@1.2.3-beta.1", Package("npm:server", "1.2.3-beta.1")),
        ("npx server@latest", Package("npm:server")),
        ("npx server@^1.2.3", Package("npm:server")),
        ("npx --package=@a/b@2.0.0 -- tool", Package("npm:@a/b", "2.0.0")),
        ("npx -p @a/b@2.0.0 tool", Package("npm:@a/b", "2.0.0")),
        (r"C:\nodejs\npx.cmd server", Package("npm:server")),
        ("npm exec -- server@1.0.0", Package("npm:server", "1.0.0")),
        ("npm install server", None),
        ("pnpm dlx server", Package("npm:server")),
        ("bunx server@1.0.0", Package("npm:server", "1.0.0")),
        ("uvx mcp-server-git==2026.1.2", Package("pypi:mcp-server-git", "2026.1.2")),
        ("uvx mcp-server-git@2026.1.2 --repository .", Package("pypi:mcp-server-git", "2026.1.2")),
        ("uvx --python 3.12 mcp-server-git", Package("pypi:mcp-server-git")),
        ("uvx --from server[extra]==1.0 tool", Package("pypi:server", "1.0")),
        ("uvx server>=1.0", Package("pypi:server>=1.0")),
        ("uv tool run server==1.0", Package("pypi:server", "1.0")),
        ("uv run server.py", None),
        ("pipx run --spec server==1.0 tool", Package("pypi:server", "1.0")),
        ("docker run -i --rm -e TOKEN -v /a:/b mcp/git", Package("oci:mcp/git")),
        ("docker run --rm --env TOKEN ghcr.io/a/b:1.2", Package("oci:ghcr.io/a/b", "1.2")),
        ("docker run reg.test:5000/a/b:latest", Package("oci:reg.test:5000/a/b")),
        (f"podman run --name=x a/b:1@{DIGEST}", Package("oci:a/b", DIGEST)),
        ("docker ps", None),
        ("python server.py", None),
        ("npx", None),
        ("npx -y", None),
        ("docker run", None),
    ],
)
def test_a_line_names_its_package(line: str, package: Package | None) -> None:
    command, *args = line.split()
    assert package_of(command, args) == package


@given(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=5))
def test_any_line_has_an_answer(command: str, args: list[str]) -> None:
    for name in (command, "npx", "uvx", "docker"):
        package_of(name, args)
