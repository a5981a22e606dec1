"""The files of the attack grammar and their compiled form; `test_grammar_data` is about what is in them."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from oktsec_lint import grammarbook, rulebook
from oktsec_lint.core.errors import RuleError
from oktsec_lint.core.grammar.signals import CUES

BOOK = grammarbook.builtin()
RULES = [rule for rule in rulebook.builtin() if rule.check == "grammar"]
PARTS = [part for rule in RULES for part in rule.parts]
CLASSES = {"num", *(name for entries in BOOK.words.values() for _, classes in entries for name in classes)}
"""Of words; numbers are told by their shape and belong to no part."""


def test_the_compiled_form_is_fresh() -> None:
    """Run `python -m oktsec_lint.rulebook` after changing the grammar."""
    path = grammarbook.grammar_dir()
    assert (path / grammarbook.COMPILED).read_bytes() == grammarbook.compiled(path)
    assert (path / grammarbook.LANGUAGES).read_bytes() == grammarbook.compiled_languages(path)


def test_every_part_that_a_rule_reports_is_known_and_reported_once() -> None:
    assert set(PARTS) <= set(BOOK.says) | CUES
    assert [part for part, count in Counter(PARTS).items() if count > 1] == []


def test_every_part_has_words_of_its_own_for_a_finding() -> None:
    assert set(BOOK.part_of.values()) <= set(BOOK.says)
    assert all(text and text == text.strip() for text in BOOK.says.values())


def test_no_weight_is_negative() -> None:
    """Else text around an attack could take something away from its score."""
    assert min(BOOK.weights.values()) >= 0
    assert min(BOOK.pairs.values()) >= 0
    assert 0 < BOOK.review < BOOK.enforce


def test_every_weight_belongs_to_something() -> None:
    names = CLASSES | set(BOOK.part_of) | CUES
    assert {name for name in BOOK.weights if name.removeprefix("^") not in names} == set()
    parts = set(BOOK.says) | CUES
    assert {pair for pair in BOOK.pairs if not set(pair.split("+")) <= parts} == set()
    assert all(pair.split("+") == sorted(pair.split("+")) for pair in BOOK.pairs)


def test_every_class_that_a_sequence_names_exists() -> None:
    steps = {name for sequence in BOOK.sequences for step in sequence.steps for name in step.classes}
    assert steps <= CLASSES | set(BOOK.part_of)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A grammar in a place of its own."""
    monkeypatch.setattr(grammarbook, "grammar_dir", lambda: tmp_path)
    grammarbook.builtin.cache_clear()
    yield tmp_path
    grammarbook.builtin.cache_clear()


@pytest.mark.parametrize("text", [None, "{", "[]", "7", '{"says": {}}', '{"says": {}, "marks": 7}'])
def test_a_broken_installation_says_so(text: str | None, elsewhere: Path) -> None:
    if text is not None:
        (elsewhere / grammarbook.COMPILED).write_text(text)
    with pytest.raises(RuleError, match="compiled grammar") as caught:
        grammarbook.builtin()
    assert caught.value.path == str(elsewhere / grammarbook.COMPILED)
    assert "oktsec_lint.rulebook" in caught.value.hint


def test_the_compiled_form_is_made_of_the_files_alone(elsewhere: Path) -> None:
    source = Path(grammarbook.__file__).parent.with_name("grammar")
    shutil.copytree(source, elsewhere, dirs_exist_ok=True)
    (elsewhere / grammarbook.COMPILED).unlink()
    (elsewhere / grammarbook.COMPILED).write_bytes(grammarbook.compiled(elsewhere))
    assert grammarbook.builtin() == BOOK
