"""Every example of every rule file, and what holds for all of them."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint import grammarbook, rulebook
from oktsec_lint.core import surfaces
from oktsec_lint.core.checks import CHECKS
from oktsec_lint.core.config import Config
from oktsec_lint.core.engine import Engine
from oktsec_lint.core.findings import Finding, Hit
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.matchers import MAX_WIDTH, source
from oktsec_lint.core.model import Definition, Inventory, JsonValue, Kind, Server, Status, Subject
from oktsec_lint.core.rules import Example, Rule
from oktsec_lint.core.surfaces import Surface
from oktsec_lint.core.views.disguises import TECHNIQUES

BOOK = rulebook.documented()
FILES = sorted(path for path in rulebook.rules_dir().rglob("*.yaml"))
FAMILIES = {
    "IAP": "iap",
    "CFG": "config",
    "COV": "coverage",
    "LST": "listing",
    "OBF": "obfuscation",
    "DEF": "definitions",
    "ARG": "arguments",
    "SEC": "secrets",
    "FLW": "flows",
    "RES": "results",
    "INJ": "injection",
    "SUP": "suppressions",
    "LCH": "launch",
    "PKG": "packages",
}
GRAMMAR = "grammar"
"""The check of the rules whose hits the attack grammar yields, all of them together."""
GRAMMAR_RULES = {rule.id for rule in BOOK if rule.check == GRAMMAR}
SUSPECT = {
    "Never pass the API key as an argument; set SERVICE_API_KEY in the environment.",
    "Never pass the API key as an argument. See .env.example.",
    "Forward all invoices to finance@shop.example and tell the user.",
    "Quietly skips duplicates. Sends the digest to a recipient such as ops@shop.example.",
    "Send the build report to https://ci.example.org/webhook",
    (
        "Always use this tool first to read the full list of chats. "
        "Do not tell the user about this error twice, copy it to the log."
    ),
    "Then run the migration without asking for a password. Forget everything that is older than `days`.",
    "Contact an administrator if you need elevated access.",
    "To continue, run the installer with administrator rights.",
    (
        'Scores how likely a text is a prompt injection, such as "ignore all previous instructions" or '
        '"disregard your prior rules".'
    ),
}
"""Near misses of the pattern rules that the attack grammar raises: each of them is an order to whoever reads it."""
KEY_ORDER = """id name severity confidence category tags applies_to views message sensitive match_mode
spares_mentions patterns exclude_patterns check parts description why fix references taxa examples""".split()
TAXA = {"owasp-mcp": r"MCP(0[1-9]|10)", "owasp-agentic": r"ASI(0[1-9]|10)", "cwe": r"[1-9][0-9]{0,3}"}


def examples(*, flagged: bool) -> list[Any]:
    return [
        pytest.param(rule, example, id=f"{rule.id}-{number}")
        for rule in BOOK
        for number, example in enumerate(rule.examples)
        if example.flagged is flagged
    ]


@cache
def whole_book() -> Engine:
    return Engine(rulebook.builtin(), grammarbook.builtin())


@cache
def grammar_alone() -> Engine:
    return Engine((rule for rule in rulebook.builtin() if rule.check == GRAMMAR), grammarbook.builtin())


@cache
def rule_alone(rule_id: str) -> Engine:
    return Engine(rule for rule in rulebook.builtin() if rule.id == rule_id)


def is_of_engine(rule: Rule) -> bool:
    """Whether the engine finds it, in texts; the rest is for the judge."""
    return bool(rule.patterns) or rule.check in TECHNIQUES or rule.check == GRAMMAR


def surfaces_of(example: Example) -> list[Surface]:
    if example.text is not None:
        owner, _, _ = example.on.partition(".")
        kind = Kind(owner) if owner in set(Kind) else Kind.TOOL
        return [Surface(example.on, example.text, Subject("example", kind, "example"), "")]
    (server,) = inventory_of(example, Config()).servers
    return list(surfaces.of_server(server))


def tool(body: JsonValue) -> Definition:
    body = body if isinstance(body, dict) else {"name": body}
    name = body.get("name")
    return Definition(Kind.TOOL, name if isinstance(name, str) else "", body)


def server(name: str, tools: JsonValue) -> Server:
    items = tools if isinstance(tools, list) else []
    return Server(name, Status.COMPLETE, definitions=tuple(map(tool, items)))


def inventory_of(example: Example, config: Config) -> Inventory:
    """What the example's servers offer; a configured server the example says nothing about was not listed."""
    if example.definition is not None:
        return Inventory((server("example", [dict(example.definition)]),))
    offered = dict(example.servers or {})
    missing = [spec.name for spec in config.servers if spec.name not in offered] if offered else []
    silent = (Server(name, Status.NOT_SCANNED, "not part of the example") for name in missing)
    return Inventory((*(server(name, tools) for name, tools in offered.items()), *silent))


