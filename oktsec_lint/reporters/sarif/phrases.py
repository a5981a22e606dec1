"""Texts for SARIF: visible, within GitHub's lengths, and, where a stranger wrote them, free of links.

SARIF reads `[text](target)` in a message as a link, so brackets and the escape character itself are escaped.
"""

from __future__ import annotations

import re

from oktsec_lint.core.display import visible

_LONGEST = 1024
"""GitHub's limit for the descriptions of a rule."""
_NAME = 255
_ELLIPSIS = "..."
_SPECIAL = re.compile(r"([\\\[\]])")
_WORD = re.compile(r"[A-Za-z0-9]+")


def quoted(text: str, limit: int = 200) -> str:
    """A stranger's text inside a message: one visible line in which nothing is a link."""
    return _SPECIAL.sub(r"\\\1", visible(text, limit))


def sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def description(text: str) -> str:
    """A rule's own text as one visible sentence within the limit."""
    line = sentence(visible(" ".join(text.split()), _LONGEST))
    return line if len(line) <= _LONGEST else line[: _LONGEST - len(_ELLIPSIS)] + _ELLIPSIS


def label(text: str) -> str:
    """A short piece of a rule, such as a tag or an address, on one visible line."""
    return visible(text, _NAME)


def paragraphs(text: str) -> str:
    """A rule's own text with its lines kept, each made visible."""
    return "\n".join(visible(line, _LONGEST) for line in text.strip().split("\n"))


def pascal_case(name: str, fallback: str) -> str:
    """`Tool description injection` to `ToolDescriptionInjection`, as SARIF2012 wants a rule to be named."""
    words = _WORD.findall(name) or _WORD.findall(fallback) or ["Rule"]
    return "".join(word[0].upper() + word[1:] for word in words)[:_NAME]
