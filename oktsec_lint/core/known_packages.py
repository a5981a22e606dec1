"""Server packages that many people start, and names that imitate one of them.

A registry gives any free name to whoever asks first. Names that differ by a word are ordinary; what counts are slips
inside a word, letters that look alike, and a known name with its scope or its separators written otherwise.
"""

from __future__ import annotations

import re
from functools import cache

from .likeness import DOUBLED, LEFT_OUT, SWAPPED, skeleton_of, slip
from .values import NamedTuple

_NPM = """@modelcontextprotocol/server-filesystem @modelcontextprotocol/server-memory
    @modelcontextprotocol/server-sequential-thinking @modelcontextprotocol/server-everything
    @modelcontextprotocol/server-github @modelcontextprotocol/server-gitlab @modelcontextprotocol/server-postgres
    @modelcontextprotocol/server-puppeteer @modelcontextprotocol/server-slack @modelcontextprotocol/server-brave-search
    @modelcontextprotocol/server-google-maps @modelcontextprotocol/server-gdrive @modelcontextprotocol/server-redis
    @modelcontextprotocol/inspector @playwright/mcp @upstash/context7-mcp @notionhq/notion-mcp-server
    @supabase/mcp-server-supabase @stripe/mcp @sentry/mcp-server @cloudflare/mcp-server-cloudflare @azure/mcp
    @browsermcp/mcp @executeautomation/playwright-mcp-server chrome-devtools-mcp figma-developer-mcp firecrawl-mcp
    tavily-mcp exa-mcp-server mongodb-mcp-server mcp-remote supergateway shadcn-ui-mcp-server airtable-mcp-server
    desktop-commander puppeteer-mcp-server @wonderwhy-er/desktop-commander @heroku/mcp-server @hubspot/mcp-server
    @apify/actors-mcp-server @elastic/mcp-server-elasticsearch @shopify/dev-mcp @21st-dev/magic"""
_PYPI = """mcp-server-fetch mcp-server-git mcp-server-time mcp-server-sqlite mcp-server-sentry mcp-server-qdrant
    mcp-proxy mcp-atlassian markitdown-mcp awslabs-aws-documentation-mcp-server awslabs-aws-api-mcp-server
    duckduckgo-mcp-server arxiv-mcp-server blender-mcp serena-agent postgres-mcp browser-use fastmcp"""
KNOWN = frozenset({*(f"npm:{name}" for name in _NPM.split()), *(f"pypi:{name}" for name in _PYPI.split())})
"""With their ecosystem in front."""

_LEAST_WORD = 5
"""Letters a word needs before a slip in it means something."""
_LEAST_NAME = 10
"""Letters a name needs before being spelled alike means something."""
_LONGEST = 100
_REFERENCE = "@modelcontextprotocol/"
"""A scope that is left out by mistake. Of other scoped names, people publish the words without the scope as well."""
_UNSCOPED = "without its scope"
_REWRITTEN = "written otherwise"
_ALIKE = "with letters that look the same"


class _Known(NamedTuple):
    """A known name taken apart."""

    name: str
    words: tuple[str, ...]
    plain: str
    skeleton: str


class Likeness(NamedTuple):
    """Which package a name imitates, and how."""

    name: str
    how: str


def imitated(name: str) -> Likeness | None:
    """What a package name, with its ecosystem in front, imitates; None for a name of its own."""
    ecosystem, _, bare = name.lower().partition(":")
    if ecosystem == "pypi":
        bare = re.sub(r"[-_.]+", "-", bare)
    written = f"{ecosystem}:{bare}"
    if written in KNOWN or not 0 < len(bare) <= _LONGEST:
        return None
    parts = _parts(bare)
    plain = "".join(parts)
    skeleton = skeleton_of(plain)
    for known in _known(ecosystem):
        how = _how(_Known(bare, parts, plain, skeleton), known)
        if how:
            return Likeness(f"{ecosystem}:{known.name}", how)
    return None


def _how(odd: _Known, known: _Known) -> str:
    is_reference = known.name.startswith(_REFERENCE)
    if odd.plain == known.plain:
        return _REWRITTEN if is_reference or odd.name[0] == "@" or known.name[0] != "@" else ""
    if is_reference and odd.name == known.name.removeprefix(_REFERENCE):
        return _UNSCOPED
    if len(known.plain) >= _LEAST_NAME and odd.skeleton == known.skeleton:
        return _ALIKE
    return _slipped(odd.words, known.words)


def _slipped(parts: tuple[str, ...], words: tuple[str, ...]) -> str:
    """The slip in the only word that differs."""
    if len(parts) != len(words):
        return ""
    differing = [(true, odd) for true, odd in zip(words, parts, strict=True) if true != odd]
    if len(differing) != 1:
        return ""
    how = slip(*differing[0], _LEAST_WORD)
    return how if how in (SWAPPED, DOUBLED, LEFT_OUT) else ""


@cache
def _known(ecosystem: str) -> tuple[_Known, ...]:
    names = [bare for kind, _, bare in (name.partition(":") for name in sorted(KNOWN)) if kind == ecosystem]
    plain = ["".join(_parts(name)) for name in names]
    return tuple(_Known(name, _parts(name), text, skeleton_of(text)) for name, text in zip(names, plain, strict=True))


def _parts(bare: str) -> tuple[str, ...]:
    return tuple(filter(None, re.split(r"[^a-z0-9]+", bare)))
