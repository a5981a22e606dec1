"""Launch lines put behind the gate and taken out again: the same bytes, whatever the file looks like."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import JsonValue, pointer_to
from oktsec_lint.core.wrapping import Wrapping, wrapped_in
from oktsec_lint.sources import Document, LoadedConfig, open_source
from oktsec_lint.sources.launchlines import respelled, spelled, unwrapped, wrapped
from oktsec_lint.sources.manifests import document_of
from oktsec_lint.sources.registry import by_name


def read(name: str, text: str) -> Document:
    return document_of(name, text, by_name("codex" if name.endswith(".toml") else "generic"))


OURS = ("/opt/bin/oktsec-lint", *Wrapping("cursor", "notes", "/home/me/oktsec.yaml").words())
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x7f\ufeff"), max_size=6) | st.sampled_from(
    ["npx", "-y", "--", "run", "//", "/*", "*/", '"', ",]", "${env:A}"]
)
TRIVIA = st.sampled_from(["", " ", "  ", "\n", "\r\n", "\t", " // a, comment ]\n", '/* one, "more" } */', "\n\n  "])


@st.composite
def texts(draw: st.DrawFn, words: st.SearchStrategy[str] = WORDS) -> str:
    """A word as somebody may have spelled it."""
    word = draw(words)
    return draw(st.sampled_from([json.dumps(word), json.dumps(word, ensure_ascii=False), _escaped(word)]))


def _escaped(word: str) -> str:
    units = word.encode("utf-16-be")
    return '"' + "".join(f"\\u{units[at]:02X}{units[at + 1]:02x}" for at in range(0, len(units), 2)) + '"'


@st.composite
def joined(draw: st.DrawFn, brackets: str, items: list[str]) -> str:
    """A list or an object with whatever may stand between its parts."""
    between = "".join(draw(TRIVIA) + item + draw(TRIVIA) + "," for item in items)
    if items and draw(st.booleans()):
        between = between[:-1]
    return brackets[0] + draw(TRIVIA) + between + draw(TRIVIA) + brackets[1]


@st.composite
def entries(draw: st.DrawFn) -> tuple[str, str]:
    """One server's object, and the pointer of its command inside."""
    command, args = draw(texts()), draw(st.lists(texts(), max_size=3))
    others = draw(
        st.lists(st.sampled_from(['"type": "stdio"', '"disabled":true', '"x" : {"y": [1, null]}']), unique=True)
    )
    shape = draw(st.sampled_from(["plain", "without", "array", "nested"]))
    if shape == "array":
        members = [f'"command": {draw(joined("[]", [command, *args]))}', *others]
        return draw(joined("{}", draw(st.permutations(members)))), "command/0"
    members = [f'"{"path" if shape == "nested" else "command"}"{draw(TRIVIA)}:{draw(TRIVIA)}{command}']
    if shape != "without":
        members.append(f'"args"{draw(TRIVIA)}:{draw(TRIVIA)}{draw(joined("[]", args))}')
    if shape == "nested":
        inner = draw(joined("{}", draw(st.permutations(members))))
        return draw(joined("{}", draw(st.permutations([f'"command": {inner}', *others])))), "command/path"
    return draw(joined("{}", draw(st.permutations([*members, *others])))), "command"


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A client's file, and the pointers of its commands."""
    drawn = draw(st.lists(entries(), min_size=1, max_size=3))
    servers = draw(joined("{}", [f'"s/{number}": {text}' for number, (text, _) in enumerate(drawn)]))
    text = draw(TRIVIA) + draw(joined("{}", ['"theme": "dark"', f'"mcpServers":{servers}'])) + draw(TRIVIA)
    return text, [f"{pointer_to('mcpServers', f's/{number}')}/{at}" for number, (_, at) in enumerate(drawn)]


@given(documents())
def test_wrapping_and_unwrapping_is_nothing_at_all(drawn: tuple[str, list[str]]) -> None:
    text, commands = drawn
    before = read("mcp.json", text)
    behind = wrapped(before, dict.fromkeys(commands, OURS))
    assert unwrapped(read("mcp.json", behind.document.text), commands, behind.added).text == text


@given(documents())
def test_the_plain_words_follow_ours_and_nothing_else_changes(drawn: tuple[str, list[str]]) -> None:
    text, commands = drawn
    before = read("mcp.json", text)
    after = wrapped(before, dict.fromkeys(commands, OURS)).document
    plain, behind = _servers(before.value()), _servers(after.value())
    assert {name: [*OURS, *_line(item)] for name, item in plain.items()} == {
        name: _line(item) for name, item in behind.items()
    }
    assert _without_lines(plain) == _without_lines(behind)


