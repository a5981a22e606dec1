"""Server-sent events: whatever the chunks and line ends, the same events."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.protocol.sse import Event, EventStream

PIECES = [b"data", b"id", b"event", b"retry", b": ", b":", b"x", b"12", b"\n", b"\r", b"\r\n", b"\0", b"\xef\xbb\xbf"]
STREAMS = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)


def events(*chunks: bytes, limit: int = 100) -> list[Event]:
    stream = EventStream(limit)
    return [event for chunk in chunks for event in stream.feed(chunk)]


@given(STREAMS, st.lists(st.integers(0, 100)), st.integers(0, 8))
def test_chunks_make_no_difference(text: bytes, cuts: list[int], limit: int) -> None:
    places = sorted({0, len(text), *(cut for cut in cuts if cut <= len(text))})
    whole, cut = EventStream(limit), EventStream(limit)
    found = [event for start, end in pairwise(places) for event in cut.feed(text[start:end])]
    assert found == list(whole.feed(text))
    assert (cut.last_id, cut.retry) == (whole.last_id, whole.retry)


TEXTS = st.text(st.characters(exclude_characters="\r\n"), min_size=1)


@given(st.lists(TEXTS, max_size=5), st.sampled_from(["\n", "\r", "\r\n"]))
def test_what_is_written_is_read(lines: list[str], end: str) -> None:
    text = "".join(f"data: {line}{end}" for line in lines) + end
    wanted = [Event("message", "\n".join(lines).encode())] if lines else []
    assert events(text.encode(), limit=1000) == wanted


CASES: list[tuple[bytes, list[Event]]] = [
    (b"data: a\n\n", [Event("message", b"a")]),
    (b"data:a\ndata:  b\n\n", [Event("message", b"a\n b")]),
    (b"\xef\xbb\xbfdata: a\n\n", [Event("message", b"a")]),
    (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
    (b"event: endpoint\rdata: /x\r\r", [Event("endpoint", b"/x")]),
    (b": remark\n\nevent: e\n\ndata\n\n", [Event("message", b"")]),
    (b"data: cut off\n", []),
    (b"Data: a\ndatum: b\n data: c\n\n", []),
    (b"data: " + b"x" * 101 + b"\n\ndata: a\n\n", [Event("message", None), Event("message", b"a")]),
    (b"data: x\n" * 60 + b"\n", [Event("message", None)]),
    (b"data\n" * 200 + b"\n", [Event("message", None)]),
]


@pytest.mark.parametrize(("text", "found"), CASES)
def test_streams_as_the_standard_reads_them(text: bytes, found: list[Event]) -> None:
    assert events(text) == found


@pytest.mark.parametrize(
    ("text", "last", "retry"),
    [
        (b"id: 1\ndata: a\n\n", "1", None),
        (b"id: 1\n\n", "1", None),
        (b"id: 1\ndata: a\n", "", None),
        (b"id: 1\n\nid: 2\0\n\n", "1", None),
        (b"id: 1\n\nid\n\n", "", None),
        (b"retry: 250\n", "", 250),
        (b"retry: 250\nretry: 1s\nretry: -1\n", "", 250),
    ],
)
def test_what_a_reader_that_comes_again_needs(text: bytes, last: str, retry: int | None) -> None:
    stream = EventStream()
    list(stream.feed(text))
    assert (stream.last_id, stream.retry) == (last, retry)
