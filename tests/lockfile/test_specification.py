"""docs/lock.md and its schema say what the writer writes and the reader reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from oktsec_lint import lockfile, rulebook
from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.lock import Acceptance, Lock, LockedFinding, LockedServer, taken
from oktsec_lint.core.lock.canonical import canonical, digest
from oktsec_lint.core.lock.facts import facts_of
from oktsec_lint.core.lock.prefixes import named
from oktsec_lint.core.model import Definition, Fault, Kind, LaunchIdentity, Server, Status, name_in
from tests.command import oktsec_lint
from tests.core.lock.jsons import OBJECTS, VALUES
from tests.core.lock.offers import PATH

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "lock.md").read_text(encoding="utf-8")
SCHEMA = json.loads((ROOT / "docs" / "lock.schema.json").read_text(encoding="utf-8"))
BLOCKS = re.findall(r"^```json\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
FRAGMENTS = ("launch", "definition", "facts", "finding")
"""What the JSON blocks after the first, which is a whole lock, are examples of: names in the schema's `$defs`."""
EXAMPLE: dict[str, Any] = {"enum": ["a", "b"], "names": {"0": "x"}, "none": {}, "s/m": 1.0}
"""The value whose facts the page shows."""
HASH = "sha256:" + "0" * 64

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
names = st.one_of(words, st.sampled_from(["read_file", "servers", "a/b", "\u202ename", "\ud800", ""]))
filled = st.text(min_size=1, max_size=12)
hashes = st.binary(min_size=32, max_size=32).map(lambda data: f"sha256:{data.hex()}")
kinds = st.sampled_from([Kind.TOOL, Kind.PROMPT, Kind.RESOURCE, Kind.TEMPLATE])
variants = st.sampled_from(["", "", "second listing", "client without capabilities"])
texts = st.one_of(st.text(max_size=20), st.text(st.sampled_from("ab. \n;\u3002\u200b\ud800"), max_size=120))
launches = st.builds(
    LaunchIdentity,
    st.sampled_from(["stdio", "http"]),
    command=words,
    args=st.lists(names, max_size=3).map(tuple),
    env=st.lists(names, max_size=2, unique=True).map(sorted).map(tuple),
    working_dir=words,
    url=words,
    headers=st.lists(words, max_size=2).map(tuple),
    package=st.sampled_from(["", "npm:@scope/name", "pypi:name", "oci:ghcr.io/a/b"]),
    version=words,
    files=st.dictionaries(filled, hashes, max_size=2).map(lambda files: tuple(sorted(files.items()))),
)
definitions = st.builds(
    lambda kind, body, variant: Definition(kind, name_in(kind, body), body, variant=variant),
    kinds,
    st.one_of(OBJECTS, VALUES),
    variants,
)
faults = st.sampled_from(["LST-003", "LST-004", "LST-009", "LST-001"]).map(lambda rule: Fault(rule, "said"))
offers: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "protocol": st.sampled_from(["", "2025-11-25", "not a date"]),
        "info": OBJECTS,
        "instructions": texts,
        "definitions": st.lists(definitions, max_size=4).map(tuple),
        "faults": st.lists(faults, max_size=2).map(tuple),
        "launch": launches,
    }
)
acceptances = st.builds(Acceptance, filled, filled, st.one_of(st.just(""), st.dates().map(lambda day: day.isoformat())))
findings = st.builds(
    LockedFinding,
    st.sampled_from(["IAP-001", "INJ-004", "MINE_1"]),
    st.sampled_from(["low", "medium", "high", "critical"]),
    st.one_of(kinds, st.just(Kind.SERVER)),
    names,
    st.sampled_from(["", "/description", "/a~1b/0"]),
    st.one_of(st.none(), acceptances),
)


@st.composite
def locked_servers(draw: st.DrawFn) -> LockedServer:
    found = {item.key: item for item in draw(st.lists(findings, max_size=3))}
    server = taken(Server(draw(names), Status.COMPLETE, **draw(offers)))
    prefixed = tuple(key for key in named(server.definitions) if draw(st.booleans()))
    return server._replace(findings=tuple(found[key] for key in sorted(found)), prefixed=prefixed)


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    taken_now = {server.name: server for server in draw(st.lists(locked_servers(), max_size=3))}
    return Lock(draw(hashes), draw(hashes), tuple(taken_now[name] for name in sorted(taken_now)))


