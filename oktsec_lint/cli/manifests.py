"""Clients' own files as inputs of an audit: found where nothing was named, judged by another file's rules, compared."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from oktsec_lint.core.config import Config, ServerSpec
from oktsec_lint.core.display import listed, visible
from oktsec_lint.core.launch.credentials import form_in, shown_words
from oktsec_lint.core.launch.twins import across
from oktsec_lint.reporters.wording import plural
from oktsec_lint.sources import LoadedConfig
from oktsec_lint.sources.registry import usual_files

from .beside import custom_rules
from .terminal import ask, somebody_answers, tell

_YES = frozenset({"y", "yes"})
LONGEST = 2000
"""Characters of a launch line that somebody can be asked about."""
_PLAIN = re.compile(
    r"(?:[a-z][\w-]{0,80}:\s{0,4})?(?:(?:bearer|basic|token) )?[^\s;|&<>()`$'\"\\]*|[a-z]+://[^\s;|<>()`$'\"\\]*",
    re.IGNORECASE,
)
"""A word that is nothing but a credential, or a header or an address with one: what is masked in it is no code."""
_DECIDING = re.compile(
    r"(?:ld|dyld)_\w+|node_(?:options|path)|python(?:path|home|startup|breakpoint)|bash_env|env|path|perl5(?:opt|lib)"
    r"|rubyopt|(?:jdk_)?java_(?:tool_)?options|git_ssh(?:_command)?|docker_host|npm_config_(?:registry|prefix|userconfig)"
    r"|(?:uv|pip)_(?:default_|extra_)?index(?:_url)?",
    re.IGNORECASE,
)
"""Variables that decide which code is run, as much as the command does."""


def found_in(folder: Path) -> tuple[str, ...]:
    """The clients' files in a project's folder, as a person would name them from there."""
    return tuple(name for name in usual_files() if os.path.lexists(folder / name))


def judged_by(opened: LoadedConfig, judging: Config, cwd: Path) -> LoadedConfig:
    """A client's file under the agents, rules and settings of a configuration that was named for it."""
    rules = custom_rules(judging, cwd)
    config = judging._replace(
        path=opened.config.path,
        format=opened.config.format,
        servers=opened.config.servers,
        custom_rules_dir=str(rules) if rules is not None else "",
    )
    return opened._replace(config=config)


def compared(opened: Sequence[LoadedConfig]) -> list[LoadedConfig]:
    """The same, each with what is wrong beside the others."""
    manifests = [item.manifest for item in opened if item.manifest is not None]
    more = across(manifests) if len(manifests) > 1 else {}
    return [item._replace(hits=(*item.hits, *more.get(item.config.path, ()))) for item in opened]


def agreed_to_start(specs: Iterable[ServerSpec]) -> bool:
    """Whether somebody wants these servers to be started or reached. Where nobody can be asked, nobody agreed."""
    specs = tuple(specs)
    if not specs:
        return True
    if not somebody_answers():
        tell("the servers of files that were only found are not started: name the files to have them listed")
        return False
    unshown = [spec.name for spec in specs if not _shows_all(spec)]
    if unshown:
        tell(
            f"nothing is started: the whole command of {listed(unshown)} cannot be shown here, because it is too long "
            "or runs on from a credential. Name the file to have its servers listed"
        )
        return False
    tell(f"nobody has named these files yet, and listing {plural(len(specs), 'server')} runs this:")
    for spec in specs:
        sys.stderr.write(f"  {visible(spec.name, 60)}:  {visible(whole_line(spec), LONGEST)}\n")
    return (ask("start them? [y]es, [n]o: ") or "").lower() in _YES


def shown_line(spec: ServerSpec) -> str:
    """The very command, or the address, without the credentials in it."""
    if not spec.url:
        import shlex

        return shlex.join(shown_words(spec))
    from oktsec_lint.launch.secrets import mask_of

    return mask_of((), (), (spec.url,))(spec.url)


def _shows_all(spec: ServerSpec) -> bool:
    """Whether who is asked sees everything that is run: no end is cut off, and no mask lies over more than a value."""
    masked = zip((spec.command, *spec.args), shown_words(spec), strict=True)
    plain = all(word == shown or _PLAIN.fullmatch(word) for word, shown in masked)
    return plain and len(whole_line(spec)) <= LONGEST


def _shown_variable(item: tuple[str, str]) -> str:
    """The name, and the value where that says what is run and is no credential."""
    name, value = item
    return f"{name}={value}" if _DECIDING.fullmatch(name) and not form_in(value) else name


def whole_line(spec: ServerSpec) -> str:
    """The same with where it is started, and which variables or headers it is given."""
    line = shown_line(spec)
    names = [*map(_shown_variable, spec.env.items()), *spec.headers]
    where = f" in {spec.working_dir}" if spec.working_dir else ""
    return f"{line}{where} (with {', '.join(names)})" if names else f"{line}{where}"
