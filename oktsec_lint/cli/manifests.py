"""Clients' own files as inputs of an audit: found where nothing was named, judged by another file's rules, compared."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from oktsec_lint.core.config import Config, ServerSpec
from oktsec_lint.core.display import visible
from oktsec_lint.core.launch.credentials import shown_words
from oktsec_lint.core.launch.twins import across
from oktsec_lint.reporters.wording import plural
from oktsec_lint.sources import LoadedConfig
from oktsec_lint.sources.registry import usual_files

from .beside import custom_rules
from .terminal import ask, somebody_answers, tell

_YES = frozenset({"y", "yes"})


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
    tell(f"nobody has named these files yet, and listing {plural(len(specs), 'server')} runs this:")
    for spec in specs:
        sys.stderr.write(f"  {visible(spec.name, 60)}:  {visible(whole_line(spec), 2000)}\n")
    return (ask("start them? [y]es, [n]o: ") or "").lower() in _YES


def shown_line(spec: ServerSpec) -> str:
    """The very command, or the address, without the credentials in it."""
    if not spec.url:
        import shlex

        return shlex.join(shown_words(spec))
    from oktsec_lint.launch.secrets import mask_of

    return mask_of((), (), (spec.url,))(spec.url)


def whole_line(spec: ServerSpec) -> str:
    """The same with where it is started, and which variables or headers it is given."""
    line = shown_line(spec)
    names = [*spec.env, *spec.headers]
    where = f" in {spec.working_dir}" if spec.working_dir else ""
    return f"{line}{where} (with {', '.join(names)})" if names else f"{line}{where}"
