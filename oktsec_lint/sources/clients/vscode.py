"""VS Code: `mcp.json` of a workspace or a profile, `devcontainer.json`, and the older `mcp` in `settings.json`.

Source: microsoft/vscode-docs, copilot/reference/mcp-configuration.md and reference/variables-reference.md. An input of
the type `command` runs a command of the editor; tools of a sandboxed server run without confirmation.
"""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.fields import Field
from oktsec_lint.core.manifest import Manifest, Program
from oktsec_lint.sources.document import Document

from .entries import Dialect, approvals_of, entries_of, root_of
from .references import ENV_PREFIX, prefixed, workspace_of

_APPROVING = ("chat.tools.global.autoApprove", "chat.tools.autoApprove")
"""Settings by which no call of any tool is confirmed: the newer name and the older one."""


def manifest(document: Document) -> Manifest:
    """The servers and inputs, wherever this kind of file has them."""
    folder = workspace_of(document.path)
    dialect = Dialect("VS Code", ENV_PREFIX, lambda text: prefixed(text, folder), sandbox="sandboxEnabled")
    root = root_of(document)
    homes = tuple(_homes(root))
    return Manifest(
        document.path,
        dialect.format,
        tuple(entry for home in homes for entry in entries_of(home["servers"], dialect)),
        dialect.reference,
        tuple(approvals_of(root, _APPROVING)),
        tuple(program for home in homes for program in _programs(home["inputs"])),
    )


def _homes(root: Field) -> Iterator[Field]:
    """The objects that hold `servers` and `inputs`; in settings, a key may be written with its dots."""
    yield from (root, root["mcp"], root["customizations"]["vscode"]["mcp"])
    yield from (root["customizations"]["vscode"]["settings"]["mcp"],)
    yield Field(root.at, members={"servers": root["mcp.servers"], "inputs": root["mcp.inputs"]})


def _programs(inputs: Field) -> Iterator[Program]:
    for item in inputs.items:
        if item["type"].text() == "command" and item["command"].text():
            yield Program(item["command"], "an input")
