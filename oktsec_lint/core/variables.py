"""References to the environment in a configuration: `${VAR}` and `${VAR:-default}`.

This is the only place that expands them. The environment comes in as a value, and what is put in is never shown: a
variable that is not set is reported by its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .display import listed

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


class Expansion:
    """Puts variables into texts, one after the other; everything else, `$VAR` too, is left as it is."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._missing: list[str] = []
        self.used: list[tuple[str, str]] = []
        """The names and values of the variables that were put in."""

    def __call__(self, text: str) -> str:
        return _VARIABLE.sub(self._value, text)

    @property
    def trouble(self) -> str:
        """Which variables are not set, as a sentence's part; empty when every one is."""
        names = tuple(dict.fromkeys(self._missing))
        if not names:
            return ""
        return f"environment {'variable' if len(names) == 1 else 'variables'} {listed(names)} not set"

    def _value(self, match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        value = self._environ.get(name)
        if not value and default is not None:
            value = default
        if value is None:
            self._missing.append(name)
            return ""
        self.used.append((name, value))
        return value
