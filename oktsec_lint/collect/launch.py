"""A server's entry as it is really started or reached: variables expanded, environment minimal, secrets known.

This is the only place that expands `${VAR}`. What it expands is never shown: an unset variable is reported by its
name, and every expanded value is masked in whatever a server prints (`secrets`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping

from oktsec_lint.core.config import ServerSpec
from oktsec_lint.core.display import listed, quoted
from oktsec_lint.core.values import NamedTuple

from .secrets import Mask, mask_of, named_values

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")

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
    expand = _Expansion(environ)
    command, args = expand(spec.command), tuple(map(expand, spec.args))
    declared = {name: expand(value) for name, value in spec.env.items()}
    directory = expand(spec.working_dir)
    expand.finish()
    env = {name: environ[name] for name in _INHERITED if name in environ} | declared
    mask = mask_of(named_values(declared, args), expand.used, (*args, *declared.values()))
    return Launch(command, args, env, directory, mask)


def endpoint_of(spec: ServerSpec, environ: Mapping[str, str]) -> Endpoint:
    """Raises UnusableError."""
    expand = _Expansion(environ)
    url = expand(spec.url)
    headers = {name: expand(value) for name, value in spec.headers.items()}
    expand.finish()
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


def _unset(names: tuple[str, ...]) -> str:
    return f"environment {'variable' if len(names) == 1 else 'variables'} {listed(names)} not set"


class _Expansion:
    """`${VAR}` and `${VAR:-default}`; everything else, `$VAR` too, is left as it is."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._missing: list[str] = []
        self.used: list[tuple[str, str]] = []
        """The names and values of the variables that were put in."""

    def __call__(self, text: str) -> str:
        return _VARIABLE.sub(self._value, text)

    def finish(self) -> None:
        if self._missing:
            raise UnusableError(_unset(tuple(dict.fromkeys(self._missing))))

    def _value(self, match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        value = self._environ.get(name)
        if not value and default is not None:
            value = default
        if value is None:
            self._missing.append(name)
            return ""
        self.used.append((name, value))
        return value
