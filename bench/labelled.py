"""Labelled definitions for the detection benchmarks: a directory of corpora, and our own seeds.

A line is `{"id", "server", "tool", "label", "threat_class"?, "source"?, "orig"?}`; for a seed the directory says the
label.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from oktsec_lint.core import surfaces
from oktsec_lint.core.surfaces import Surface
from oktsec_lint.sources.jsonl import Manifest, read_manifest

SEEDS = Path(__file__).with_name("seeds")
HEADLINE = frozenset({"instruction", "unicode", "encoded", "ansi"})
VIEWS = frozenset({"hard_negatives"})
"""Sources that repeat records of others."""


class Labelled(NamedTuple):
    """One labelled definition."""

    id: str
    source: str
    server: str
    malicious: bool
    headline: bool
    half: int
    """0 or 1: a fixed split of a source's records."""
    tool: dict[str, Any]
    family: str = ""
    language: str = ""

    @property
    def line(self) -> str:
        """As the manifest stream takes it."""
        return json.dumps({"id": self.id, "server": self.server, "tool": self.tool})


def corpora(directory: Path) -> Iterator[Labelled]:
    for file in sorted(directory.glob("*.jsonl")):
        for text in file.read_text("utf-8").splitlines() if file.stem not in VIEWS else ():
            row = json.loads(text)
            malicious = row["label"] == "malicious"
            number = str(row.get("orig") or row["id"]).rpartition(":")[2]
            half = int(number) % 2 if number.isdigit() else 0
            headline = malicious and row.get("threat_class") in HEADLINE
            yield Labelled(
                row["id"],
                file.stem,
                row["server"],
                malicious,
                headline,
                half,
                row["tool"],
                row.get("threat_class") or "",
            )


def seeds(directory: Path = SEEDS) -> Iterator[Labelled]:
    for file in sorted(directory.glob("*/*.jsonl")):
        malicious = file.parent.name == "attacks"
        for number, text in enumerate(file.read_text("utf-8").splitlines()):
            row = json.loads(text)
            source = f"seeds-{file.stem}"
            yield Labelled(
                row["id"],
                source,
                row.get("server", ""),
                malicious,
                malicious,
                number % 2,
                row["tool"],
                row.get("family", ""),
                row.get("lang", ""),
            )


def texts_of(record: Labelled) -> list[list[Surface]]:
    """The surfaces of a record, one list an object, as a scan sees them."""
    found = read_manifest(record.line)
    if not isinstance(found, Manifest):
        raise SystemExit(f"{record.id} is no manifest")
    return [list(surfaces.of_definition(found.server, item)) for item in found.server.definitions]
