"""Docker's own command lines: how its MCP gateway starts a container.

Source: docker/mcp-gateway, pkg/gateway/clientpool.go.
"""

from __future__ import annotations

from oktsec_lint.core.fields import Field

from .described import Launch

_ALWAYS = ("run", "--rm", "-i", "--init", "--security-opt", "no-new-privileges")


def container(at: Field, image: Field, options: Field, variables: tuple[Field, ...]) -> Launch:
    """The container of an image. `options` has `volumes`, `user`, `command`, `disableNetwork` and `extraHosts`;
    `variables` are texts with the names of what is set in its environment."""
    launch = Launch(at.at)
    launch.command("docker", image.at)
    launch.args(*_ALWAYS, at=image.at)
    if options["disableNetwork"].flag():
        launch.args("--network", "none", at=options["disableNetwork"].at)
    for variable in variables:
        launch.args("-e", variable.text(), at=variable.at)
    for volume in options["volumes"].items:
        launch.args("-v", volume.text(), at=volume.at)
    if options["user"].text():
        launch.args("-u", options["user"].text(), at=options["user"].at)
    for host in options["extraHosts"].items:
        launch.args("--add-host", host.text(), at=host.at)
    launch.args(image.text(), at=image.at)
    for word in options["command"].items:
        launch.args(word.text(), at=word.at)
    return launch


def remote(at: Field, endpoint: Field) -> Launch:
    """A server that is reached; `endpoint` has `url` and `headers`."""
    launch = Launch(at.at)
    launch.url(endpoint["url"].text(), endpoint["url"].at)
    for header in endpoint["headers"].members.values():
        launch.header(header.name, header.text(), header.at)
    return launch
