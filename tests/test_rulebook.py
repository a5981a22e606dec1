"""Rule files: what loads, what is refused and how, and the compiled form of the built-in ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint import grammarbook, rulebook
from oktsec_lint.core.errors import RuleError
from oktsec_lint.core.rules import Pattern, PatternType, Rule
from oktsec_lint.ruleyaml import MAX_SIZE, read_documents

UPSTREAM = """\
id: ACME-001
name: "Drop table"
description: >
  Finds talk of dropping tables.
severity: CRITICAL
category: inter-agent
targets: ["*.md", "*.json"]
match_mode: any
patterns:
  - type: regex
    value: "(?i)drop\\\\s+table"
  - type: contains
    value: 'Truncate'
exclude_patterns:
  - {type: regex, value: "(?i)for example"}
remediation: Remove it.
sensitive: false
examples:
  true_positive:
    - "DROP  TABLE users"
  false_positive:
    - drop the table
---
id: 42
name: on
severity: low
category: x
patterns: [{type: regex, value: 12345}]
---
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path) -> RuleError:
    with pytest.raises(RuleError) as caught:
        rulebook.assemble(folder)
    return caught.value


def rule(rule_id: str, pattern: str = "x") -> str:
    return f"id: {rule_id}\nname: n\nseverity: low\ncategory: c\npatterns:\n- {{type: regex, value: '{pattern}'}}\n"


def test_upstreams_files_load_as_they_are(tmp_path: Path) -> None:
    second, first = rulebook.load_dir(write(tmp_path, acme=UPSTREAM))
    assert (first.id, first.severity.label, first.fix) == ("ACME-001", "critical", "Remove it.")
    assert first.patterns == (
        Pattern(PatternType.REGEX, "(?i)drop\\s+table"),
        Pattern(PatternType.CONTAINS, "Truncate"),
    )
    assert [example.text for example in first.examples] == ["DROP  TABLE users", "drop the table"]
    assert (second.id, second.name, second.patterns[0].value) == ("42", "on", "12345"), "any scalar is text to Go"


def test_custom_rules_are_added_to_the_built_in_ones(tmp_path: Path) -> None:
    book = rulebook.assemble(write(tmp_path, acme=UPSTREAM))
    assert book[: len(rulebook.builtin())] == rulebook.builtin()
    assert [item.id for item in book[len(rulebook.builtin()) :]] == ["42", "ACME-001"]
    assert rulebook.assemble(None) is rulebook.builtin()
    assert {item.id for item in rulebook.documented(tmp_path)} == {item.id for item in book}


