"""Rule files to rules: the built-in book in its compiled form, and users' own rules beside it.

`rules/compiled.json` holds what judging needs of every built-in rule, so that no run parses YAML for them; examples
stay in the YAML files, where only the documentation and the tests read them. It is generated:

    python -m oktsec_lint.rulebook

A rulebook is whole or it is refused: one broken file, one duplicate id, and nothing is judged by the rest.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Container, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from oktsec_lint import __version__, grammarbook
from oktsec_lint.core.errors import RuleError
from oktsec_lint.core.ruleform import plain, rule_of
from oktsec_lint.core.rules import Pattern, Rule
from oktsec_lint.core.values import NamedTuple

if TYPE_CHECKING:
    from .ruleyaml import RuleDocument

COMPILED = "compiled.json"
_SUFFIXES = frozenset({".yaml", ".yml"})
_TOLD = 10
"""Mistakes that one error message spells out."""


class _Mistake(NamedTuple):
    path: str
    line: int
    message: str
    hint: str = ""


class _Loaded(NamedTuple):
    """A rule and where its document begins."""

    rule: Rule
    path: str
    line: int


def rules_dir() -> Path:
    """Where the built-in rules are: beside this package when installed, beside its parent in a checkout."""
    inside = Path(__file__).with_name("rules")
    return inside if inside.is_dir() else Path(__file__).parent.with_name("rules")


@cache
def builtin() -> tuple[Rule, ...]:
    """The built-in rules without their examples, in the order of their ids."""
    path = rules_dir() / COMPILED
    try:
        return tuple(map(rule_of, json.loads(path.read_bytes())))
    except OSError as error:
        reason = str(error)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        reason = f"it is broken: {error}"
    raise RuleError(f"the compiled rulebook cannot be read: {reason}", path=str(path), hint=_HOW)


_HOW = "reinstall oktsec-lint; in a checkout run `python -m oktsec_lint.rulebook`"


def load_dir(path: Path) -> tuple[Rule, ...]:
    """Every rule of every `.yaml` or `.yml` file below a directory, with its examples, in the order of their ids.

    Raises RuleError naming file, line and remedy of every mistake, up to ten.
    """
    return tuple(loaded.rule for loaded in _load(path, frozenset()))


def assemble(custom_dir: Path | None = None) -> tuple[Rule, ...]:
    """The built-in rules, and the user's own added to them. Raises RuleError as `load_dir` does, and for a taken id."""
    return _joined(builtin(), custom_dir)


def documented(custom_dir: Path | None = None) -> tuple[Rule, ...]:
    """The same rules with their examples, read from the YAML files."""
    return _joined(tuple(rule._replace(origin="") for rule in load_dir(rules_dir())), custom_dir)


def digest(rules: Iterable[Rule]) -> str:
    """SHA-256 over everything that decides, the attack grammar and the version of the engine included: two rulebooks
    with one digest judge alike, wherever they were read from."""
    import hashlib

    content = sorted(repr(rule._replace(examples=(), origin="", patterns=_bare(rule))) for rule in rules)
    content += (grammarbook.digest(), __version__)
    return "sha256:" + hashlib.sha256("\0".join(content).encode("utf-8", "surrogatepass")).hexdigest()


def _bare(rule: Rule) -> tuple[Pattern, ...]:
    """The patterns as they are written, without what was worked out about them."""
    return tuple(pattern._replace(words=()) for pattern in rule.patterns)


def compiled(path: Path) -> bytes:
    """The compiled form of a directory of rules: a JSON list, one rule a line, in the order of their ids."""
    lines = (json.dumps(plain(_with_words(rule)), separators=(",", ":")) for rule in load_dir(path))
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()


def _with_words(rule: Rule) -> Rule:
    from oktsec_lint.core.matchers import source

    from .literals import needed_words

    patterns = (pattern._replace(words=needed_words(source(pattern))) for pattern in rule.patterns)
    return rule._replace(patterns=tuple(patterns))


def _joined(base: tuple[Rule, ...], custom_dir: Path | None) -> tuple[Rule, ...]:
    if custom_dir is None:
        return base
    loaded = _load(custom_dir, frozenset(rule.id for rule in base))
    return (*base, *(item.rule for item in loaded))