def _servers(value: JsonValue) -> dict[str, dict[str, JsonValue]]:
    assert isinstance(value, dict)
    assert value["theme"] == "dark"
    return value["mcpServers"]  # type: ignore[return-value]


def _line(entry: dict[str, JsonValue]) -> list[JsonValue]:
    command = entry["command"]
    if isinstance(command, list):
        return command
    holder = command if isinstance(command, dict) else entry
    args = holder.get("args", [])
    assert isinstance(args, list)
    return [holder["path"] if isinstance(command, dict) else command, *args]


def _without_lines(servers: dict[str, dict[str, JsonValue]]) -> object:
    return {name: {key: item[key] for key in item if key not in {"command", "args"}} for name, item in servers.items()}


def behind(name: str, text: str, *commands: str) -> str:
    """The wrapped text, which was unwrapped again and was the same."""
    result = wrapped(read(name, text), dict.fromkeys(commands, OURS))
    assert unwrapped(read(name, result.document.text), commands, result.added).text == text
    return result.document.text


def test_a_list_with_lines_of_its_own_gets_one_more() -> None:
    text = '{"mcpServers": {"a": {\n  "command": "npx",\n  "args": [\n    // pinned\n    "-y",\n    "b",\n  ]\n}}}'
    ours = ", ".join(map(json.dumps, (*OURS[1:], "npx")))
    shown = behind("m.json", text, "/mcpServers/a/command")
    assert shown == text.replace('"npx"', json.dumps(OURS[0])).replace('    "-y"', f'    {ours},\n    "-y"')


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_missing_list_is_written_as_the_command_is(end: str) -> None:
    text = end.join(["{", '\t"mcpServers": {"a": {', '\t\t"command" : "npx"  // why', "\t}},", "}", ""])
    shown = behind("m.json", text, "/mcpServers/a/command")
    assert f'{end}\t\t"args" : ["run", ' in shown


YAML = """\
# mine
mcpServers:
- name: one
  command: npx   # with a comment
  args:
    - -y
    - 'it''s'   # quoted
- command: "npx"
  name: two
  env: {A: b}
- {name: three, command: npx, args: [-y, "x, y"]}
- {name: four, command: uvx}
- name: five
  command: npx
  args: []
"""


def test_yaml_in_every_style() -> None:
    shown = behind("config.yaml", YAML, *(f"/mcpServers/{number}/command" for number in range(5)))
    value = read("config.yaml", shown).value()
    assert isinstance(value, dict)
    servers = value["mcpServers"]
    assert isinstance(servers, list)
    lines = [_line(item) for item in servers if isinstance(item, dict)]
    plain: list[list[str]] = [["npx", "-y", "it's"], ["npx"], ["npx", "-y", "x, y"], ["uvx"], ["npx"]]
    assert lines == [[*OURS, *line] for line in plain]
    assert '    - "run"\n' in shown


