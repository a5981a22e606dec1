"""The rules that need code, by the name their rule file gives in `check:`.

A check is a function from what is offered and what is configured to hits. Checks are strangers to each other; the
table is the only place that knows them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from oktsec_lint.core.config import Config
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.model import Inventory

from . import (
    clashes,
    coverage,
    flows,
    hints,
    identity,
    listing,
    lookalike,
    open_agents,
    read_only,
    references,
    schemas,
    squatting,
)

Check: TypeAlias = Callable[[Inventory, Config], Iterable[Hit]]

CHECKS: Mapping[str, Check] = {
    "clashes": clashes.check,
    "coverage": coverage.check,
    "flows": flows.check,
    "hints": hints.check,
    "identity": identity.check,
    "listing": listing.check,
    "lookalike": lookalike.check,
    "open-agents": open_agents.check,
    "read-only": read_only.check,
    "references": references.check,
    "schemas": schemas.check,
    "squatting": squatting.check,
}
