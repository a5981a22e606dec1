"""A server's entry as it is really started or reached: variables expanded, environment minimal, secrets known.

What is expanded is never shown: an unset variable is reported by its name, and every expanded value is masked in
whatever a server prints (`secrets`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping

from oktsec_lint.core.config import ServerSpec
from oktsec_lint.core.display import quoted
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.variables import Expansion

from .secrets import Mask, mask_of, named_values

_INHERITED = (
    "APPDATA COMSPEC HOMEDRIVE HOMEPATH LOCALAPPDATA NUMBER_OF_PROCESSORS PATH PATHEXT PROCESSOR_ARCHITECTURE "
    "PROGRAMDATA PROGRAMFILES SYSTEMDRIVE SYSTEMROOT TEMP TMP USERNAME USERPROFILE WINDIR"
    if sys.platform == "win32"
    else "HOME LANG LC_ALL LC_CTYPE LOGNAME PATH SHELL TERM TMPDIR TZ USER"
).split()
"""What a server gets of our own environment, so that it runs at all; everything else has to be configured."""

_RUNNERS: Mapping[str, tuple[str, ...]] = {
    "npx": (),
    "uvx": (),
    "bunx": (),
    "pnpx": (),
    "npm": ("exec", "x"),
    "pnpm": ("dlx", "exec"),
    "yarn": ("dlx",),
    "bun": ("x",),
    "uv": ("tool", "run"),
    "pipx": ("run",),
    "docker": ("run",),
    "podman": ("run",),
}
"""Commands that may install before they run, and the subcommands that do; none means always."""


class UnusableError(Exception):
    """An entry that cannot be used in this environment; the message says why without any value."""


class Launch(NamedTuple):
    """How to start one stdio server."""

    command: str
    args: tuple[str, ...]
    env: Mapping[str, str]
    """The whole environment of the process."""
    directory: str
    """The working directory; empty for our own."""
    mask: Mask

    @property
    def installs(self) -> bool:
        """Whether starting it may download a package or an image first: two such starts at once race."""
        name = re.split(r"[/\\]", self.command)[-1].lower().removesuffix(".cmd").removesuffix(".exe")
        if name not in _RUNNERS:
            return False
        return not _RUNNERS[name] or any(argument in _RUNNERS[name] for argument in self.args[:2])


class Endpoint(NamedTuple):
    """How to reach one HTTP server."""

    url: str
    headers: Mapping[str, str]
    mask: Mask


def launch_of(spec: ServerSpec, environ: Mapping[str, str]) -> Launch:
    """Raises UnusableError."""
    expand = Expansion(environ)
    command, args = expand(spec.command), tuple(map(expand, spec.args))
    declared = {name: expand(value) for name, value in spec.env.items()}
    directory = expand(spec.working_dir)
    _refuse_unset(expand)
    env = {name: environ[name] for name in _INHERITED if name in environ} | declared
    mask = mask_of(named_values(declared, args), expand.used, (*args, *declared.values()))
    return Launch(command, args, env, directory, mask)


def endpoint_of(spec: ServerSpec, environ: Mapping[str, str]) -> Endpoint:
    """Raises UnusableError."""
    expand = Expansion(environ)
    url = expand(spec.url)
    headers = {name: expand(value) for name, value in spec.headers.items()}
    _refuse_unset(expand)
    _check_port(url)
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise UnusableError(
                f"the value of header {quoted(name)} holds a line break or another unprintable character"
            )
    return Endpoint(url, headers, mask_of(named_values(headers), expand.used, (url,)))


def _check_port(url: str) -> None:
    from urllib.parse import urlsplit

    try:
        _ = urlsplit(url).port
    except ValueError:
        raise UnusableError("its `url` has no usable host and port (a port is a number up to 65535)") from None


def _refuse_unset(expand: Expansion) -> None:
    if expand.trouble:
        raise UnusableError(expand.trouble)
