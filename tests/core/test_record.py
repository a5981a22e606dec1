"""Records and their chain: one text, one seal, and every kind of tampering found and named."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.chain import Break, Fault, Head, verify
from oktsec_lint.core.lock.canonical import canonical
from oktsec_lint.core.record import (
    Decision,
    Entry,
    Record,
    Sender,
    genesis,
    is_sealed,
    next_entry,
    record_of,
    rules_text,
    text_of,
)

WRITER = "00c0ffee00c0ffee"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(-(2**63), 2**63 - 1)


def a_record(**fields: object) -> Record:
    plain = Record("2026-11-22T17:49:05.123456Z", "a", "s", Sender.CLIENT, "tools/call", "t", "1", Decision.FORWARDED)
    return plain._replace(**fields)


@st.composite
def records(draw: st.DrawFn) -> Record:
    texts = {name: draw(TEXTS) for name, value in a_record()._asdict().items() if type(value) is str}
    return a_record(
        **texts,
        direction=draw(st.sampled_from(Sender)),
        decision=draw(st.sampled_from(Decision)),
        rules=tuple(draw(st.lists(TEXTS, max_size=3))),
        latency_us=draw(NUMBERS),
    )


def chain(*written: Record, writer: str = WRITER) -> list[Entry]:
    entries: list[Entry] = []
    for number, record in enumerate(written, start=1):
        entries.append(next_entry(writer, number, entries[-1].hash if entries else genesis(writer), record))
    return entries


def head(entries: list[Entry]) -> Head:
    return Head(WRITER, len(entries), entries[-1].hash if entries else genesis(WRITER))


CHAINS = st.lists(records(), min_size=3, max_size=8).map(lambda items: chain(*items))


@given(records())
def test_the_text_of_a_record_is_its_canonical_json(record: Record) -> None:
    assert text_of(record) == canonical({**record._asdict(), "rules": list(record.rules)})


@given(records())
def test_what_is_stored_comes_back(record: Record) -> None:
    values = record._replace(rules=rules_text(record.rules))
    assert record_of([str(value) if isinstance(value, str) else value for value in values]) == record


@pytest.mark.parametrize("rules", [None, b"[]", "[1]", "{}", "[", "[ ]", '["\\u0061"]', "[" * 100_000])
def test_rules_in_another_spelling_are_no_record(rules: object) -> None:
    assert record_of([*a_record(rules=rules)]) is None


@pytest.mark.parametrize(
    "change",
    [{"agent": None}, {"time": b""}, {"latency_us": 1.0}, {"latency_us": True}, {"decision": "x"}, {"direction": ""}],
)
def test_values_of_other_types_are_no_record(change: dict[str, object]) -> None:
    assert record_of([*a_record(rules="[]")._replace(**change)]) is None


@given(st.text(st.characters(categories=["Cs", "L"]), min_size=1, max_size=9) | st.just("é" * 99_999))
def test_whatever_a_peer_chooses_for_a_name_can_be_stored(name: str) -> None:
    entry = next_entry(WRITER, 1, genesis(WRITER), a_record(tool=name, rules=(f"tool_allowlist:{name}",) * 99))
    assert entry.record is not None
    text = text_of(entry.record)
    assert len(text.encode()) < 60_000
    assert is_sealed(entry, 1)


def test_two_writers_begin_differently() -> None:
    assert genesis("a") != genesis("b")


@given(CHAINS)
def test_what_was_written_is_whole(entries: list[Entry]) -> None:
    assert verify(entries, [head(entries)], [head(entries[:2])]) == []


def test_a_journal_without_entries_is_whole() -> None:
    assert verify([], []) == []
    assert verify([], [head([])]) == []


def named(breaks: list[Break], fault: Fault) -> set[int]:
    """The entries that breaks of one kind name."""
    return {n for item in breaks if item.fault is fault for n in range(item.sequence, item.last + 1)}


@given(CHAINS, records(), st.data())
def test_an_edited_field_is_named(entries: list[Entry], other: Record, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 1))
    field = data.draw(st.sampled_from(Record._fields))
    record = entries[at].record
    assert record is not None
    changed = record._replace(**{field: getattr(other, field)})
    if changed == record:
        return
    known = [head(entries)]
    entries[at] = entries[at]._replace(record=changed)
    assert [(item.sequence, item.fault) for item in verify(entries, known)] == [(at + 1, Fault.EDITED)]


@given(CHAINS, st.data(), st.sampled_from(["previous", "hash"]))
def test_an_edited_link_is_named(entries: list[Entry], data: st.DataObject, field: str) -> None:
    at = data.draw(st.integers(0, len(entries) - 1))
    known = [head(entries)]
    entries[at] = entries[at]._replace(**{field: data.draw(TEXTS)})
    assert [(item.sequence, item.fault) for item in verify(entries, known)] == [(at + 1, Fault.EDITED)]


@given(CHAINS, st.data())
def test_an_entry_that_was_edited_and_sealed_anew_is_named(entries: list[Entry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 1))
    known = [head(entries)]
    forged = a_record(reason="nothing happened here")
    entries[at] = next_entry(WRITER, at + 1, entries[at].previous, forged)
    assert [(item.sequence, item.fault) for item in verify(entries, known)] == [(at + 1, Fault.EDITED)]


@given(CHAINS, st.data())
def test_a_chain_that_was_written_anew_contradicts_a_checkpoint(entries: list[Entry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(entries) - 2))
    noted = head(entries[: data.draw(st.integers(at + 1, len(entries)))])
    written = [entry.record for entry in entries]
    written[at] = a_record(reason="nothing happened here")
    forged = chain(*(record for record in written if record is not None))
    breaks = verify(forged, [head(forged)], [noted])
    assert at + 1 in named(breaks, Fault.REWRITTEN)


@given(CHAINS, st.data())
def test_removed_entries_are_named(entries: list[Entry], data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.integers(0, len(entries) - 1), min_size=1))
    left = [entry for index, entry in enumerate(entries) if index not in gone]
    breaks = verify(left, [head(entries)])
    assert named(breaks, Fault.REMOVED) | named(breaks, Fault.TRUNCATED) == {index + 1 for index in gone}
    assert (len(entries) in named(breaks, Fault.TRUNCATED)) == (len(entries) - 1 in gone)
    assert {item.fault for item in breaks} <= {Fault.REMOVED, Fault.TRUNCATED}


@given(CHAINS, st.data())
def test_a_gap_that_was_closed_is_named(entries: list[Entry], data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, len(entries) - 2))
    left = [*entries[:gone], *(entry._replace(sequence=entry.sequence - 1) for entry in entries[gone + 1 :])]
    assert gone + 1 in named(verify(left, [head(entries)]), Fault.REMOVED)


@given(CHAINS, st.data())
def test_a_tail_that_was_cut_off_with_its_head_is_named_by_a_checkpoint(
    entries: list[Entry], data: st.DataObject
) -> None:
    left = entries[: data.draw(st.integers(0, len(entries) - 1))]
    breaks = verify(left, [head(left)], [head(entries)])
    assert named(breaks, Fault.TRUNCATED) == set(range(len(left) + 1, len(entries) + 1))


@given(entries=CHAINS, data=st.data(), renumbered=st.booleans())
def test_swapped_entries_are_named(*, entries: list[Entry], data: st.DataObject, renumbered: bool) -> None:
    one, two = sorted(data.draw(st.sets(st.integers(0, len(entries) - 1), min_size=2, max_size=2)))
    known = [head(entries)]
    entries[one], entries[two] = entries[two], entries[one]
    if renumbered:
        entries = [entry._replace(sequence=index) for index, entry in enumerate(entries, start=1)]
    found = named(verify(entries, known), Fault.REORDERED)
    assert found & {one + 1, two + 1}
    assert not renumbered or found == {one + 1, two + 1}


@given(entries=CHAINS, new=records(), data=st.data(), shifted=st.booleans())
def test_an_inserted_entry_is_named(*, entries: list[Entry], new: Record, data: st.DataObject, shifted: bool) -> None:
    at = data.draw(st.integers(0, len(entries)))
    known = [head(entries)]
    before = entries[at - 1].hash if at else genesis(WRITER)
    forged = next_entry(WRITER, at + 1, before, new)
    if at < len(entries) and forged == entries[at]:
        return
    after = [entry._replace(sequence=entry.sequence + shifted) for entry in entries[at:]]
    assert at + 1 in named(verify([*entries[:at], forged, *after], known), Fault.INSERTED)


def test_what_says_which_entry_was_the_last_is_missed_and_believed_by_nobody() -> None:
    entries = chain(a_record(), a_record(), a_record())
    assert [item.fault for item in verify(entries, [])] == [Fault.REMOVED]
    assert named(verify(entries, [Head(WRITER, 2, entries[1].hash)]), Fault.INSERTED) == {3}
    assert named(verify(entries, [Head(WRITER, 5, "")]), Fault.TRUNCATED) == {4, 5}
    assert named(verify(entries, [Head(WRITER, 3, entries[1].hash)]), Fault.EDITED) == {3}
    assert len(verify(entries, [Head(WRITER, 2**62, "")])) == 1


def test_a_writer_that_is_gone_is_missed_by_who_knows_of_it() -> None:
    entries = chain(a_record(), a_record())
    assert verify([], [], [head(entries)]) == [Break(WRITER, 1, 2, Fault.REMOVED, "all of this writer is gone")]


def test_one_writers_breaks_are_not_anothers() -> None:
    ours, theirs = chain(a_record(), a_record()), chain(a_record(), writer=string.hexdigits)
    breaks = verify([ours[1], theirs[0]], [head(ours), Head(string.hexdigits, 1, theirs[0].hash)])
    assert [str(item) for item in breaks] == [f"{WRITER}-1: removed: gone"]
