"""The headers of one request, as a recipient has to read them (RFC 9110 section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


class Headers:
    """Values by lower-case name, repeated ones kept, without the white space around them."""

    def __init__(self, headers: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in headers:
            self._values.setdefault(name.lower(), []).append(value.strip(" \t"))

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def one(self, name: str) -> str:
        """The first value of a header; empty when there is none."""
        return self._values.get(name, [""])[0]

    def all(self, name: str) -> Sequence[str]:
        """Every value of a header."""
        return self._values.get(name, ())

    def repeated(self, names: Iterable[str]) -> str:
        """The first of these headers that is there more than once; empty for none."""
        return next((name for name in names if len(self.all(name)) > 1), "")
