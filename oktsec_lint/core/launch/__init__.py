"""What a launch line gives away, whatever file it stands in: the rules that read a `Manifest` and start nothing."""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.findings import Hit
from oktsec_lint.core.manifest import OKTSEC_YAML, Entry, Manifest

from . import approvals, credentials, packages, shells, startable, twins, urls
from .lines import ENGINES, line_of

__all__ = ["launch_problems"]


def launch_problems(manifest: Manifest) -> Iterator[Hit]:
    """Everything about the launch lines of a manifest, entry by entry; disabled ones too."""
    yield from approvals.approval_problems(manifest)
    for program in manifest.programs:
        yield from shells.program_problems(program)
    for entry in manifest.entries:
        yield from _of_entry(entry, manifest)
    yield from twins.within(manifest)


def _of_entry(entry: Entry, manifest: Manifest) -> Iterator[Hit]:
    line = line_of(entry)
    yield from startable.command_line(entry)
    yield from packages.version_left_open(entry)
    yield from packages.imitation(entry)
    yield from urls.of_entry(entry, own=manifest.format == OKTSEC_YAML)
    yield from credentials.of_entry(entry, manifest.reference)
    yield from shells.shell_problems(line)
    if line.program in ENGINES:
        from .containers import container_problems  # its patterns cost more than a run without containers has to pay

        yield from container_problems(line.words)
    for program in entry.programs:
        yield from shells.program_problems(program)