def test_folders_are_read_to_the_bottom_and_other_files_and_linked_folders_are_not(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    write(tmp_path / "deep" / "er", one=rule("A"))
    (tmp_path / "two.YML").write_text(rule("B"))
    (tmp_path / "README.md").write_text("id: C")
    (tmp_path / "dir.yaml").mkdir()
    elsewhere = tmp_path.parent / f"{tmp_path.name}-grammar"
    elsewhere.mkdir()
    (tmp_path / "linked").symlink_to(write(elsewhere, part="part: bypass"))
    assert [item.id for item in rulebook.load_dir(tmp_path)] == ["A", "B"]


# fmt: off
REFUSED = [
    (rule("A").replace("patterns", "pattern"),          5,      "unknown key `pattern`",            "did you mean"),
    (rule("A", "(?!x)y"),                               6,      "pattern 1 of A is not valid RE2",  "look-ahead"),
    (rule("A", "a*"),                                   6,      "matches the empty text",           ""),
    (rule("A", "x" * 4097),                             6,      "4,097 characters",                 ""),
    (rule("A").replace("low", "urgent"),                3,      "`urgent` is no severity",          "critical"),
    (rule("A").replace("name: n", "name: n\nname: m"),  3,      "`name` is written twice",          ""),
    (rule("A") + "---\n" + rule("A"),                   8,      "the id A is taken by",             "an id of its own"),
    (rule("IAP-001"),                                   1,      "IAP-001: built-in rule has",       "an id of its own"),
    ("id: A\nname: n\nseverity: low\ncategory: c\ncheck: coverage\n", 1, "`check` names code",      ""),
    (rule("A") + "parts: [bypass]\n",                   7,      "`parts` goes with",                ""),
    ("id: A\nname: n\nseverity: low\ncategory: c\ncheck: grammar\n", 1, "`parts` goes with",        ""),
    ("id: [",                                           2,      "not valid YAML",                   ""),
    ("id: a\n\tb: c",                                   2,      "not valid YAML",                   ""),
    ("a: &x [1]\nb: *x",                                2,      "aliases are not allowed",          ""),
    ("? [a]\n: b",                                      1,      "a key has to be text",             ""),
    ("[" * 40,                                          1,      "nested more than",                 ""),
    ("- id: A",                                         1,      "a rule is a mapping",              ""),
    ("just text",                                       1,      "a rule is a mapping",              ""),
]
# fmt: on


@pytest.mark.parametrize(("text", "line", "message", "hint"), REFUSED)
def test_refused_with_file_line_and_remedy(tmp_path: Path, text: str, line: int, message: str, hint: str) -> None:
    error = refused(write(tmp_path, mine=text))
    assert (error.path, error.line) == (str(tmp_path / "mine.yaml"), line)
    assert message in error.message
    assert hint in error.hint


def test_every_mistake_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    error = refused(write(tmp_path, a=rule("A", "("), b=rule("B") + "foo: 1\nbar: 2\n", c=rule("C")))
    assert (Path(error.path).name, error.line) == ("a.yaml", 6)
    assert "b.yaml:7: unknown key `foo`" in error.message
    assert "b.yaml:8: unknown key `bar`" in error.message


def test_a_flood_of_mistakes_is_counted(tmp_path: Path) -> None:
    error = refused(write(tmp_path, many="\n---\n".join(rule(f"R{number}", "(") for number in range(30))))
    assert error.message.count("many.yaml") == 9
    assert error.message.endswith("and 20 more")


def test_a_missing_folder_and_what_is_no_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", write(tmp_path, x=rule("A")) / "x.yaml"):
        error = refused(path)
        assert error.path == str(path)
        assert "custom_rules_dir" in error.hint


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"x" * (MAX_SIZE + 1), "the limit is 1,048,576"), (b"id: \xff", "not UTF-8"), (b"id: a\x00", "not valid YAML")],
)
def test_files_that_are_no_text_of_their_size_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "x.yaml").write_bytes(data)
    assert message in refused(tmp_path).message


@pytest.mark.parametrize("text", ["", "---\n---\n", "# nothing yet\n"])
def test_a_file_without_a_rule_is_refused(tmp_path: Path, text: str) -> None:
    error = refused(write(tmp_path, a=rule("A"), b=text))
    assert (error.path, error.message) == (str(tmp_path / "b.yaml"), "no rules found in this file")


def test_a_folder_without_a_rule_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("id: C")
    error = refused(tmp_path)
    assert (error.path, error.message) == (str(tmp_path), "no rules found in this directory")
    assert "custom_rules_dir" in error.hint


def test_what_is_named_like_a_rule_and_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "gone.yml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "null.yaml").symlink_to("/dev/null")
    error = refused(write(tmp_path, a=rule("A")))
    assert Path(error.path).name == "gone.yml"
    assert error.message.count("is no regular file") == 3


def test_a_copy_of_upstreams_rules_is_refused_once_with_all_ids(tmp_path: Path) -> None:
    error = refused(write(tmp_path, default="---\n".join(map(rule, ["IAP-002", "MINE", "IAP-001", "IAP-017"]))))
    assert error.message == "IAP-001, IAP-002, IAP-017: built-in rules have these ids already"
    assert error.line == 1
    assert "delete it" in error.hint
    assert "same meaning" in error.hint


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    (rule_,) = rulebook.load_dir(write(tmp_path, a="\ufeff" + rule("A")))
    assert rule_.id == "A"