def _load(path: Path, taken: frozenset[str]) -> list[_Loaded]:
    """The rules below a directory; `taken` are the ids of the built-in rules, when these are to be added to them."""
    if not path.is_dir():
        hint = "create it, or correct `custom_rules_dir`"
        raise RuleError("there is no such directory of rules", path=str(path), hint=hint)
    loaded: list[_Loaded] = []
    mistakes: list[_Mistake] = []
    for file in _files(path):
        _load_file(file, loaded, mistakes)
    mistakes += (*_duplicates(loaded), *_taken(loaded, taken))
    if taken:
        mistakes += [_Mistake(item.path, item.line, _NO_CHECKS) for item in loaded if item.rule.check]
    if mistakes:
        raise _error(mistakes)
    if not loaded:
        hint = "put rules into .yaml or .yml files there, or remove `custom_rules_dir`"
        raise RuleError("no rules found in this directory", path=str(path), hint=hint)
    return sorted(loaded, key=lambda item: item.rule.id)


_NO_CHECKS = "`check` names code of oktsec-lint; a rule of your own has `patterns`"


def _files(path: Path) -> list[Path]:
    """Everything that is named like a rule file, pipes and devices too: they are refused, not passed over."""
    return sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES and not file.is_dir())


def _documents(file: Path) -> list[RuleDocument]:
    from .ruleyaml import MAX_SIZE, read_documents

    if not file.is_file():
        raise RuleError("is no regular file", path=str(file), hint="remove it, or name it otherwise")
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_SIZE + 1)
    except OSError as error:
        raise RuleError(f"cannot be read: {error.strerror}", path=str(file)) from None
    return read_documents(data, str(file))


def _load_file(file: Path, loaded: list[_Loaded], mistakes: list[_Mistake]) -> None:
    from oktsec_lint.core.ruleparse import objections, parse_rule

    try:
        documents = _documents(file)
    except RuleError as error:
        mistakes.append(_Mistake(error.path, error.line, error.message, error.hint))
        return
    if not documents:
        mistakes.append(_Mistake(str(file), 1, "no rules found in this file", "write a rule into it, or delete it"))
    for document in documents:
        rule, problems = parse_rule(document.value, origin=str(file))
        if rule is not None:
            loaded.append(_Loaded(rule, str(file), document.line("")))
            problems = list(objections(rule))
        mistakes += [
            _Mistake(str(file), document.line(problem.pointer), problem.message, problem.hint) for problem in problems
        ]


def _duplicates(loaded: Iterable[_Loaded]) -> Iterator[_Mistake]:
    owners: dict[str, str] = {}
    for item in loaded:
        if item.rule.id in owners:
            message = f"the id {item.rule.id} is taken by {owners[item.rule.id]}"
            yield _Mistake(item.path, item.line, message, "give this rule an id of its own")
        else:
            owners[item.rule.id] = f"{item.path}:{item.line}"


def _taken(loaded: Iterable[_Loaded], taken: Container[str]) -> Iterator[_Mistake]:
    """One mistake for all rules that bear an id of a built-in one, at the first of them."""
    clashes = [item for item in loaded if item.rule.id in taken]
    if clashes:
        ids = sorted({item.rule.id for item in clashes})
        message = f"{', '.join(ids)}: built-in {'rules have these ids' if len(ids) > 1 else 'rule has this id'} already"
        yield _Mistake(clashes[0].path, clashes[0].line, message, _TAKEN_HINT)


_TAKEN_HINT = (
    "if this is a copy of upstream's rules, delete it: the built-in rule of the same IAP id has the same meaning; "
    "if the rule is your own, give it an id of its own"
)


def _error(mistakes: list[_Mistake]) -> RuleError:
    """One error that tells every mistake; it points at the first."""
    first, *rest = sorted(mistakes)
    told = [f"{item.path}:{item.line}: {item.message}" for item in rest[: _TOLD - 1]]
    if len(rest) >= _TOLD:
        told.append(f"and {len(rest) - len(told):,} more")
    message = "; ".join((first.message, *told))
    return RuleError(message, path=first.path, line=first.line, hint=first.hint)


def main() -> int:
    """Writes the compiled forms beside the rules and the grammar."""
    path = rules_dir()
    rules = load_dir(path)
    (path / COMPILED).write_bytes(compiled(path))
    grammar = grammarbook.grammar_dir()
    (grammar / COMPILED).write_bytes(grammarbook.compiled(grammar))
    (grammar / grammarbook.LANGUAGES).write_bytes(grammarbook.compiled_languages(grammar))
    sys.stdout.write(f"{len(rules)} rules and the attack grammar compiled\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