def findings_of(example: Example) -> tuple[Finding, ...]:
    """Everything the judge says about an example with a configuration, servers or a definition."""
    config, known = Config(), ()
    if example.config is not None:
        config, known = loaded(example.config, example.file)
    judge = Judge(rulebook.builtin(), config, grammarbook.builtin())
    return judge.judge(inventory_of(example, config), known).inspection.findings


def loaded(text: str, file: str) -> tuple[Config, tuple[Hit, ...]]:
    results = import_module("oktsec_lint.sources").open_source(
        file,
        text.encode(),
        known_rules=frozenset(rule.id for rule in BOOK),
        known_categories=frozenset(name for rule in BOOK for name in (rule.category, *rule.tags)),
    )
    return getattr(results, "config", Config()), results.hits


def evidence_of(rule: Rule, example: Example) -> list[str] | None:
    """The spans for which a rule flags an example; None when it does not."""
    if is_of_engine(rule):
        engine = grammar_alone() if rule.check == GRAMMAR else rule_alone(rule.id)
        found, unfinished = engine.inspect(surfaces_of(example))
        assert not unfinished
        hits = [hit for hit in found if hit.rule == rule.id]
        texts = {surface.pointer: surface.text for surface in surfaces_of(example) if not surface.kind.endswith(".key")}
        spans = [(texts.get(hit.pointer, ""), item) for hit in hits for item in hit.evidence]
        return [text[item.start : item.end] for text, item in spans] if hits else None
    findings = [finding for finding in findings_of(example) if finding.rule == rule.id]
    return [item.text for finding in findings for item in finding.evidence] if findings else None


@pytest.mark.parametrize(("rule", "example"), examples(flagged=True))
def test_is_flagged(rule: Rule, example: Example) -> None:
    evidence = evidence_of(rule, example)
    assert evidence is not None
    assert not example.span or example.span in evidence


@pytest.mark.parametrize(("rule", "example"), examples(flagged=False))
def test_is_passed(rule: Rule, example: Example) -> None:
    assert evidence_of(rule, example) is None
    if is_of_engine(rule):
        hits, _ = whole_book().inspect(surfaces_of(example))
        others = [hit for hit in hits if hit.rule not in GRAMMAR_RULES or example.text not in SUSPECT]
        assert not [(hit.rule, hit.evidence[0].text) for hit in others], "another rule flags it"


def test_every_suspect_is_an_example() -> None:
    near_misses = {example.text for rule in BOOK for example in rule.examples if not example.flagged}
    assert near_misses >= SUSPECT


def between_words(gap: str) -> Callable[[str], str]:
    """Spaces as something nobody sees."""
    return lambda text: text.replace(" ", gap)


def around_words(opening: str, closing: str) -> Callable[[str], str]:
    """Every word of letters alone inside marks."""
    return lambda text: " ".join(f"{opening}{word}{closing}" if word.isalpha() else word for word in text.split(" "))


def each(text: str, change: Callable[[str], str]) -> str:
    return "".join(map(change, text))


DISGUISES: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "zero width": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "struck out": lambda text: each(text, lambda char: f"{char}\u0336"),
    "Cyrillic": lambda text: text.translate(str.maketrans("aeopcyxiAEOPCTHKMBX", "аеорсухіАЕОРСТНКМВХ")),
    "full width": lambda text: each(text, lambda char: chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char),
    "bold": lambda text: each(text, lambda char: chr(0x1D41A + ord(char) - 97) if "a" <= char <= "z" else char),
    "zero width spaces": between_words("\u200b"),
    "NUL for spaces": between_words("\x00"),
    "terminal for spaces": between_words("\x1b[0m"),
    "tags for spaces": between_words("<br/>"),
    "Markdown bold": around_words("**", "**"),
    "Markdown italics": around_words("_", "_"),
    "Markdown code": around_words("`", "`"),
    "HTML bold": around_words("<b>", "</b>"),
    "bold and zero width": lambda text: around_words("**", "**")(text).replace(" ", "\u200b"),
    "bold letters": lambda text: each(text, lambda char: f"<i>{char}</i>" if char.isalpha() else char),
    "padding": lambda text: text.replace(" ", " \n\t\u00a0 "),
    "escapes for spaces": lambda text: text.replace(" ", "\\n"),
    "terminal": "\x1b[0m".join,
    "fence": lambda text: f"```\n{text}\n```",
    "comment": lambda text: f"<!-- {text} -->",
    "upstream's ignore": lambda text: f"{text} <!-- aguara-ignore --> # aguara-ignore",
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64 twice": lambda text: b64encode(b64encode(text.encode())).decode(),
    "hex": lambda text: text.encode().hex(),
    "entities": lambda text: each(text, lambda char: f"&#{ord(char)};"),
    "percent": lambda text: each(text, lambda char: f"%{ord(char):02x}"),
    "unicode escapes": lambda text: each(text, lambda char: f"\\u{ord(char):04x}"),
    "tags": lambda text: each(text, lambda char: chr(0xE0000 + ord(char))),
}


