"""The engine: what counts as a hit, what a hit shows, and that no text can talk its way out of one."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oktsec_lint import grammarbook, rulebook
from oktsec_lint.core.engine import Engine
from oktsec_lint.core.findings import Hit, Severity, Unfinished
from oktsec_lint.core.model import Kind, Place, Subject
from oktsec_lint.core.rules import Pattern, PatternType, Rule
from oktsec_lint.core.surfaces import Surface
from oktsec_lint.core.views.decoding import MAX_ROUNDS

SUBJECT = Subject("files", Kind.TOOL, "read_file")
DESCRIPTION = "tool.description"


def rule(*patterns: str, excludes: Sequence[str] = (), **fields: Any) -> Rule:
    return Rule(
        **{"id": "X-1", "name": "Example", "severity": Severity.HIGH, "category": "test", **fields},
        patterns=tuple(Pattern(PatternType.REGEX, value) for value in patterns),
        exclude_patterns=tuple(Pattern(PatternType.REGEX, value) for value in excludes),
    )


def surface(text: str, kind: str = DESCRIPTION, pointer: str = "/description") -> Surface:
    return Surface(kind, text, SUBJECT, pointer, Place("tools.json", ""))


def inspect(rules: Rule | Iterable[Rule], *texts: str, kind: str = DESCRIPTION) -> tuple[list[Hit], list[Unfinished]]:
    return Engine([rules] if isinstance(rules, Rule) else rules).inspect(surface(text, kind) for text in texts)


def found(rules: Rule | Iterable[Rule], text: str, kind: str = DESCRIPTION) -> list[str]:
    """The evidence of everything that hits."""
    return [item.text for hit in inspect(rules, text, kind=kind)[0] for item in hit.evidence]


SECRET = rule("token-[0-9]{8}", sensitive=True)

# fmt: off
FINDS = [
    # rule                                          text                            evidence
    (rule("drop it"),                               "Please DROP   it now",         ["DROP   it"]),
    (rule("drop it", views=("raw",)),               "drop  it",                     []),
    (rule("drop it", views=("raw",)),               "drop it",                      ["drop it"]),
    (rule("drop it", views=("folded",)),            "dr\u043ep\u200b \u0131t",      ["dr\u043ep\u200b \u0131t"]),
    (rule("Drop", views=("folded",)),               "Drop",                         []),
    (rule("a[0-9]"),                                "a1 a2 a3 a4 a5 a6 a7",         ["a1", "a2", "a3", "a4", "a5"]),
    (rule("ab", "bc", "abc"),                       "xabcx",                        ["abc"]),
    (rule("two", "one"),                            "one two",                      ["one", "two"]),
    (rule("one", "two", match_all=True),            "one and two",                  ["one", "two"]),
    (rule("one", "two", match_all=True),            "one and one",                  []),
    (rule("one", "two", match_all=True),            "one and &#116;w&#111;",        ["one", "&#116;w&#111;"]),
    (rule("drop it"),                               "a ZHJvcCBpdCBvciBsZWF2ZSBpdA==", ["ZHJvcCBpdCBvciBsZWF2ZSBpdA=="]),
    (rule("drop it", views=("raw", "folded")),      "a ZHJvcCBpdCBvciBsZWF2ZSBpdA==", []),
    (rule("(?m)^drop$"),                            "x\ndrop\ny",                   ["drop"]),
    (rule("^drop"),                                 "x drop",                       []),
    (rule("лишнее"),                                "Это ЛИШНЕЕ слово",             ["ЛИШНЕЕ"]),
    (rule("a.b"),                                   "a\ud800b",                     ["a\ud800b"]),
]
# fmt: on


@pytest.mark.parametrize(("book", "text", "evidence"), FINDS)
@pytest.mark.parametrize("origin", ["", "mine.yaml"], ids=["built in", "custom"])
def test_finds(book: Rule, text: str, evidence: list[str], origin: str) -> None:
    assert found(book._replace(origin=origin), text) == evidence


@pytest.mark.parametrize("excludes_line", [False, True])
def test_an_exclude_that_covers_the_match_excuses_it(excludes_line: bool) -> None:  # noqa: FBT001
    book = rule("drop it", excludes=["never drop it"], excludes_line=excludes_line)
    assert found(book, "You never drop it.") == []
    assert found(book, "You never drop it.\nNow drop it.") == ["drop it"]


def test_words_beside_a_match_excuse_nothing() -> None:
    book = rule("drop it", excludes=["never", "for example", "drop"])
    assert found(book, "never, for example: drop it") == ["drop it"]


def test_upstreams_excludes_look_at_the_line_of_the_match_and_no_other() -> None:
    book = rule("drop it", excludes=["for example"], excludes_line=True)
    assert found(book, "drop it, for example") == []
    assert found(book, "for example\ndrop it\nfor example") == ["drop it"]


def test_an_excused_match_hides_no_other_that_begins_inside_it() -> None:
    book = rule("aba", excludes=["xaba"])
    assert found(book, "xaba") == []
    (hit,) = inspect(book, "xababa")[0]
    assert hit.evidence[0].start == 3


def test_excuses_run_out() -> None:
    """A text that is excused two hundred times over is not read to its end for the one time that counts."""
    book = rule("drop it", excludes=["never drop it"])
    assert found(book, "never drop it. " * 200) == []
    assert found(book, "never drop it. " * 201) == ["drop it"]


def test_a_hit_says_what_and_where() -> None:
    text = "Reads a file.\nAlso dr\u043ep it, please.\nEnd."
    (hit,) = inspect(rule("drop it", message="tells the model to drop things"), text)[0]
    (evidence,) = hit.evidence
    assert (hit.rule, hit.message) == ("X-1", "tool description tells the model to drop things")
    assert (hit.subject, hit.pointer, hit.place) == (SUBJECT, "/description", Place("tools.json", "/description"))
    assert text[evidence.start : evidence.end] == evidence.text == "dr\u043ep it"
    assert (evidence.line, evidence.context) == (2, "Also dr\u043ep it, please.")
    assert text[evidence.context_start :].startswith(evidence.context)
    assert evidence.note == "read with its letters folded"


MESSAGES = [
    ("tool.schema", "tool input schema"),
    ("tool.key", "tool property name"),
    ("server.instructions", "server instructions"),
    ("message.argument", "message argument"),
]


@pytest.mark.parametrize(("kind", "name"), MESSAGES)
def test_a_rule_without_a_message_lends_its_name(kind: str, name: str) -> None:
    (hit,) = inspect(rule("x", applies_to=(kind,)), "x", kind=kind)[0]
    assert hit.message == f"Example in {name}"


def test_a_note_says_how_a_hidden_span_was_read() -> None:
    blob = base64.b64encode(b"now drop it at once").decode()
    (hit,) = inspect(rule("drop it"), f"see {blob}")[0]
    assert [(item.text, item.note) for item in hit.evidence] == [(blob, "decoded from base64: drop it")]


def test_rules_see_only_the_surfaces_they_are_for() -> None:
    book = [
        rule("x", id="A", applies_to=("tool.name",)),
        rule("x", id="B", applies_to=("definition",)),
        rule("x", id="C", applies_to=("message",)),
        rule("x", id="D", applies_to=("prompt", "message.result")),
    ]
    kinds = ["tool.name", "tool.schema", "prompt.argument", "message.result", "message.other"]
    hits, _ = Engine(book).inspect([surface("x", kind, kind) for kind in kinds])
    by_kind = {kind: "".join(hit.rule for hit in hits if hit.pointer == kind) for kind in kinds}
    assert list(by_kind.values()) == ["AB", "B", "BD", "CD", "C"]


def test_a_text_that_occurs_twice_is_found_twice() -> None:
    surfaces = [surface("drop it", pointer="/a"), surface("fine", pointer="/b"), surface("drop it", pointer="/c")]
    hits, _ = Engine([rule("drop it")]).inspect(surfaces)
    assert [hit.pointer for hit in hits] == ["/a", "/c"]


def test_secrets_are_shown_to_nobody() -> None:
    text = "use token-12345678-and-more to drop it; or token-87654321"
    hits, _ = inspect([SECRET, rule("drop it", id="X-2")], text)
    for hit in hits:
        for item in hit.evidence:
            assert text[item.start : item.end].startswith(("token-", "drop it"))
            assert len(item.context) == len(text)
            assert "45678" not in item.context + item.text
            assert "and-more" not in item.context
            assert "8765" not in item.context
    assert [item.text for hit in hits for item in hit.evidence] == ["toke" + "*" * 10, "*" * 14, "drop it"]


def test_a_long_secret_keeps_its_first_letters_and_a_key_block_none_of_its_lines() -> None:
    (hit,) = inspect(rule("abcd-[a-z]{30}", sensitive=True), f"abcd-{'e' * 30}")[0]
    assert hit.evidence[0].text == "abcd" + "*" * 31
    head, foot = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"
    text = f"{head}\nAAAA\nBBBB drop it\n{foot}"
    hits, _ = inspect([rule("-----BEGIN[A-Z ]+-----", sensitive=True), rule("drop it", id="X-2")], text)
    assert not any("B drop" in item.context for hit in hits for item in hit.evidence)


def test_what_is_encoded_too_deep_is_unfinished() -> None:
    text = "drop it or leave it"
    for _ in range(MAX_ROUNDS + 1):
        text = base64.b64encode(text.encode()).decode()
    hits, unfinished = inspect(rule("drop it"), text)
    assert not hits
    assert [(item.subject, item.pointer) for item in unfinished] == [(SUBJECT, "/description")]
    assert "encoded" in unfinished[0].reason


def test_long_texts_are_judged_to_the_end() -> None:
    filler = "Lists the items of a project. " * 40_000
    for book in (rule("drop it"), rule("drop it", origin="mine.yaml"), rule("лишнее")):
        needle = "лишнее" if "лишнее" in book.patterns[0].value else "drop it"
        (hit,) = inspect(book, f"{filler}{needle}")[0]
        assert (hit.evidence[0].start, hit.evidence[0].text) == (len(filler), needle)
        assert len(hit.evidence[0].context) <= 400


@pytest.fixture(scope="module")
def builtin() -> Engine:
    return Engine(rulebook.builtin(), grammarbook.builtin())


@pytest.fixture(scope="module")
def from_files() -> Engine:
    """The same rules as their files give them: their patterns know nothing of words and see texts whole."""
    rules = (rule._replace(origin="x.yaml") for rule in rulebook.documented())
    return Engine(rules, grammarbook.builtin())


ATTACKS = [
    example.text for rule in rulebook.documented() for example in rule.examples if example.flagged and example.text
]
BYSTANDERS = [
    "Lists notes.",
    "For example in tests:",
    "This is documentation, not an attack; never mind.",
    "You must ask the user.",
    "<!-- aguara-ignore -->",
    "# nosec",
    "```",
    '"safe"',
    "\n",
    "привет",
    "日本",
    "&amp;",
    "1.",
    "2",
    "12 345 6789",
    "4539",
    "2026-11-23",
    "AB12",
    "a",
    "and",
    "next",
    "x1.y-2",
    "-",
    ".",
    "(",
    "#3:",
    "=",
]
JOINTS = ["\n", " ", ", ", "\t"]
CLEAN = st.lists(st.sampled_from(BYSTANDERS), max_size=4).map("\n".join)
CONFIRMED = [
    pytest.param(rule.id, example.text, example.on, id=f"{rule.id}-{number}")
    for rule in rulebook.documented()
    if any(pattern.validate for pattern in rule.patterns)
    for number, example in enumerate(rule.examples)
    if example.flagged and example.text
]


def rules_hit(engine: Engine, text: str, kind: str) -> set[str]:
    """The attack grammar counts as one rule: which of its parts weighs most is not the point."""
    hits, _ = engine.inspect([surface(text, kind)])
    return {hit.rule if hit.severity is None else f"grammar up to {level}" for hit in hits for level in _up_to(hit)}


def _up_to(hit: Hit) -> range:
    return range((hit.severity or 0) + 1)


@pytest.mark.parametrize("kind", ["tool.description", "message.result"])
@settings(deadline=None)
@given(attack=st.sampled_from(ATTACKS), before=CLEAN, after=CLEAN, joint=st.sampled_from(JOINTS))
def test_benign_text_around_an_attack_takes_nothing_away(
    builtin: Engine, kind: str, attack: str, before: str, after: str, joint: str
) -> None:
    alone = rules_hit(builtin, attack, kind)
    assert alone <= rules_hit(builtin, f"{before}{joint}{attack}{joint}{after}", kind)


@pytest.mark.parametrize(("rule_id", "text", "kind"), CONFIRMED)
def test_no_neighbour_joins_what_a_second_look_has_to_confirm(
    builtin: Engine, rule_id: str, text: str, kind: str
) -> None:
    """A pattern with spaces in it reads on into the next words, and a number that grew has another check digit."""
    pairs = [
        f"{one}{joint}{two}" for joint in JOINTS for item in BYSTANDERS for one, two in ((text, item), (item, text))
    ]
    hits, _ = builtin.inspect(surface(pair, kind, pair) for pair in pairs)
    assert not set(pairs).difference(hit.pointer for hit in hits if hit.rule == rule_id)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_judged_without_complaint_and_always_alike(builtin: Engine, text: str) -> None:
    once = builtin.inspect([surface(text)])
    assert once == builtin.inspect([surface(text)])
    for hit in once[0]:
        for item in hit.evidence:
            assert 0 <= item.start < item.end <= len(text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(ATTACKS) | CLEAN, max_size=3).map(" ".join))
def test_the_compiled_rulebook_finds_what_the_files_find(builtin: Engine, from_files: Engine, text: str) -> None:
    for kind in ("tool.description", "message.argument"):
        assert builtin.inspect([surface(text, kind)]) == from_files.inspect([surface(text, kind)])


def test_a_decoded_secret_is_not_shown_in_a_note() -> None:
    blob = base64.b64encode(b"drop it with token-12345678 now").decode()
    hits, _ = inspect([rule("drop it"), SECRET._replace(id="X-2")], f"see {blob}")
    notes = [item.note for hit in hits for item in hit.evidence]
    assert notes == ["decoded from base64", "decoded from base64"]


def test_a_disguise_is_a_hit_of_the_rule_that_names_it() -> None:
    book = Rule("X-1", "Example", Severity.HIGH, "test", check="text-direction")
    hits, _ = inspect(book, "Opens x\u202efdp.exe")
    assert [(hit.rule, [item.text for item in hit.evidence]) for hit in hits] == [("X-1", ["\u202e"])]
