"""What would change in a file, on stdout, as a unified diff. Credentials are asterisks in it."""

from __future__ import annotations

import sys

from oktsec_lint.sources.document import Document


def print_difference(before: Document, after: Document, name: str) -> None:
    """Both as they may be shown: what is concealed in either is not printed."""
    import difflib

    for line in difflib.unified_diff(before.shown_lines(), after.shown_lines(), f"a/{name}", f"b/{name}"):
        end = "" if line.endswith("\n") else "\n\\ No newline at end of file\n"
        sys.stdout.write(line + end)