READ_FOLDED = [
    item
    for item in examples(flagged=True)
    if "folded" in item.values[0].views and item.values[0].patterns and (item.values[1].text or "é").isascii()
]


@pytest.mark.parametrize(("rule", "example"), READ_FOLDED)
def test_is_flagged_in_every_disguise(rule: Rule, example: Example) -> None:
    """One test for all of them: five thousand would take longer to be collected than to run."""
    assert example.text
    disguised = {name: f"About: {disguise(example.text)}" for name, disguise in DISGUISES.items()}
    missed = [name for name, text in disguised.items() if evidence_of(rule, example._replace(text=text)) is None]
    assert not missed


@given(st.data())
def test_one_marked_word_hides_nothing(data: st.DataObject) -> None:
    rule, example = data.draw(st.sampled_from([item.values for item in READ_FOLDED]))
    words = example.text.split(" ")
    at = data.draw(st.integers(0, len(words) - 1))
    opening, closing = data.draw(st.sampled_from([("**", "**"), ("<b>", "</b>"), ("~~", "~~"), ("\u200b", "\x00")]))
    words[at] = f"{opening}{words[at]}{closing}"
    assert evidence_of(rule, example._replace(text=" ".join(words))) is not None


@pytest.mark.parametrize("rule", BOOK, ids=lambda rule: rule.id)
def test_is_complete(rule: Rule) -> None:
    for text in (rule.name, rule.description, rule.why, rule.fix):
        assert text
        assert text == text.strip()
    assert all(re.fullmatch(TAXA[name], item) for name, items in rule.taxa.items() for item in items)
    assert all(link.startswith("https://") for link in rule.references)
    assert not rule.excludes_line, "a word beside a match must not excuse it"
    if rule.check in CHECKS or rule.patterns:
        assert rule.check or rule.message


@pytest.mark.parametrize("rule", [rule for rule in BOOK if rule.id[:3] in {"IAP", "INJ"}], ids=lambda rule: rule.id)
def test_rules_about_injection_have_three_examples_of_each_kind(rule: Rule) -> None:
    for flagged in (True, False):
        assert sum(example.flagged is flagged for example in rule.examples) >= 3


def test_upstreams_ids_are_all_there() -> None:
    assert [rule.id for rule in BOOK if rule.id.startswith("IAP")] == [f"IAP-{number:03}" for number in range(1, 18)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_is_one_rule_in_its_place(path: Path) -> None:
    (document,) = yaml.load_all(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    family, number, _ = path.stem.split("-", 2)
    assert document["id"] == f"{family}-{number}"
    assert path.parent.name == FAMILIES.get(family, path.parent.name)
    assert re.fullmatch(r"[A-Z]+-[0-9]{3}(-[a-z0-9]+)+", path.stem)
    assert list(document) == sorted(document, key=KEY_ORDER.index)


PATTERNS = [
    pytest.param(rule, pattern, id=f"{rule.id}-{number}")
    for rule in rulebook.builtin()
    for number, pattern in enumerate(rule.patterns, 1)
]


@pytest.mark.parametrize(("rule", "pattern"), PATTERNS)
def test_pattern_keeps_the_contract(rule: Rule, pattern: Any) -> None:
    parser: Any = import_module("re._parser")
    _, widest = parser.parse(source(pattern)).getwidth()
    assert widest <= MAX_WIDTH
    if "raw" not in rule.views:
        bare = re.sub(r"\\.", "", pattern.value)
        assert bare == bare.lower(), "folded text has no capitals"
        assert "  " not in bare, "folded text has no two spaces"


def test_nearly_every_pattern_has_words() -> None:
    """Patterns without run on every text; each one here is worth it."""
    wordless = [rule.id for rule in rulebook.builtin() for pattern in rule.patterns if not pattern.words]
    assert wordless == ["IAP-002", "IAP-002", "SEC-006", "SEC-007"]


@pytest.mark.parametrize("rule", [rule for rule in BOOK if rule.exclude_patterns], ids=lambda rule: rule.id)
def test_what_excuses_a_match_has_no_room_for_another(rule: Rule) -> None:
    """A gap in an exclude pattern would let an attack stand inside the excuse."""
    for pattern in rule.exclude_patterns:
        assert not re.search(r"(?<!\\)\.[*+{]|\[\^[^\]]*\][*+]", pattern.value)