def errors(document: Any, part: str = "") -> list[str]:
    """What the schema, or one of its `$defs`, has against a document."""
    schema = {"$ref": f"#/$defs/{part}", "$defs": SCHEMA["$defs"]} if part else SCHEMA
    found = Draft202012Validator(schema).iter_errors(document)
    return [f"{'/'.join(map(str, error.path))}: {error.message[:200]}" for error in found]


def content(lock: Lock) -> Any:
    """Everything a lock says, without its file; JSON values as their canonical text."""
    servers = [
        server._replace(
            place=None,
            info={"": canonical(dict(server.info))},
            definitions=tuple(item._replace(place=None, body=canonical(item.body)) for item in server.definitions),
        )
        for server in lock.servers
    ]
    return lock._replace(path="", digest="", servers=tuple(servers))


def holding(member: str, value: Any) -> str:
    """A whole lock with one server that has such a member."""
    view = {"launch": {"transport": "stdio"}, "about": {"/protocol": ""}, member: value}
    return json.dumps({"version": 1, "rulebook": HASH, "policy": HASH, "servers": {"it": view}})


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@given(locks())
@settings(max_examples=60)
def test_whatever_is_written_fits_the_schema_and_reads_back_equal(lock: Lock) -> None:
    text = lockfile.render(lock)
    assert errors(json.loads(text)) == []
    again, _ = lockfile.read(PATH, text.encode())
    assert content(again) == content(lock)
    assert lockfile.render(again) == text


@given(locks())
@settings(max_examples=20)
def test_members_stand_in_the_order_of_the_page(lock: Lock) -> None:
    document = json.loads(lockfile.render(lock))
    for part, value in [("", document), *_parts(document)]:
        known = list((SCHEMA["$defs"][part] if part else SCHEMA)["properties"])
        assert list(value) == sorted(value, key=known.index)


def _parts(document: Any) -> Iterator[tuple[str, Any]]:
    """Everything in a lock whose members have a fixed order, with its name in the schema."""
    for server in document["servers"].values():
        yield "server", server
        yield "launch", server["launch"]
        for key in ("tools", "prompts", "resources", "templates"):
            yield from (("definition", item) for item in server.get(key, ()))
        for item in server.get("findings", ()):
            yield "finding", item
            if "accepted" in item:
                yield "acceptance", item["accepted"]


def test_the_first_block_is_a_lock_byte_for_byte() -> None:
    lock, _ = lockfile.read(PATH, BLOCKS[0].encode())
    assert lockfile.render(lock) == BLOCKS[0]
    assert errors(json.loads(BLOCKS[0])) == []


def test_every_other_block_has_a_name() -> None:
    assert len(BLOCKS) == 1 + len(FRAGMENTS)


@pytest.mark.parametrize(("part", "block"), list(zip(FRAGMENTS, BLOCKS[1:], strict=False)))
def test_the_other_blocks_are_parts_of_a_lock(part: str, block: str) -> None:
    assert errors(json.loads(block), part) == []
    assert json.dumps(json.loads(block), indent=2) == block.rstrip("\n")


@pytest.mark.parametrize(
    ("part", "member"), [("launch", "launch"), ("definition", "resources"), ("finding", "findings")]
)
def test_the_reader_reads_them_and_the_writer_writes_them(part: str, member: str) -> None:
    value = json.loads(BLOCKS[1 + FRAGMENTS.index(part)])
    text = holding(member, value if part == "launch" else [value])
    written = json.loads(lockfile.render(lockfile.read(PATH, text.encode())[0]))
    assert json.dumps(written["servers"]["it"][member]) == json.dumps(json.loads(text)["servers"]["it"][member])


def test_the_facts_of_the_page_are_those_of_its_value() -> None:
    assert f"`{json.dumps(EXAMPLE)}`" in PAGE
    shown = json.loads(BLOCKS[1 + FRAGMENTS.index("facts")])
    assert list(shown.items()) == list(facts_of(EXAMPLE).items())


def test_the_digests_of_the_page_are_right() -> None:
    rows = re.findall(r"^\| `(.*)` \| `(.*)` \| `(sha256:[0-9a-f]{64})` \|$", PAGE, re.MULTILINE)
    assert rows
    for value, text, digest_shown in rows:
        assert (canonical(json.loads(value)), digest(json.loads(value))) == (text, digest_shown)


