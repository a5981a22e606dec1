"""How a gateway tells its operator something."""

from __future__ import annotations

from typing import Protocol


class Say(Protocol):
    """Takes a sentence. Called in any thread; must not raise."""

    def __call__(self, sentence: str, *, news: bool = False) -> None:
        """`news` is nothing that anybody has to look after: a server that is ready, a configuration that was read."""
