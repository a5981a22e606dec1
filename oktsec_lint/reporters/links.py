"""Where the project lives on the web: the one place a renamed repository has to be changed in."""

from __future__ import annotations

from oktsec_lint.core.rules import Rule

TOOL = "oktsec-lint"
HOME = "https://github.com/oktsec/oktsec-lint"
_RULE_PAGES = f"{HOME}/blob/main/docs/rules"


def rule_page(rule: Rule) -> str:
    """The page that explains a rule; a rule of the user's own has none but its first reference, or nothing at all."""
    if rule.origin:
        return rule.references[0] if rule.references else ""
    return f"{_RULE_PAGES}/{rule.id}.md"
