"""A rule as a value: what it matches, why it matters, what to do, and the examples that prove it.

Upstream's rule documents and ours parse to the same type. The contract every pattern keeps (RE2 syntax, no look-around)
is what lets an unknown text be judged in linear time.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from .findings import Confidence, Severity
from .model import EMPTY, JsonValue
from .values import NamedTuple

VALIDATORS = frozenset(
    """luhn mod97 crc32-base62 live entropy basic-auth national-number letter-number metadata-host internal-host
    disguised-host""".split()
)
"""What a pattern's `validate` may name; the functions are in `core.validators`, which few runs need."""


class PatternType(StrEnum):
    """How a pattern is read."""

    REGEX = "regex"
    CONTAINS = "contains"


class Pattern(NamedTuple):
    """RE2 syntax (`regex`) or a case-insensitive substring (`contains`)."""

    type: PatternType
    value: str
    words: tuple[tuple[str, ...], ...] = ()
    """Groups of lower-case words: every match holds one word of each group, in some letter case. Worked out when the
    built-in rules are compiled (`oktsec_lint.literals`); empty when nothing is known."""
    validate: str = ""
    """Which of `VALIDATORS` a match has to pass to count; empty when every match does."""


class Example(NamedTuple):
    """One proof of a rule: a subject it must flag or must pass. Exactly one of the subject fields is set."""

    flagged: bool
    text: str | None = None
    on: str = "tool.description"
    """The surface kind of `text`."""
    span: str = ""
    """The exact characters a flagged `text` must be reported for; empty leaves the span open."""
    definition: Mapping[str, JsonValue] | None = None
    """A whole tool definition."""
    config: str | None = None
    """A configuration, for rules about it."""
    file: str = "oktsec.yaml"
    """What the file with that configuration is called: a client's is known by its name."""
    servers: Mapping[str, JsonValue] | None = None
    """Server name to its tools (definitions or bare names), for rules about an inventory; goes with `config`."""
    note: str = ""


class Rule(NamedTuple):
    """One rule of the rulebook."""

    id: str
    name: str
    """A short title for people, such as `Tool description injection`."""
    severity: Severity
    category: str
    description: str = ""
    message: str = ""
    """What a flagged text does, to follow its name: `tells the model to read secret files`."""
    sensitive: bool = False
    """True when what it matches is itself a secret, to be masked wherever it would be shown."""
    confidence: Confidence = Confidence.MEDIUM
    applies_to: tuple[str, ...] = ("definition",)
    """Surface kinds (`tool.description`) or groups (`definition`, `tool`, `message`); see `surfaces.expand`."""
    views: tuple[str, ...] = ("raw", "folded", "decoded")
    """Which readings of a text the patterns see: as written, as a model reads it (see `core.views`), and, with
    `decoded`, the same two of whatever was encoded in it."""
    match_all: bool = False
    """True when every pattern has to occur in the same text (upstream's `match_mode: all`)."""
    patterns: tuple[Pattern, ...] = ()
    exclude_patterns: tuple[Pattern, ...] = ()
    """What is no hit after all. Such a pattern has to cover the whole match, so no word beside it can excuse it."""
    excludes_line: bool = False
    """True for upstream's rules: an exclude pattern anywhere on the match's own line excuses it."""
    spares_mentions: bool = False
    """True when what a text forbids, or quotes in a few words as an example of what it detects, is no hit."""
    check: str = ""
    """Name of the check in code that yields this rule's hits; empty for rules that are patterns alone."""
    parts: tuple[str, ...] = ()
    """For rules with the check `grammar`: the parts of the attack grammar whose weight makes a finding theirs."""
    why: str = ""
    fix: str = ""
    references: tuple[str, ...] = ()
    taxa: Mapping[str, tuple[str, ...]] = EMPTY
    """Taxonomy (`owasp-mcp`, `owasp-agentic`, `cwe`) to ids (`MCP03`, `ASI01`, `1427`)."""
    tags: tuple[str, ...] = ()
    """Content classes that `blocked_content` may name beside the category."""
    examples: tuple[Example, ...] = ()
    origin: str = ""
    """The rule file, for error messages; empty for built-in rules."""
