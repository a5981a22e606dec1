"""`lint`: what to report, and which findings somebody decided to live with. A section of this tool alone."""

from __future__ import annotations

from .shapes import Format, Key, list_of, section, text, texts

_UNREAD = "an entry that is not wholly understood suppresses nothing"

SUPPRESSION = section(
    Key("rule", text(), "Id of the rule", required=True, unread=_UNREAD, other_names=("id", "rules")),
    Key("reason", text(), "Why the finding is lived with", unread=_UNREAD, other_names=("why", "statement", "comment")),
    Key("server", text(), "The only server it is for", unread=_UNREAD, other_names=("servers",)),
    Key("tool", text(), "The only tool it is for, by any of its names", unread=_UNREAD, other_names=("tools",)),
    Key(
        "at",
        text(),
        "JSON pointer of the only place it is for, inside the tool or the configuration",
        unread=_UNREAD,
        other_names=("place", "path", "pointer"),
    ),
    Key(
        "until",
        text(form=Format.DAY),
        "Last day it holds",
        unread=_UNREAD,
        other_names=("expires", "expiry", "expired_at", "expires_at"),
    ),
)

LINT = section(
    Key("suppress", list_of(SUPPRESSION), "Findings that are lived with", other_names=("suppressions", "ignores")),
    Key("select", texts(), "Ids or families of the only rules to report"),
    Key("ignore", texts(), "Ids or families of rules not to report", other_names=("disable", "exclude")),
    Key("min_confidence", text("low", "medium", "high"), "Least confidence of what is reported", default="low"),
    Key("persona", text("regular", "pedantic", "auditor"), "How much is reported", default="regular"),
)
