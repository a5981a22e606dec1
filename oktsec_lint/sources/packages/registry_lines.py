"""The command lines of a `server.json`'s packages, as VS Code makes them, and how its remotes are reached.

Source: microsoft/vscode, src/vs/platform/mcp/common/mcpManagementService.ts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from oktsec_lint.core.fields import Field

from .described import Launch

_RUNTIMES: Mapping[str, str] = {"npm": "npx", "pypi": "uvx", "oci": "docker", "nuget": "dnx"}
_INDEX_OPTIONS: Mapping[str, str] = {"npm": "--registry", "pypi": "--index-url"}


def key(field: Field, name: str) -> Field:
    """The member of a camelCase name, or of its spelling before September 2025."""
    return field[name] if field[name].written else field[re.sub("(?=[A-Z])", "_", name).lower()]


def kind_of(package: Field) -> str:
    """The registry that a package is in, such as `npm`."""
    return (key(package, "registryType").text() or package["registry_name"].text()).lower() or "package"


def package_line(package: Field, kind: str) -> Launch | None:
    """The command line of a package; None where only its client can know one (a bundle to download)."""
    runtime = key(package, "runtimeHint").text() or _RUNTIMES.get(kind, "")
    if not runtime:
        return None
    launch = Launch(package.at)
    hint = key(package, "runtimeHint")
    launch.command(runtime, hint.at if hint.written else package.at)
    _add_runtime(launch, package, kind)
    _add_identifier(launch, package, kind)
    arguments = key(package, "packageArguments").items
    if kind == "nuget":
        launch.args("--yes", *(("--",) if arguments else ()))
    for argument in arguments:
        _add(launch, argument)
    for variable in key(package, "environmentVariables").items:
        value = variable["value"]
        if value.text() and not variable["variables"].members and not is_secret(variable):
            launch.env(variable["name"].text(), value.text(), value.at)
    return launch


def _add_runtime(launch: Launch, package: Field, kind: str) -> None:
    """What the runtime itself is told. Some publishers write the whole `docker run`: it is not written twice."""
    arguments = key(package, "runtimeArguments").items
    if kind == "oci" and not (arguments and arguments[0]["value"].text() == "run"):
        launch.args("run", "-i", "--rm")
    for argument in arguments:
        _add(launch, argument)
    if kind == "oci":
        for variable in key(package, "environmentVariables").items:
            launch.args("-e", variable["name"].text(), at=variable.at)


def _add_identifier(launch: Launch, package: Field, kind: str) -> None:
    identifier = package["identifier"] if package["identifier"].written else package["name"]
    base, version = key(package, "registryBaseUrl"), package["version"].text()
    if base.text() and kind in _INDEX_OPTIONS:
        launch.args(_INDEX_OPTIONS[kind], base.text(), at=base.at)
    joint = ":" if kind == "oci" else "@"
    launch.args(identifier.text() + (f"{joint}{version}" if version else ""), at=identifier.at)


def _add(launch: Launch, argument: Field) -> None:
    """The words of one argument: what is fixed or proposed, or else the name of what is asked for in braces."""
    value, name = argument["value"], argument["name"].text()
    hint = key(argument, "valueHint").text()
    text = next((item for item in (value, argument["default"]) if item.text()), value)
    if argument["type"].text() == "named":
        if name:
            launch.args(name, at=argument["name"].at)
        if argument["format"].text() == "boolean" and text.text() == "true":
            return
        if text.text():
            launch.args(text.text(), at=text.at)
        elif argument["description"].written:
            launch.args(f"{{{name.lstrip('-')}}}", at=argument.at)
    else:
        launch.args(text.text() or f"{{{hint or 'value'}}}", at=text.at if text.text() else argument.at)


def remote_line(remote: Field) -> Launch:
    """How a remote is reached, with the headers that it fixes."""
    launch = Launch(remote.at)
    launch.url(remote["url"].text(), remote["url"].at)
    for header in remote["headers"].items:
        if header["value"].text() and not is_secret(header):
            launch.header(header["name"].text(), header["value"].text(), header["value"].at)
    return launch


def is_secret(entry: Field) -> bool:
    """Whether an input says that it is a credential."""
    return key(entry, "isSecret").flag()


def asked_in_env(package: Field) -> dict[str, str]:
    """The variables that the user fills in, as references."""
    asked: dict[str, str] = {}
    for variable in key(package, "environmentVariables").items:
        name = variable["name"].text()
        if name and (not variable["value"].text() or variable["variables"].members or is_secret(variable)):
            asked[name] = f"${{{name}}}"
    return asked
