"""Which package a launch line runs, and in which version, as far as the line itself says so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .values import NamedTuple


class Package(NamedTuple):
    """What a package runner is told to run."""

    name: str
    """With its ecosystem in front, as in `npm:@scope/name`, `pypi:name` or `oci:registry/image`."""
    version: str = ""
    """The exact version, tag or image digest; empty when the line leaves it open."""


class _Runner(NamedTuple):
    ecosystem: str
    subcommands: tuple[str, ...] = ()
    """One of them has to come first; none: there is no subcommand."""
    naming: frozenset[str] = frozenset()
    """Options whose value names the package, whatever is run from it."""
    valued: frozenset[str] = frozenset()
    """Options whose next argument is their value."""


_NPM_NAMING = frozenset({"-p", "--package"})
_NPM_VALUED = frozenset({"-c", "--call", "-w", "--workspace", "--registry", "--prefix", "--cache", "--userconfig"})
_UV_VALUED = frozenset(
    """--with --with-editable --with-requirements --python -p --index --default-index --index-url -i --extra-index-url
    --find-links -f --directory --project --config-file --cache-dir --env-file --constraints -c --overrides
    --index-strategy --keyring-provider --resolution --prerelease --link-mode --refresh-package --color""".split()
)
_PIPX_VALUED = frozenset({"--python", "--index-url", "-i", "--pip-args"})
DOCKER_VALUED = frozenset(
    """-a --add-host --annotation --attach --blkio-weight --cap-add --cap-drop --cgroup-parent --cgroupns --cidfile
    --cpu-period --cpu-quota --cpu-shares -c --cpus --cpuset-cpus --cpuset-mems --detach-keys --device --dns
    --dns-option --dns-search --domainname --entrypoint -e --env --env-file --expose --gpus --group-add --health-cmd
    --health-interval --health-retries --health-timeout -h --hostname --ip --ip6 --ipc --isolation -l --label
    --label-file --link --log-driver --log-opt --mac-address -m --memory --memory-swap --mount --name --network --net
    --oom-score-adj --pid --pids-limit --platform -p --publish --pull --restart --runtime --secret --security-opt
    --shm-size --stop-signal --stop-timeout --storage-opt --sysctl --tmpfs --ulimit -u --user --userns --uts -v
    --volume --volume-driver --volumes-from -w --workdir""".split()
)
"""Options of `docker run` whose next argument is their value."""
_NPX = _Runner("npm", (), _NPM_NAMING, _NPM_VALUED)
_UVX = _Runner("pypi", (), frozenset({"--from"}), _UV_VALUED)
_DOCKER = _Runner("oci", ("run",), frozenset(), DOCKER_VALUED)
_RUNNERS: Mapping[str, _Runner] = {
    "npx": _NPX,
    "bunx": _NPX,
    "pnpx": _NPX,
    "npm": _NPX._replace(subcommands=("exec", "x")),
    "pnpm": _NPX._replace(subcommands=("dlx",)),
    "yarn": _NPX._replace(subcommands=("dlx",)),
    "bun": _NPX._replace(subcommands=("x",)),
    "uvx": _UVX,
    "uv": _UVX._replace(subcommands=("tool run",)),
    "pipx": _Runner(
        "pypi", ("run",), frozenset({"--spec"}), frozenset({"--python", "--index-url", "-i", "--pip-args"})
    ),
    "docker": _DOCKER,
    "podman": _DOCKER,
    "nerdctl": _DOCKER,
}
_NPM = re.compile(r"(@[^/@\s]+/[^@\s]+|[^@\s]+)(?:@(\S+))?")
_PYPI = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?(?:(?:==|@)([^\s,;]+))?")
_EXACT_NPM = re.compile(r"v?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?")
_EXACT_PYPI = re.compile(r"v?\d+(?:\.\d+)*[\w.+!-]*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def package_of(command: str, args: Sequence[str]) -> Package | None:
    """The package that a command line installs or pulls and runs; None when it does no such thing."""
    name = re.split(r"[/\\]", command)[-1].lower()
    runner = _RUNNERS.get(re.sub(r"\.(?:cmd|exe|bat|ps1)$", "", name))
    words = _after_subcommand(args, runner) if runner else None
    spec = _spec(words, runner) if runner and words is not None else ""
    if not spec or runner is None:
        return None
    return {"npm": _npm, "pypi": _pypi, "oci": _oci}[runner.ecosystem](spec)


def _after_subcommand(args: Sequence[str], runner: _Runner) -> Sequence[str] | None:
    if not runner.subcommands:
        return args
    for subcommand in runner.subcommands:
        words = subcommand.split()
        if list(args[: len(words)]) == words:
            return args[len(words) :]
    return None


def _spec(words: Sequence[str], runner: _Runner) -> str:
    """The argument that names what to run: an option's value, else the first that is no option."""
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if option in runner.naming:
            return value if equals else next(rest, "")
        if word == "--":
            return next(rest, "")
        if not word.startswith("-"):
            return word
        if not equals and option in runner.valued:
            next(rest, "")
    return ""


def _npm(spec: str) -> Package:
    match = _NPM.fullmatch(spec)
    if match is None:
        return Package(f"npm:{spec}")
    version = match[2] or ""
    return Package(f"npm:{match[1]}", version if _EXACT_NPM.fullmatch(version) else "")


def _pypi(spec: str) -> Package:
    match = _PYPI.fullmatch(spec)
    if match is None:
        return Package(f"pypi:{spec}")
    version = match[2] or ""
    return Package(f"pypi:{match[1]}", version if _EXACT_PYPI.fullmatch(version) else "")


def _oci(spec: str) -> Package:
    image, _, digest = spec.partition("@")
    head, slash, last = image.rpartition("/")
    name, _, tag = last.partition(":")
    version = digest if _DIGEST.fullmatch(digest) else "" if tag == "latest" else tag
    return Package(f"oci:{head}{slash}{name}", version)
