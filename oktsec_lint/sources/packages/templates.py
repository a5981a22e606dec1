"""What stands for an input in the texts of a manifest: `{name}`, `${user_config.name}`, `{{name.setting|filter}}`."""

from __future__ import annotations

import re

_TEMPLATE = re.compile(r"\{\{(?P<twice>[^{}]{0,200})\}\}|\$?\{(?P<once>[^{}]{0,200})\}")
_PLACE = re.compile(r"(?P<host>[a-z]+://[^/?#]*)?(?P<rest>.*)", re.IGNORECASE | re.DOTALL)


def without_templates(text: str) -> str:
    """What of a text is written out."""
    return _TEMPLATE.sub("", text)


def as_variables(text: str) -> str:
    """The text with `${NAME}` for everything that its user is asked for. The host of a URL stays as it is: it decides
    who is reached, whatever is filled in."""
    parts = _PLACE.match(text)
    if parts is None:
        return text
    return (parts["host"] or "") + _TEMPLATE.sub(_variable, parts["rest"])


def _variable(match: re.Match[str]) -> str:
    name = (match["twice"] or match["once"] or "").partition("|")[0].removeprefix("user_config.")
    plain = re.sub("[^A-Za-z0-9]+", "_", name).strip("_").upper()
    return f"${{{plain}}}" if plain else match.group()
