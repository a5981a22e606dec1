"""What a launch line gives away, whatever file it stands in: the rules that read a `Manifest` and start nothing."""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.findings import Hit
from oktsec_lint.core.manifest import Manifest

from . import credentials, packages, urls

__all__ = ["launch_problems"]


def launch_problems(manifest: Manifest) -> Iterator[Hit]:
    """Everything about the launch lines of a manifest, entry by entry; disabled ones too."""
    for entry in manifest.entries:
        yield from packages.version_left_open(entry)
        yield from urls.of_entry(entry)
        yield from credentials.of_entry(entry, manifest.reference)
