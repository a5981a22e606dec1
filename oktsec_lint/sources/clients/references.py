"""References in clients' files, each in its own spelling, to the one this tool expands: `${VAR}`.

What only the client can know (an answer to a prompt, a file) becomes a variable too, so that a live scan says by name
what is missing instead of starting a server with the reference in its arguments; whoever sets it has it filled in.
"""

from __future__ import annotations

import re
from pathlib import PurePath

ENV_PREFIX = "${{env:{}}}"
ENV_BRACES = "{{env:{}}}"
"""How a variable is referred to, see `Manifest.reference`."""
_BRACED = re.compile(r"\$\{([A-Za-z]+):([^{}]{1,200})\}")
"""`${env:NAME}`, `${input:id}`, `${file:/path}`."""
_PLAIN = re.compile(r"\$\{(/|[A-Za-z]{1,40})\}")
_BARE = re.compile(r"\{(env|file):([^{}]{1,200})\}")
_DOLLAR = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]{0,200})")


def prefixed(text: str, folder: str) -> str:
    """VS Code's spelling, which Cursor, Windsurf and Roo share: `${env:NAME}`, `${userHome}`, `${workspaceFolder}`.
    `folder` is what the last one means."""
    known = {
        "userHome": "${HOME}",
        "workspaceFolder": folder,
        "workspaceRoot": folder,
        "workspaceFolderBasename": PurePath(folder).name,
        "pathSeparator": "/",
        "/": "/",
    }
    return _PLAIN.sub(lambda found: known.get(found[1], found[0]), _BRACED.sub(_variable, text))


def braced(text: str) -> str:
    """opencode's spelling: `{env:NAME}`, `{file:path}`."""
    return _BARE.sub(_variable, text)


def dollar(text: str) -> str:
    """The shell's spelling: `$NAME` beside `${NAME}`."""
    return _DOLLAR.sub(r"${\1}", text)


def workspace_of(path: str) -> str:
    """The folder whose settings a file such as `.vscode/mcp.json` is, as the path has it."""
    folder = PurePath(path).parent
    return (folder.parent if folder.name.startswith(".") and folder.name != ".." else folder).as_posix()


def _variable(found: re.Match[str]) -> str:
    kind, name = found[1], found[2]
    if kind == "env":
        return f"${{{name}}}"
    return f"${{{re.sub('[^A-Za-z0-9]+', '_', f'{kind}_{name}').strip('_').upper()}}}"
