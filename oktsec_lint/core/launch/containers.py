"""LCH-003 and LCH-004: containers that are let out of their container.

Sources: docs.docker.com/reference/cli/docker/container/run, docs.docker.com/engine/security.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from oktsec_lint.core.display import quoted
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.packages import DOCKER_VALUED
from oktsec_lint.core.values import NamedTuple

from .lines import ENGINES, program_name

MOUNT, PRIVILEGE = "LCH-003", "LCH-004"
_STARTING = frozenset({"run", "create"})
_ENGINE_WORDS = 16
"""Words among which `run` is looked for."""
_SHORT = re.compile(r"-[ditPqT]+([ve])(.*)", re.DOTALL)
"""Short options in one word, of which the last takes a value: `-itv /:/host`."""
_MOUNTS = frozenset({"-v", "--volume", "--mount"})
_SOCKETS = re.compile(
    r"(?:/var)?/run/(?:user/[^/]+/)?(?:docker|podman|containerd|crio)(?:/[^/]+)*\.sock|//?\./pipe/docker_engine"
)
_WHOLE = re.compile(r"/+|/?[A-Za-z]:[/\\]*|/mnt/[a-z]/?|/host_mnt/?|/(?:proc|sys|dev|boot|etc|root|var/lib/docker)/?")
_HOME = re.compile(
    r"~/?|\$\{?(?:HOME|USERPROFILE)\}?/?|/(?:home|Users)(?:/[^/]+)?/?|[A-Za-z]:[/\\]Users(?:[/\\][^/\\]+)?[/\\]?"
)
_KEYS = re.compile(r"(?:~|\$\{?(?:HOME|USERPROFILE)\}?|/root|/(?:home|Users)/[^/]+)/\.(?:ssh|gnupg)(?:/.*)?")
_VOLUME = re.compile(r"(?P<source>(?:[A-Za-z]:(?=[/\\]))?[^:]*):(?P<rest>.*)", re.DOTALL)
_HOST = frozenset({"--pid", "--ipc", "--uts", "--userns", "--cgroupns"})
"""Namespaces that are the machine's when the value is `host`."""
_ESCAPES = frozenset(
    """all sys_admin sys_ptrace sys_module sys_rawio sys_boot dac_read_search bpf perfmon net_admin mac_admin
    mac_override syslog""".split()
)
"""Capabilities that reach beyond a container."""
_UNCONFINED = re.compile(r"(?:seccomp|apparmor|systempaths)[=:]unconfined|label[=:]disable|no-new-privileges[=:]false")
_DEVICES = re.compile(r"/dev/(?:mem|kmem|port|sd[a-z]\d*|nvme\w+|vd[a-z]\d*|kvm)(?::.*)?")
_NETWORKS = frozenset({"--network", "--net"})


class _Option(NamedTuple):
    name: str
    value: str
    field: Field
    """Where the value is written, or the option that has none."""


def container_problems(words: Sequence[Field]) -> Iterator[Hit]:
    """Of a whole line `docker run ...`; nothing of any other line."""
    texts = [word.text() for word in words]
    if not texts or program_name(texts[0]) not in ENGINES:
        return
    for option in _options(words[_start_of(texts) :]):
        if option.name in _MOUNTS:
            yield from mount_problems(option.field, option.value)
        else:
            yield from _privileges(option)


def _start_of(texts: Sequence[str]) -> int:
    """Where the options of `run` begin, behind what the engine itself is told (`docker --context NAME run`); the end
    where nothing is run."""
    started = (index for index, text in enumerate(texts[1:_ENGINE_WORDS], 1) if text in _STARTING)
    return next(started, len(texts)) + 1


def mount_problems(field: Field, volume: str) -> Iterator[Hit]:
    """Of one volume or mount, as `SOURCE:TARGET[:ro]` or `type=bind,src=SOURCE,...`."""
    source = _source_of(volume)
    what, severity = _mounted(source)
    if what:
        message = f"{quoted(field.at.dotted)} lets the container have {what} ({quoted(source)})"
        yield field.at.hit(MOUNT, message, severity=severity)


def _mounted(source: str) -> tuple[str, Severity | None]:
    """What of the machine a mount hands over, and how bad that is; empty for an ordinary folder."""
    plain = _settled(source)
    if _SOCKETS.fullmatch(plain) or _SOCKETS.fullmatch(source):
        return "the socket of the container engine, and with it the whole machine", None
    if _WHOLE.fullmatch(plain):
        return "a folder of the system", None
    if _KEYS.fullmatch(plain):
        return "private keys", None
    return ("a whole home folder", Severity.MEDIUM) if _HOME.fullmatch(plain) else ("", None)


def _settled(path: str) -> str:
    """The path without `.`, `..` and doubled slashes, as the engine resolves them."""
    parts: list[str] = []
    for part in re.split(r"/+", path):
        if part == ".." and parts and parts[-1] not in ("", "..", "~", "$HOME", "${HOME}"):
            parts.pop()
        elif part != "." and not (part == ".." and parts == [""]):
            parts.append(part)
    return "/" if path and parts == [""] else "/".join(parts)


def _source_of(volume: str) -> str:
    if "=" in volume and ("," in volume or volume.startswith(("type=", "src=", "source="))):
        parts: Mapping[str, str] = dict(part.partition("=")[::2] for part in volume.split(","))
        return next((parts[key] for key in ("src", "source") if key in parts), "").strip().strip("\"'")
    match = _VOLUME.fullmatch(volume)
    return match["source"].strip() if match else ""


def _options(words: Sequence[Field]) -> Iterator[_Option]:
    """Options of the engine, up to the image: what follows belongs to what runs in it."""
    rest = iter(words)
    for word in rest:
        name, equals, value = word.text().partition("=")
        joined = _SHORT.fullmatch(word.text())
        if name == "--":
            return
        if joined is not None:
            following = word if joined[2] else next(rest, word)
            yield _Option(f"-{joined[1]}", joined[2].lstrip("=") or following.text(), following)
        elif name.startswith("-v") and len(name) > len("-v") and not name.startswith("--"):
            yield _Option("-v", word.text()[len("-v") :].lstrip("="), word)
        elif equals:
            yield _Option(name, value, word)
        elif name in DOCKER_VALUED:
            following = next(rest, word)
            yield _Option(name, following.text(), following)
        elif name.startswith("-"):
            yield _Option(name, "", word)
        else:
            return


def _privileges(option: _Option) -> Iterator[Hit]:
    name, value, field = option
    low = value.lower()
    if name == "--privileged" and low in ("", "true", "1"):
        yield _privilege(field, "makes the container as powerful as the machine's root")
    elif name == "--cap-add" and low.removeprefix("cap_") in _ESCAPES:
        yield _privilege(field, f"gives the container the capability {quoted(value)}")
    elif name in _HOST and low == "host":
        yield _privilege(field, f"gives the container the machine's own {quoted(name[2:])} namespace")
    elif name == "--security-opt" and _UNCONFINED.fullmatch(low):
        yield _privilege(field, f"takes a protection from the container ({quoted(value)})")
    elif name == "--device" and _DEVICES.fullmatch(value):
        yield _privilege(field, f"gives the container the device {quoted(value)}")
    elif name in _NETWORKS and low == "host":
        yield _privilege(field, "lets the container use the machine's own network", Severity.LOW)


def _privilege(field: Field, effect: str, severity: Severity | None = None) -> Hit:
    return field.at.hit(PRIVILEGE, f"{quoted(field.at.dotted)} {effect}", severity=severity)
