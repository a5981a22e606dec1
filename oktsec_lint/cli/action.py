"""What the GitHub Action runs (`python -I -m oktsec_lint.cli.action`): one scan, its reports, and the step's outputs.

Everything comes in through the environment, as the runner and `action.yml` set it, and nothing of it is ever a piece of
a shell's command line. It ends with 0 whenever the scan has an answer: the action's last step turns that answer into
the job's result, after the upload.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from oktsec_lint.core.errors import OktsecError, SourceError, UsageError
from oktsec_lint.core.lock_rules import LOCK_NAME
from oktsec_lint.core.model import JsonValue
from oktsec_lint.core.report import Exit
from oktsec_lint.core.values import NamedTuple

from .choices import FailOn, Format
from .scanning import Asked, run_scan
from .terminal import complain, prepare_streams, tell

_PREFIX = "OKTSEC_ACTION_"
_MODES = ("auto", "static", "live")
_INSISTING = ("auto", "true", "false")
_WITH_RIGHTS = frozenset({"pull_request_target", "workflow_run", "issue_comment"})
"""Events that run with the base branch's rights and may be about somebody else's code."""
_NO_ANSWER = "## oktsec-lint\n\nThe scan has no answer; the job's log says why.\n"
_TOO_LONG = "## oktsec-lint\n\nThe report is too long for a summary; the output `json-file` names the whole.\n"
_MOST_SUMMARY = 1_000_000
"""Bytes of a step's summary; GitHub drops a longer one whole (1 MiB)."""


class Inputs(NamedTuple):
    """What the workflow asks for."""

    config: str
    mode: str
    fail_on: FailOn
    baseline: str
    base: str
    annotations: bool
    summary: bool
    category: str
    timeout: float
    locked: str


class Event(NamedTuple):
    """What set the workflow off."""

    name: str = ""
    foreign: bool = False
    """Whether the code may be somebody's who cannot write to this repository."""
    base: str = ""
    """The commit that a pull request would be merged into."""


def inputs_of(environ: Mapping[str, str]) -> Inputs:
    """The action's inputs. Raises UsageError for what none of them can be."""

    def text(name: str) -> str:
        value = environ.get(f"{_PREFIX}{name.upper().replace('-', '_')}", "").strip()
        if value.startswith("-") or any(ord(char) < ord(" ") for char in value):
            raise UsageError(f"the input `{name}` cannot be {json.dumps(value)}")
        return value

    def choice(name: str, known: tuple[str, ...]) -> str:
        value = text(name) or known[0]
        if value not in known:
            raise UsageError(f"the input `{name}` cannot be {json.dumps(value)}", hint=f"one of {', '.join(known)}")
        return value

    def flag(name: str) -> bool:
        return choice(name, ("true", "false")) == "true"

    levels = (FailOn.MEDIUM.value, *(level.value for level in FailOn))
    return Inputs(
        text("config"),
        choice("mode", _MODES),
        FailOn(choice("fail-on", levels)),
        text("baseline"),
        text("base"),
        flag("annotations"),
        flag("summary"),
        text("category") or "oktsec-lint",
        _seconds(text("timeout") or "30"),
        choice("locked", _INSISTING),
    )


def _seconds(value: str) -> float:
    if not value.replace(".", "", 1).isdecimal() or float(value) <= 0:
        raise UsageError(f"the input `timeout` cannot be {json.dumps(value)}", hint="a number of seconds")
    return float(value)


def event_of(environ: Mapping[str, str]) -> Event:
    """The event, from the file that the runner wrote. What cannot be read is taken for a stranger's."""
    name = environ.get("GITHUB_EVENT_NAME", "")
    try:
        content = json.loads(Path(environ.get("GITHUB_EVENT_PATH", "")).read_bytes())
    except (OSError, ValueError):
        return Event(name, foreign=name.startswith("pull_request") or name in _WITH_RIGHTS)
    request = _at(content, "pull_request")
    if not isinstance(request, dict):
        return Event(name, name in _WITH_RIGHTS)
    home, theirs = environ.get("GITHUB_REPOSITORY", ""), _at(request, "head", "repo", "full_name")
    base = _at(request, "base", "sha")
    return Event(name, name in _WITH_RIGHTS or theirs != home, base if isinstance(base, str) else "")


def _at(value: JsonValue, *keys: str) -> JsonValue:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def is_static(mode: str, event: Event) -> bool:
    """Whether nothing may be started. Raises UsageError for a live scan that would run a stranger's commands with the
    rights of this repository."""
    if mode == "live" and event.name in _WITH_RIGHTS:
        hint = "use `mode: auto`, or run on `pull_request`, which has no secrets"
        raise UsageError(f"mode: live would start a stranger's commands with the rights of {event.name}", hint=hint)
    return mode == "static" or (mode == "auto" and event.foreign)


