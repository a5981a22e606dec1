"""TOML positions: what stands at a place is the value that the standard library reads there."""

from __future__ import annotations

import tomllib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.errors import SourceError
from oktsec_lint.sources.document import Document, Node
from oktsec_lint.sources.toml_reader import read_toml

TEXT = """\
# a comment ] } = "
model = "x" # another
a.b."c d" = 1
when = 1979-05-27 07:32:00
[servers.one]
args = ["-y", "p]k}g", # not the end ]
  'lit"eral', [1, [2]],
]
env = { A = "1", "B.c" = '#', d.e = 3 }
["quoted table".'second']
long = \"\"\"
two "lines"\"\"\"
raw = '''it''s'''
[[list]]
k = 1
[[list]]
k = {x = [{}, {y = -1.5e3}]}
[list.sub]
z = true
"""


def assert_placed(document: Document) -> None:
    """Every scalar's characters mean its value, every key's characters its key."""
    todo: list[Node] = [document.root]
    while todo:
        node = todo.pop()
        value, written = node.plain(), document.text[slice(*node.span)]
        if isinstance(value, dict | list):
            for token in value if isinstance(value, dict) else map(str, range(len(value))):
                step = node.child(token)
                assert step is not None
                if step.key is not None:
                    key = document.text[slice(*step.key)]
                    assert list(tomllib.loads(f"{key} = 0")) == [token]
                todo.append(step.value)
        else:
            again = tomllib.loads(f"v = {written}")["v"]
            assert again == value or str(again) == value


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\n", "\r\n")])
def test_places(text: str) -> None:
    document = read_toml("f", text)
    assert_placed(document)
    where = document.locate("/servers/one/args/2")
    assert (where.line, where.column) == (7, 3)
    assert document.locate("/servers/one", at_key=True).column == 10


NAMES = st.sampled_from(["a", "b-1", '"q.r"', "'s t'", '"\\u00e9"'])
STRINGS = st.sampled_from(
    ['""', "''", '"a\\"]}#"', "'x\\'", '"""\nm"l"""', "'''a''b'''", '""""q"""""', '"""\\\\"""', "'''\n#]'''"]
)
SCALARS = STRINGS | st.sampled_from(["1", "-0.5e9", "true", "1979-05-27", "07:32:00", "0xff", "inf"])
GAPS = st.sampled_from(["", " ", "\n", " # c ]\n", "\t"])


@st.composite
def values(draw: st.DrawFn, depth: int = 2) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(SCALARS)
    items = draw(st.lists(values(depth - 1), max_size=3))
    if draw(st.booleans()):
        gap = draw(GAPS)
        return f"[{gap}{f'{gap},{gap}'.join(items)}{gap}]"
    return "{" + ", ".join(f"k{number} = {item}" for number, item in enumerate(items)) + "}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    lines = []
    for number in range(draw(st.integers(0, 6))):
        name = f"{draw(NAMES)}.n{number}"
        kind = draw(st.sampled_from(["[{}]", "[[{}]]", "[ {} ]", "{} = "]))
        lines.append(kind.format(name) + (draw(values()) if kind.endswith("= ") else ""))
        lines.append(draw(st.sampled_from(["", f"x{number} = {draw(values())}", f"y.z{number}={draw(values())} # c"])))
    return "\n".join(lines)


@given(documents())
def test_every_value_is_where_it_is_said_to_be(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(SourceError, match="not valid TOML"):
            read_toml("f", text)
        return
    assert_placed(read_toml("f", text))


@given(st.text(alphabet="ab.=[]{},\"'#\n \\1", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(SourceError):
        assert_placed(read_toml("f", text))


def test_a_mistake_has_its_line() -> None:
    with pytest.raises(SourceError) as caught:
        read_toml("f", 'a = 1\nb = "x\n')
    assert (caught.value.line, caught.value.column) == (2, 7)