def test_the_characters_of_the_page_are_the_ones_that_are_escaped() -> None:
    listed = re.search(r"^```text\n(U\+007F.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert listed is not None
    hidden: set[int] = set()
    for first, last in re.findall(r"U\+([0-9A-F]{4,6})(?:-U\+([0-9A-F]{4,6}))?", listed[1]):
        hidden.update(range(int(first, 16), int(last or first, 16) + 1))
    text = lockfile.render(Lock(rulebook="".join(map(chr, range(0x110000)))))
    assert set(range(0x20, 0x110000)) - set(map(ord, text)) == hidden


@pytest.mark.parametrize("rule", rulebook.load_dir(ROOT / "rules" / "lock"), ids=lambda rule: str(rule.id))
def test_every_rule_is_in_the_table_with_its_severity(rule: Any) -> None:
    assert re.search(rf"^\| {rule.id} \| {rule.severity.label} \| .+ \|$", PAGE, re.MULTILINE)


def test_every_member_is_described_in_the_schema_and_on_the_page() -> None:
    for shape in (SCHEMA, *SCHEMA["$defs"].values()):
        for name, member in shape.get("properties", {}).items():
            assert "description" in (member | SCHEMA["$defs"].get(member.get("$ref", "").rpartition("/")[2], {})), name
            assert f"`{name.lstrip('/')}`" in PAGE


def _with_everything() -> Any:
    """The lock of the page, with its finding."""
    document = json.loads(BLOCKS[0])
    document["servers"]["reports"]["findings"] = [json.loads(BLOCKS[1 + FRAGMENTS.index("finding")])]
    return document


AT = "servers", "reports"
STRICT: tuple[tuple[str | int, ...], ...] = (
    (),
    AT,
    (*AT, "launch"),
    (*AT, "tools", 0),
    (*AT, "findings", 0),
    (*AT, "findings", 0, "accepted"),
)


@pytest.mark.parametrize("path", STRICT, ids=lambda path: str(path[-1]) if path else "lock")
def test_reader_and_schema_refuse_the_same_members(path: tuple[str | int, ...]) -> None:
    """Unknown ones, and those of another type."""
    for name in {*_at(_with_everything(), path), "surprise"}:
        edited = _with_everything()
        _at(edited, path)[name] = 7
        assert errors(edited), name
        with pytest.raises(SourceError):
            lockfile.read(PATH, json.dumps(edited).encode())


@pytest.mark.parametrize("value", [[], ["list_invoices"], ["resource x"], ["tool "], [["tool", "x"]], "tool x"])
def test_the_schema_knows_what_a_prefix_is(value: Any) -> None:
    edited = _with_everything()
    edited["servers"]["reports"]["prefixed"] = ["tool list_invoices"]
    assert errors(edited) == []
    assert lockfile.read(PATH, json.dumps(edited).encode())[0].servers[0].prefixed == ((Kind.TOOL, "list_invoices"),)
    edited["servers"]["reports"]["prefixed"] = value
    assert errors(edited)


def _at(document: Any, path: tuple[str | int, ...]) -> Any:
    for token in path:
        document = document[token]
    return document


@pytest.mark.parametrize("path", STRICT, ids=lambda path: str(path[-1]) if path else "lock")
def test_reader_and_schema_miss_the_same_members(path: tuple[str | int, ...]) -> None:
    for name in _at(_with_everything(), path):
        edited = _with_everything()
        del _at(edited, path)[name]
        refused = errors(edited) != []
        try:
            lockfile.read(PATH, json.dumps(edited).encode())
        except SourceError:
            assert refused, name
        else:
            assert not refused, name


@pytest.mark.parametrize("command", ["lock", "scan"])
def test_the_options_of_the_page_exist(command: str) -> None:
    used = re.findall(rf"(?:oktsec-lint |`){command} ([^`\n]*--[^`\n]*)", PAGE)
    options = {option for line in used for option in re.findall(r"--[a-z][a-z-]*", line)}
    assert options
    ran = oktsec_lint(command, "--help", cwd=ROOT, env={"COLUMNS": "200"})
    assert options <= set(re.findall(r"--[a-z][a-z-]*", ran.out))


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(((?!https?:)[^)]+)\)", PAGE))))
def test_links_lead_somewhere(link: str) -> None:
    path, _, section = link.partition("#")
    assert not path or (ROOT / "docs" / path).exists()
    headings = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert not section or section in anchors