TOML = """\
# mine
[mcp_servers.one]
command = 'npx'   # literal
args = [ "-y", # yes
  '''it's''', ]

[mcp_servers."t w o"]
\tcommand="uvx" # bare
env = { A = "args = [" }

[mcp_servers]
three = { command = "npx", args = ["-y"], enabled = false }
four = { command = "uvx" }
five.command = '''npx'''
six . "command" = "bunx"
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_toml_in_every_style(end: str) -> None:
    names = ("one", "t w o", "three", "four", "five", "six")
    text = TOML.replace("\n", end)
    shown = behind("config.toml", text, *(pointer_to("mcp_servers", name, "command") for name in names))
    value = read("config.toml", shown).value()
    assert isinstance(value, dict)
    servers = value["mcp_servers"]
    assert isinstance(servers, dict)
    lines = {name: _line(item) for name, item in servers.items() if isinstance(item, dict)}
    plain = [["npx", "-y", "it's"], ["uvx"], ["npx", "-y"], ["uvx"], ["npx"], ["bunx"]]
    assert lines == {name: [*OURS, *line] for name, line in zip(names, plain, strict=True)}
    assert f'{end}\targs=["run", ' in shown


FIXTURES = Path(__file__).parents[1] / "fixtures"
EXAMPLES = [path for name in ("manifests", "documented") for path in (FIXTURES / name).rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.relative_to(FIXTURES).as_posix())
def test_every_clients_example_is_had_back(path: Path) -> None:
    opened = open_source(str(path), path.read_bytes())
    assert isinstance(opened, LoadedConfig)
    assert opened.manifest is not None
    lines = [entry.launch["command"] for entry in opened.manifest.entries if entry.launch["command"].text()]
    text = behind(str(path), opened.document.text, *(command.at.pointer for command in lines))
    assert (text != opened.document.text) is bool(lines)


def edited(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def test_what_was_edited_meanwhile_stays() -> None:
    text = '{"mcpServers": {"a": {"command": "npx", "args": ["-y", "b"], "env": {}}}, "theme": 1}'
    later: Iterable[tuple[str, str]] = (
        ('"b"', '"b@2", "c"'),
        ('"env": {}', '"env": {"K": "v"} /* new */'),
        ("1}", "2}"),
    )
    now = edited(behind("m.json", text, "/mcpServers/a/command"), *later)
    assert unwrapped(read("m.json", now), ["/mcpServers/a/command"]).text == edited(text, *later)


def test_another_layout_of_our_words_is_taken_out_as_well() -> None:
    text = '{"s": {"command": "npx", "args": ["-y"]}}'
    value = json.loads(behind("m.json", text, "/s/command"))
    pretty = json.dumps(value, indent=2)
    assert json.loads(unwrapped(read("m.json", pretty), ["/s/command"]).text) == json.loads(text)


def test_a_comment_between_our_words_and_the_rest_stays() -> None:
    now = behind("m.json", '{"s": {"command": "npx", "args": ["-y"]}}', "/s/command")
    now = edited(now, ('"npx", "-y"', '"npx", /* yes */ "-y"'))
    assert unwrapped(read("m.json", now), ["/s/command"]).text == '{"s": {"command": "npx", "args": [ /* yes */ "-y"]}}'


def test_all_arguments_taken_away_leave_an_empty_list() -> None:
    now = '{"s": {"command": "oktsec-lint", "args": ["run", "--", "npx",\n]}}'
    assert unwrapped(read("m.json", now), ["/s/command"]).text == '{"s": {"command": "npx", "args": [\n]}}'


def test_a_line_that_is_not_wrapped_stays() -> None:
    document = read("m.json", '{"s": {"command": "npx"}}')
    assert unwrapped(document, ["/s/command"]) is document


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ('{"command": "npx",\n "args": "-y"}', "2:10"),
        ('{"command": "npx",\n "args": [1]}', "2:10"),
        ('{"command": 7}', "1:19"),
    ],
)
def test_a_line_of_something_else_is_refused_at_its_place(entry: str, place: str) -> None:
    with pytest.raises(SourceError, match=f"m.json:{place}: this launch line is not made of texts"):
        wrapped(read("m.json", f'{{"s": {entry}}}'), {"/s/command": OURS})


def test_a_list_that_two_entries_share_is_refused() -> None:
    text = "mcpServers:\n  a: {command: x, args: &both [y]}\n  b: {command: z, args: *both}\n"
    with pytest.raises(SourceError, match=r"c\.yaml:2:32: this list cannot be added to"):
        wrapped(read("c.yaml", text), {"/mcpServers/b/command": OURS})


def test_another_spelling_of_a_url() -> None:
    document = read("m.json", '{"s": {"url": "https:\\/\\/a.example"} }')
    now = respelled(document, {"/s/url": spelled("http://127.0.0.1:9090/mcp")})
    assert now.text == '{"s": {"url": "http://127.0.0.1:9090/mcp"} }'
    assert respelled(now, {"/s/url": '"https:\\/\\/a.example"'}).text == document.text


@pytest.mark.parametrize(
    ("line", "inner"),
    [
        ("oktsec-lint run -- npx -y", 3),
        ("/usr/bin/oktsec-lint run --enforce --agent=a -- npx", 5),
        (r"C:\tools\oktsec-lint.exe run --agent a -- npx", 5),
        ("/venv/bin/python -m oktsec_lint run --config c -- uvx x -- y", 7),
        ("uvx oktsec-lint run -- npx", 4),
        ("oktsec-lint run --", None),
        ("oktsec-lint scan -- npx", None),
        ("npx server -- oktsec-lint", None),
        ("oktsec proxy --agent a -- npx", None),
    ],
)
def test_what_is_wrapped(line: str, inner: int | None) -> None:
    found = wrapped_in(line.split())
    assert (found.inner if found is not None else None) == inner


@given(
    st.builds(
        Wrapping,
        *(st.text(st.characters(codec="ascii", exclude_characters="-"), max_size=4) for _ in range(3)),
        st.booleans(),
        st.sampled_from([(), ("--journal", "j.db")]),
    )
)
def test_what_a_line_says_is_read_back(wrapping: Wrapping) -> None:
    found = wrapped_in(("oktsec-lint", *wrapping.words(), "npx"))
    assert found is not None
    assert found.wrapping == wrapping
