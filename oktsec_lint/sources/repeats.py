"""CFG-002: a key that is written twice, in any format that has keys."""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.display import quoted
from oktsec_lint.core.fields import address_of
from oktsec_lint.core.findings import Hit

from .document import Document, Oddity

_MOST_LINES = 5


def duplicate_keys(document: Document) -> Iterator[Hit]:
    """CFG-002, at the occurrence that counts here: the last."""
    for anomaly in document.anomalies:
        if anomaly.oddity is not Oddity.DUPLICATE_KEY:
            continue
        at = address_of(document.path, anomaly.pointer)
        lines = [f"{document.lines.position(span.start)[0]}" for span in anomaly.spans[:_MOST_LINES]]
        more = ", ..." if len(anomaly.spans) > _MOST_LINES else ""
        message = f"{quoted(at.dotted)} is written {len(anomaly.spans)} times, on lines {', '.join(lines)}{more}"
        yield at.hit("CFG-002", message, at_key=True)
