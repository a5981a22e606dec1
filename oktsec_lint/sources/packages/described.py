"""What reading a package's manifest gives, and the launch lines of its entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oktsec_lint.core.config import ServerSpec, Transport
from oktsec_lint.core.fields import Address, Field, field_of
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.manifest import Entry, Manifest
from oktsec_lint.core.model import EMPTY, JsonValue, Place, Server, Status
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.sources.document import Document
from oktsec_lint.sources.offers import Offers
from oktsec_lint.sources.readings import read_all

from .templates import as_variables


class Described(NamedTuple):
    """A package's manifest, read."""

    manifest: Manifest
    servers: tuple[Server, ...]
    """What it lists of what its servers offer."""
    hits: tuple[Hit, ...] = ()
    concealed: tuple[str, ...] = ()
    """Pointers of the values that no report may show."""


class Launch:
    """Gathers one launch line word by word, each with the place it comes from."""

    def __init__(self, at: Address) -> None:
        """`at` is where a word stands that nobody wrote, such as `run`."""
        self.at = at
        self._command = Field(at.key("command"), written=False)
        self._args: list[Field] = []
        self._env: dict[str, Field] = {}
        self._url = Field(at.key("url"), written=False)
        self._headers: dict[str, Field] = {}

    def command(self, text: str, at: Address | None = None) -> None:
        self._command = Field(at or self.at, text)

    def args(self, *words: str, at: Address | None = None) -> None:
        self._args.extend(Field(at or self.at, word) for word in words)

    def words(self) -> tuple[str, ...]:
        """The arguments as texts."""
        return tuple(word.text() for word in self._args)

    def env(self, name: str, value: str, at: Address) -> None:
        self._env[name] = Field(at, value)

    def url(self, text: str, at: Address) -> None:
        self._url = Field(at, text)

    def header(self, name: str, value: str, at: Address) -> None:
        self._headers[name] = Field(at, value)

    def entry(self, name: str, given: Mapping[str, str] = EMPTY) -> Entry:
        """The entry of that name. `given` are variables of the environment whose values its user is asked for."""
        launch = Field(
            self.at,
            members={
                "command": self._command,
                "args": Field(self.at, items=tuple(self._args), written=bool(self._args)),
                "env": Field(self.at, members=self._env, written=bool(self._env)),
                "url": self._url,
                "headers": Field(self.at, members=self._headers, written=bool(self._headers)),
            },
        )
        spec = ServerSpec(
            name=name,
            transport=Transport.HTTP if self._url.written else Transport.STDIO,
            place=self.at.place(),
            command=self._command.text(),
            args=tuple(map(as_variables, launch["args"].texts())),
            env={**_filled(launch["env"]), **given},
            url=as_variables(self._url.text()),
            headers=_filled(launch["headers"]),
        )
        return Entry(spec, launch)


def root_of(document: Document) -> Field:
    """The whole document."""
    return field_of(document.value(), Address(document.path))


def _filled(texts: Field) -> dict[str, str]:
    return {name: as_variables(text) for name, text in texts.text_map().items()}


class Named(NamedTuple):
    """A launch line, whose it is, and what kind of one."""

    server: str
    kind: str
    """What tells it apart from the server's others: a registry, a platform."""
    launch: Launch
    given: Mapping[str, str] = EMPTY
    """See `Launch.entry`."""


def distinct(lines: Iterable[Named]) -> tuple[Entry, ...]:
    """An entry for each launch line. The first of a server has its name; the others have their kind behind it, and a
    number where that is taken too."""
    taken: dict[str, Entry] = {}
    numbers: dict[str, int] = {}
    for line in lines:
        title = line.server if line.server not in taken else f"{line.server} ({line.kind})"
        while title in taken:
            base = f"{line.server} ({line.kind}"
            numbers[base] = numbers.get(base, 1) + 1
            title = f"{base} {numbers[base]})"
        taken[title] = line.launch.entry(title, line.given)
    return tuple(taken.values())


def listed_beside(field: Field, own: frozenset[str]) -> Offers:
    """What an object lists beside the members that its format knows: no format may hide a listing."""
    value = field.value if isinstance(field.value, dict) else {}
    others: dict[str, JsonValue] = {name: item for name, item in value.items() if name not in own}
    offers = Offers()
    read_all(others, field.at.place(), offers)
    return offers


def server_of(offers: Offers, name: str, place: Place, *, startable: bool, beside: str = "") -> Server:
    """The server that offers what was found. Of one with nothing, `startable` says that the manifest names a way to
    start or reach it, and `beside` names the file that lists what it has."""
    if offers.definitions:
        return offers.server(name, place)
    ways = (beside and f"scan {beside}", "--start has it listed" if startable else "it has to be scanned itself")
    instead = ", or ".join(filter(None, ways))
    reason = f"a package's manifest says how it is started, not what it offers, and nothing was started: {instead}"
    return Server(name, Status.NOT_SCANNED, reason, place=place)