def insists(inputs: Inputs, event: Event, environ: Mapping[str, str]) -> bool:
    """Whether everything has to be as it was locked. Where there is a lock, or was one in the base, it does: a branch
    that deletes the lock, or leaves its differences out of the report, is what the lock is for."""
    if inputs.locked != "auto" or inputs.fail_on is FailOn.NEVER:
        return inputs.locked == "true"
    lock = Path.cwd() / Path(inputs.config).with_name(LOCK_NAME) if inputs.config else Path.cwd() / LOCK_NAME
    if os.path.lexists(lock):
        return True
    from .revision import Revision

    base = inputs.base or event.base
    try:
        return bool(base) and Revision(base, lock.parent, environ).exists(lock)
    except OktsecError:
        return False


def act(environ: Mapping[str, str]) -> None:
    """Scan, report, and say how it went. Raises OktsecError for inputs and files that cannot be used."""
    inputs, event = inputs_of(environ), event_of(environ)
    static = is_static(inputs.mode, event)
    folder = Path(environ["RUNNER_TEMP"]) / f"oktsec-lint-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    sarif, whole, page = (folder / name for name in ("oktsec-lint.sarif", "oktsec-lint.json", "oktsec-lint.md"))
    asked = Asked(
        inputs=(inputs.config,) if inputs.config else (),
        output_format=Format.GITHUB if inputs.annotations else Format.CONCISE,
        report=(f"sarif={sarif}", f"json={whole}", f"markdown={page}"),
        offline=static,
        locked=insists(inputs, event, environ),
        timeout=inputs.timeout,
        fail_on=inputs.fail_on,
        baseline=inputs.baseline or None,
        no_progress=True,
    )
    tell("static: judging what is locked, starting nothing" if static else "live: starting the configured servers")
    code = _guarded(lambda: run_scan(asked), plain=not inputs.annotations)
    outputs = {"exit-code": str(int(code)), "mode": "static" if static else "live"}
    if sarif.exists():
        _categorise(sarif, inputs.category)
        found = [item for item in json.loads(whole.read_bytes())["findings"] if item["severity"] != "info"]
        outputs |= {"findings": str(len(found)), "sarif-file": str(sarif), "json-file": str(whole)}
    if inputs.summary:
        _summarise(environ, page, _changes(inputs, event))
    _append(environ.get("GITHUB_OUTPUT", ""), "".join(f"{name}={value}\n" for name, value in outputs.items()))


def _guarded(scan: Callable[[], Exit], *, plain: bool) -> Exit:
    """Runs the scan. Where it prints no commands of its own, the runner is told to obey none until it is done."""
    if not plain:
        return scan()
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", flush=True)  # noqa: T201
    try:
        return scan()
    finally:
        sys.stdout.flush()
        print(f"\n::{token}::", flush=True)  # noqa: T201


def _changes(inputs: Inputs, event: Event) -> str:
    """What is other than it was in the base, as Markdown; why nobody can tell, where it cannot be compared."""
    from oktsec_lint.reporters.markdown.inline import prose

    from .changes import changes_since

    base = inputs.base or event.base
    if not base:
        return ""
    try:
        return changes_since(base, inputs.config or None)
    except OktsecError as error:
        return f"## What changed\n\nNot compared with the base: {prose(str(error))}\n"


def _categorise(sarif: Path, category: str) -> None:
    """GitHub takes the category from the file before it looks at the upload's."""
    document = json.loads(sarif.read_bytes())
    document["runs"][0]["automationDetails"] = {"id": f"{category}/"}
    sarif.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _summarise(environ: Mapping[str, str], page: Path, changes: str) -> None:
    text = page.read_text("utf-8") if page.exists() else _NO_ANSWER
    if len(text.encode()) >= _MOST_SUMMARY - len(changes.encode()) - len(_TOO_LONG):
        text = _TOO_LONG
    _append(environ.get("GITHUB_STEP_SUMMARY", ""), f"{changes}\n{text}")


def _append(path: str, text: str) -> None:
    if not path:
        sys.stderr.write(text)
        return
    try:
        with Path(path).open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise SourceError(f"cannot be written: {error.strerror}", path=path) from error


def main() -> None:
    """Ends with 0 when there is an answer, 2 when the action was not asked for anything it could do."""
    prepare_streams()
    try:
        act(os.environ)
    except OktsecError as error:
        sys.exit(complain(error))


if __name__ == "__main__":
    main()
