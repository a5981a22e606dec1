"""LCH-008: one name for two launch lines, so that nobody knows which server a tool belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oktsec_lint.core.display import quoted
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.manifest import Entry, Manifest, launch_line

RULE = "LCH-008"


def within(manifest: Manifest) -> Iterator[Hit]:
    """Of the scopes of one file, at the later entry."""
    first: dict[str, Entry] = {}
    for entry in _started(manifest):
        known = first.setdefault(entry.name, entry)
        if launch_line(known.spec) != launch_line(entry.spec):
            yield _hit(entry, f"for {quoted(known.scope)}" if known.scope else "for every project")


def across(manifests: Sequence[Manifest]) -> dict[str, tuple[Hit, ...]]:
    """Of several files, by the path of the later one."""
    first: dict[str, tuple[str, Entry]] = {}
    found: dict[str, tuple[Hit, ...]] = {}
    for manifest in manifests:
        for entry in _started(manifest):
            path, known = first.setdefault(entry.name, (manifest.path, entry))
            if path != manifest.path and launch_line(known.spec) != launch_line(entry.spec):
                found[manifest.path] = (*found.get(manifest.path, ()), _hit(entry, f"in {quoted(path)}"))
    return found


def _started(manifest: Manifest) -> Iterator[Entry]:
    return (entry for entry in manifest.entries if entry.disabled is None)


def _hit(entry: Entry, where: str) -> Hit:
    message = f"{quoted(entry.name)} is another server here than {where}"
    return entry.at.hit(RULE, message, at_key=True)
