"""One server as Docker writes it down, in its registry or in a catalog of its gateway.

Source: docker/mcp-registry (pkg/servers) and docker/mcp-gateway (pkg/catalog).
"""

from __future__ import annotations

from collections.abc import Iterator

from oktsec_lint.core.fields import Field
from oktsec_lint.core.model import Kind, Place, Server

from .containers import container, remote
from .described import Named, listed_beside, server_of
from .inputs import Input, fixed

_REMEDY = "List it under `secrets` instead of `env`."


_OWN = frozenset(
    """name displayName title description type image icon readme toolsUrl dateAdded ref source upstream meta metadata
    about run config secrets env command volumes user disableNetwork allowHosts extraHosts longLived remote sseEndpoint
    oauth policy dynamic tools requirement prefix""".split()
)
"""Members that the two formats define, of which `tools` is read apart; anything else may hold a listing."""


class Tile:
    """One server, whichever of the two formats it stands in."""

    def __init__(self, field: Field, name: str, run: Field, config: Field, at: Place) -> None:
        self.field, self.name, self.run, self.config = field, name, run, config
        self.at = at

    @property
    def variables(self) -> tuple[Field, ...]:
        secrets = (item["env"] for item in self.config["secrets"].items)
        return (*secrets, *(item["name"] for item in self.config["env"].items), *self._run_env())

    def _run_env(self) -> Iterator[Field]:
        """Names of what `run.env` sets, as texts at their values."""
        return (item.with_value(item.name) for item in self.run["env"].members.values())

    def launches(self) -> Iterator[Named]:
        if self.field["image"].text():
            yield Named(self.name, "image", container(self.field, self.field["image"], self.run, self.variables))
        if self.field["remote"]["url"].text():
            yield Named(self.name, "remote", remote(self.field, self.field["remote"]))
        for tool in self.field["tools"].items:
            box = tool["container"]
            if box["image"].text():
                yield Named(self.name, tool["name"].text() or "tool", container(box, box["image"], box, ()))

    def inputs(self) -> Iterator[Input]:
        for secret in self.config["secrets"].items:
            yield _input(secret, secret=True)
        for variable in self.config["env"].items:
            yield _input(variable, secret=False)
        headers = self.field["remote"]["headers"].members.values()
        yield from map(fixed, (*self.run["env"].members.values(), *self.run["command"].items, *headers))

    def server(self) -> Server:
        """What it lists of its tools, if anything."""
        offers = listed_beside(self.field, _OWN)
        tools = self.field["tools"]
        if tools.items:
            offers.take_list([item.value for item in tools.items], Kind.TOOL, tools.at.place(), brief=True)
        startable = any(self.launches())
        return server_of(offers, self.name, self.at, startable=startable, beside="the tools.json beside it")


def _input(entry: Field, *, secret: bool) -> Input:
    return Input(
        entry["name"].text(),
        entry["name"],
        secret=secret,
        remedy=_REMEDY,
        given=(entry["value"],),
        shown=(entry["example"],),
        about=entry["description"].text(),
    )
