"""`smithery.yaml`, both generations: a start command as a JavaScript function, or a runtime that the host knows.

Source: smithery.ai/docs/config/smithery.yaml and the files of public repositories. A function is never run. Where it
holds one literal command, that is the launch line, and what it takes from the user's configuration becomes a reference.
Anything else only the function knows, and the server has to be looked at itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.launch import launch_problems
from oktsec_lint.core.manifest import Manifest
from oktsec_lint.sources.document import Document

from . import inputs
from .described import Described, Launch, Named, distinct, listed_beside, root_of, server_of
from .inputs import Input

FORMAT = "Smithery"
_OWN = frozenset("$schema name version runtime target entry env build startCommand".split())
_TEXT = r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|`(?:[^`\\$]|\\.|\$(?!\{))*`"
_COMMAND = re.compile(rf"(?<![\w$.])[\"']?command[\"']?\s{{0,9}}:\s{{0,9}}(?P<text>{_TEXT})")
_ARGUMENTS = re.compile(rf"(?<![\w$.])[\"']?args[\"']?\s{{0,9}}:\s{{0,9}}\[(?P<list>(?:{_TEXT}|[^\[\]'\"`])*)\]")
_WORD = re.compile(rf"\s*(?:(?P<text>{_TEXT})|(?P<other>[^,]+))\s*(?:,|\Z)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SETTING = re.compile(r"(?:\w{1,80}\??\.)?([A-Za-z_]\w{0,80})")


def describe(document: Document) -> Described:
    """The server of a repository, called after its directory where the file does not name it."""
    root = root_of(document)
    start = root["startCommand"]
    asked = tuple(_inputs(start, root["env"]))
    name = root["name"].text() or PurePath(document.path).parent.name or "server"
    manifest = Manifest(document.path, FORMAT, distinct(_launches(name, start)))
    return Described(
        manifest,
        (server_of(listed_beside(root, _OWN), name, root.at.place(), startable=bool(manifest.entries)),),
        (*inputs.problems(asked), *_arguments(start, asked), *launch_problems(manifest)),
        tuple(inputs.concealed(asked)),
    )


def _launches(name: str, start: Field) -> Iterator[Named]:
    url = start["url"]
    if url.text():
        launch = Launch(start.at)
        launch.url(url.text(), url.at)
        yield Named(name, "remote", launch)
    launch_line = _of_function(start["commandFunction"])
    if launch_line is not None:
        yield Named(name, "function", launch_line)


def _of_function(function: Field) -> Launch | None:
    """What a function returns, where it can be read off."""
    commands = list(_COMMAND.finditer(function.text()))
    lists = list(_ARGUMENTS.finditer(function.text()))
    if len(commands) != 1 or len(lists) > 1 or (not lists and "args" in function.text()):
        return None
    launch = Launch(function.at)
    launch.command(_unquoted(commands[0]["text"]))
    for word in _words(lists[0]["list"] if lists else ""):
        launch.args(word)
    return launch


def _words(listed: str) -> Iterator[str]:
    """The elements of a list: texts as they are, anything else as a reference to what it is called."""
    for match in _WORD.finditer(listed):
        if match["text"] is not None:
            yield _unquoted(match["text"])
        elif match["other"].strip():
            setting = _SETTING.fullmatch(match["other"].strip())
            yield f"{{{setting[1] if setting else 'config'}}}"


def _unquoted(text: str) -> str:
    return _ESCAPE.sub(r"\1", text[1:-1])


def _inputs(start: Field, env: Field) -> Iterator[Input]:
    example = start["exampleConfig"]
    for name, field in start["configSchema"]["properties"].members.items():
        yield Input(
            name,
            field,
            at_key=True,
            secret=field["secret"].flag() or field["writeOnly"].flag() or field["format"].text() == "password",
            given=(field["default"],),
            shown=(example[name], *field["examples"].items),
            kind=field["type"].text(),
        )
    yield from map(inputs.fixed, env.members.values())
    function = start["commandFunction"]
    yield Input(function.name, function, shown=(function,))


def _arguments(start: Field, asked: tuple[Input, ...]) -> Iterator[Hit]:
    """PKG-005 for every credential of the configuration that is an element of the arguments."""
    function = start["commandFunction"]
    launch = _of_function(function)
    words = launch.words() if launch is not None else ()
    secrets = {f"{{{item.name}}}": item for item in asked if item.is_credential}
    yield from (inputs.as_argument(secrets[word], function) for word in dict.fromkeys(words) if word in secrets)
