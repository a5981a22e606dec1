"""The `oktsec.yaml` that somebody begins with: what their clients start, and what each of them may call.

Written to be read and edited by a person: what is not allowed stands there as a comment that becomes an entry when its
`#` goes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from oktsec_lint.core.config import DENY_ALL, ServerSpec
from oktsec_lint.core.display import visible
from oktsec_lint.core.values import NamedTuple

from .scalars import resolve

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_HEAD = """\
# Written by `oktsec-lint setup` from the MCP clients on this machine, and yours from now on: read it, correct it.
version: "1"
"""
_AGENTS = """
# Who is not listed here may call nothing.
default_policy: deny

# Each client may call the tools that only read. What stands behind a # was offered and is not allowed: take the # away
# from what a client needs, then run `oktsec-lint lock`.
agents:
"""


class Choice(NamedTuple):
    """One tool in an agent's list."""

    entry: str
    """The name that means this tool and no other."""
    why: str = ""
    """Why it is not allowed; empty when it is."""


def first_config(servers: Sequence[ServerSpec], agents: Mapping[str, Sequence[Choice]], left: Sequence[str]) -> str:
    """The whole text. `left` says, a line each, what was found and is not in it."""
    lines = [*_HEAD.splitlines()]
    if left:
        lines += ["", "# Not here, and so not guarded:", *(f"#   {visible(item, 300)}" for item in left)]
    lines += ["", "mcp_servers:", *(line for spec in servers for line in _server(spec)), *_AGENTS.splitlines()]
    lines += [line for name, choices in agents.items() for line in _agent(name, choices)]
    return "\n".join(lines) + "\n"


def _server(spec: ServerSpec) -> Iterator[str]:
    yield f"  {_scalar(spec.name)}:"
    yield "    transport: stdio"
    yield f"    command: {_scalar(spec.command)}"
    if spec.args:
        yield f"    args: [{', '.join(map(_quoted, spec.args))}]"
    if spec.working_dir:
        yield f"    working_dir: {_scalar(spec.working_dir)}"
    if spec.env:
        yield "    env:"
        yield from (f"      {_scalar(name)}: {_quoted(value)}" for name, value in spec.env.items())


def _agent(name: str, choices: Sequence[Choice]) -> Iterator[str]:
    yield f"  {_scalar(name)}:"
    yield "    allowed_tools:"
    allowed = [choice.entry for choice in choices if not choice.why]
    yield from (f"      - {_scalar(entry)}" for entry in allowed or (DENY_ALL,))
    refused = [(f"# - {visible(_scalar(choice.entry), 200)}", choice.why) for choice in choices if choice.why]
    width = max((len(entry) for entry, _ in refused), default=0)
    yield from (f"      {entry.ljust(width)}  # {visible(why, 200)}" for entry, why in refused)


def _scalar(text: str) -> str:
    """Without quotes where it reads as itself."""
    is_plain = _PLAIN.fullmatch(text) is not None and isinstance(resolve(text), str)
    return text if is_plain else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=not text.isprintable())
