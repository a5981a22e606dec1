"""The keys of the file that the writer and the reader share."""

from __future__ import annotations

from collections.abc import Mapping

from oktsec_lint.core.model import Kind

LISTS: Mapping[str, Kind] = {
    "tools": Kind.TOOL,
    "prompts": Kind.PROMPT,
    "resources": Kind.RESOURCE,
    "templates": Kind.TEMPLATE,
}
"""Members of a server that list definitions."""