@given(
    st.binary(max_size=200) | st.text(st.sampled_from("ab:-[]{}&*!?|>'\"#%@`,\n \t01.~"), max_size=80).map(str.encode)
)
def test_no_file_breaks_the_reader(data: bytes) -> None:
    documents = []
    with suppress(RuleError):
        documents = read_documents(data, "x.yaml")
    assert all(document.line("/a/b/c") >= 1 for document in documents)


def test_the_compiled_form_is_fresh() -> None:
    """Run `python -m oktsec_lint.rulebook` after changing a rule."""
    path = rulebook.rules_dir()
    assert (path / rulebook.COMPILED).read_bytes() == rulebook.compiled(path)


def bare(item: Rule) -> Rule:
    patterns = tuple(pattern._replace(words=()) for pattern in item.patterns)
    return item._replace(examples=(), origin="", patterns=patterns)


def test_the_compiled_form_says_what_the_files_say() -> None:
    assert [bare(item) for item in rulebook.builtin()] == [
        bare(item) for item in rulebook.load_dir(rulebook.rules_dir())
    ]
    assert all(example for item in rulebook.documented() for example in item.examples)
    assert not any(item.origin for item in rulebook.documented())


def test_a_digest_follows_what_decides_and_nothing_else() -> None:
    book = rulebook.builtin()
    assert rulebook.digest(book) == rulebook.digest(reversed(rulebook.documented()))
    assert rulebook.digest(book) != rulebook.digest(book[1:])
    first, *rest = book
    assert rulebook.digest(book) != rulebook.digest([first._replace(views=("raw",)), *rest])


def test_a_broken_installation_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rulebook, "rules_dir", lambda: tmp_path)
    for text in (None, "{", "[{}]", "[7]"):
        rulebook.builtin.cache_clear()
        if text is not None:
            (tmp_path / rulebook.COMPILED).write_text(text)
        with pytest.raises(RuleError, match="compiled rulebook"):
            rulebook.builtin()
    rulebook.builtin.cache_clear()


def test_main_writes_the_compiled_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules, grammar = tmp_path / "rules", tmp_path / "grammar"
    rules.mkdir()
    write(rules, one=rule("A", "token-[0-9]+"))
    shutil.copytree(grammarbook.grammar_dir(), grammar, ignore=shutil.ignore_patterns(grammarbook.COMPILED))
    monkeypatch.setattr(rulebook, "rules_dir", lambda: rules)
    monkeypatch.setattr(grammarbook, "grammar_dir", lambda: grammar)
    rulebook.builtin.cache_clear()
    assert rulebook.main() == 0
    assert (grammar / grammarbook.COMPILED).read_bytes() == grammarbook.compiled(grammar)
    (item,) = rulebook.builtin()
    rulebook.builtin.cache_clear()
    assert (item.id, item.patterns[0].words) == ("A", (("token-",),))


HOT_PATH = """
import sys
from oktsec_lint import grammarbook, rulebook
from oktsec_lint.core.engine import Engine
from oktsec_lint.core.model import Kind, Subject
from oktsec_lint.core.surfaces import Surface
surface = Surface("tool.description", "Reads a file.", Subject("s", Kind.TOOL, "t"), "")
assert Engine(rulebook.builtin(), grammarbook.builtin()).inspect([surface]) == ([], [])
slow = {"yaml", "mcp", "anyio", "asyncio", "rich", "typer", "html", "difflib", "oktsec_lint.literals"}
print(sorted(slow & set(sys.modules)))
"""


def test_judging_by_the_built_in_rules_imports_nothing_slow() -> None:
    done = subprocess.run([sys.executable, "-c", HOT_PATH], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
