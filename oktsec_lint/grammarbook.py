"""The files of the attack grammar to its value.

`grammar/*.yaml` are what people read and review; `grammar/compiled.json` is what a run loads, with verbs
inflected, nouns in the plural, what each pattern needs and the weights beside them. It is generated:

    python -m oktsec_lint.rulebook
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from oktsec_lint.core.errors import RuleError
from oktsec_lint.core.grammar.book import Book, Foreign, Patterned, Sequential, Step
from oktsec_lint.core.rules import Pattern, PatternType

COMPILED = "compiled.json"
LANGUAGES = "languages.json"
_WEIGHTS = "weights.json"
_HOW = "reinstall oktsec-lint; in a checkout run `python -m oktsec_lint.rulebook`"
_Read = TypeVar("_Read")
_DEFAULT_GAP = 3
_ROLES = "roles"
"""The file whose classes only sequences use."""


def grammar_dir() -> Path:
    """Where the grammar's files are: beside this package when installed, beside its parent in a checkout."""
    inside = Path(__file__).with_name("grammar")
    return inside if inside.is_dir() else Path(__file__).parent.with_name("grammar")


@cache
def builtin() -> Book:
    """The grammar in its compiled form. Raises RuleError when it cannot be read."""
    return _read(COMPILED, _book)


@cache
def _languages() -> Foreign:
    """The words of other languages, which few runs need and which are most of the grammar."""
    return _read(LANGUAGES, lambda data: Foreign(data["words"], data["stems"], data["runs"]))


def _read(name: str, make: Callable[[Mapping[str, Any]], _Read]) -> _Read:
    path = grammar_dir() / name
    try:
        return make(json.loads(path.read_bytes()))
    except OSError as error:
        reason = str(error)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        reason = f"it is broken: {error}"
    raise RuleError(f"the compiled grammar cannot be read: {reason}", path=str(path), hint=_HOW)


def _book(data: Mapping[str, Any]) -> Book:
    groups = tuple(map(tuple, data["groups"]))
    return Book(
        data["says"],
        data["parts"],
        data["words"],
        frozenset(data["marks"]),
        _languages,
        tuple(
            Sequential(name, tuple(Step(frozenset(classes), gap) for classes, gap in steps), elsewhere)
            for name, steps, elsewhere in data["sequences"]
        ),
        tuple(
            Patterned(
                name,
                Pattern(PatternType.REGEX, _expanded(value, data["macros"]), tuple(groups[number] for number in words)),
            )
            for name, value, words in data["patterns"]
        ),
        data["weights"]["signals"],
        data["weights"]["pairs"],
        data["weights"]["rates"],
        data["weights"]["review"],
        data["weights"]["enforce"],
        data["weights"]["messages"]["review"],
        data["weights"]["messages"]["enforce"],
    )


def digest() -> str:
    """SHA-256 of the grammar in its compiled form, weights and languages included. Raises RuleError as `builtin`."""
    import hashlib

    try:
        content = [(grammar_dir() / name).read_bytes() for name in (COMPILED, LANGUAGES)]
    except OSError as error:
        raise RuleError(f"the compiled grammar cannot be read: {error}", path=str(grammar_dir()), hint=_HOW) from None
    return hashlib.sha256(b"\0".join(content)).hexdigest()


def compiled(directory: Path) -> bytes:
    """The compiled form of a directory of grammar files."""
    files = [_yaml(file) for file in sorted(directory.glob("*.yaml"))]
    weights = json.loads((directory / _WEIGHTS).read_bytes())
    patterns = list(_patterns(directory))
    macros = _macros(directory)
    needed = {value: _needed(value, macros) for _, _, value in patterns}
    groups = sorted({group for words in needed.values() for group in words})
    numbers = {group: number for number, group in enumerate(groups)}
    roles = frozenset(name for file in files if file["part"] == _ROLES for name in file["words"])
    data = {
        "says": {file["part"]: file["says"] for file in files if "says" in file},
        "parts": _parts(files, patterns),
        "words": _entries(_english(files), roles),
        "marks": sorted({mark for file in _language_files(directory) for mark in file.get("marks", ())}),
        "sequences": [[name, steps, elsewhere] for file in files for name, steps, elsewhere in _sequences(file)],
        "macros": macros,
        "groups": groups,
        "patterns": [[name, value, [numbers[group] for group in needed[value]]] for _, name, value in patterns],
        "weights": weights,
    }
    return _dumped(data)


def compiled_languages(directory: Path) -> bytes:
    """The compiled form of its word lists of other languages."""
    return _dumped(_foreign(directory))


def _dumped(data: Mapping[str, Any]) -> bytes:
    return (json.dumps(data, ensure_ascii=True, separators=(",", ":"), sort_keys=True) + "\n").encode()


def _language_files(directory: Path) -> list[Any]:
    return [_yaml(file) for file in sorted((directory / "languages").glob("*.yaml"))]


def _yaml(file: Path) -> Any:
    import yaml

    return yaml.safe_load(file.read_bytes())


def _parts(files: Iterable[Mapping[str, Any]], patterns: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Signal to part; parts without a meaning of their own, such as small linking words, count nowhere."""
    parts: dict[str, str] = {}
    for file in files:
        if "says" in file:
            names = [*file.get("words", {}), *file.get("shapes", ())]
            parts.update((name + ending, file["part"]) for name in names for ending in ("", "+"))
            parts.update((name, file["part"]) for name, _, _ in _sequences(file))
    parts.update((name, part) for part, name, _ in patterns)
    return parts


def _english(files: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Every entry with its class."""
    for file in files:
        for name, kinds in file.get("words", {}).items():
            for entry in kinds.get("words", ()):
                yield str(entry), name
            for noun in kinds.get("nouns", ()):
                yield noun, name
                yield _plural(noun), name
            for verb in kinds.get("verbs", ()):
                yield verb, name
                yield from ((form, f"{name}+") for form in _forms(verb))


def _entries(pairs: Iterable[tuple[str, str]], roles: frozenset[str] = frozenset()) -> dict[str, list[list[list[str]]]]:
    """First word to the entries that begin with it, longest first. A phrase that only `roles` know hides no word."""
    classes: dict[tuple[str, ...], set[str]] = {}
    for entry, name in pairs:
        classes.setdefault(tuple(entry.split()), set()).add(name)
    for words, names in classes.items():
        if len(words) > 1 and names <= roles:
            names.update(*(classes[inner] - roles for inner in _within(words) if inner in classes))
    entries: dict[str, list[list[list[str]]]] = {}
    for words in sorted(classes, key=lambda words: (-len(words), words)):
        entries.setdefault(words[0], []).append([list(words[1:]), sorted(classes[words])])
    return entries


def _within(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every shorter run of the words."""
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            if end - start < len(words):
                yield words[start:end]


def _sequences(file: Mapping[str, Any]) -> Iterator[tuple[str, list[list[Any]], bool]]:
    for key in ("sequences", "elsewhere"):
        for name, lines in file.get(key, {}).items():
            for number, line in enumerate(lines, 1):
                yield f"{name}.{number}" if len(lines) > 1 else name, list(_steps(line)), key == "elsewhere"


def _steps(line: str) -> Iterator[list[Any]]:
    gap = _DEFAULT_GAP
    for word in line.split():
        if word.isdigit():
            gap = int(word)
        else:
            yield [sorted(word.split("|")), gap]
            gap = _DEFAULT_GAP


def _patterns(directory: Path) -> Iterator[tuple[str, str, str]]:
    """Part, name and value of each, macros not yet filled in."""
    for file in sorted((directory / "patterns").glob("*.yaml")):
        content = _yaml(file)
        for name, values in content.get("patterns", {}).items():
            for number, value in enumerate(values, 1):
                yield content["part"], f"{name}.{number}" if len(values) > 1 else name, value


def _macros(directory: Path) -> Mapping[str, str]:
    macros: Mapping[str, str] = _yaml(directory / "patterns" / "macros.yaml")["macros"]
    return {name: _expanded(value, macros) for name, value in macros.items()}


def _needed(value: str, macros: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    from .literals import needed_words

    return needed_words(_expanded(value, macros))


def _expanded(value: str, macros: Mapping[str, str]) -> str:
    while "@" in value and (filled := re.sub("@([A-Z_]+)@", lambda found: f"(?:{macros[found[1]]})", value)) != value:
        value = filled
    return value


def _foreign(directory: Path) -> dict[str, Any]:
    words: list[tuple[str, str]] = []
    stems: dict[str, set[str]] = {}
    runs: dict[str, set[str]] = {}
    for content in _language_files(directory):
        for name, entries in content["words"].items():
            for entry in map(str, entries):
                if re.match("[\u3040-\u30ff\u3400-\u9fff]", entry):
                    runs.setdefault(entry.rstrip("*"), set()).add(name)
                elif entry.endswith("*") and " " not in entry:
                    stems.setdefault(entry.rstrip("*"), set()).add(name)
                else:
                    words.append((entry if " " in entry else entry.rstrip("*"), name))
    return {
        "words": _entries(words),
        "stems": {stem: sorted(names) for stem, names in sorted(stems.items())},
        "runs": {run: sorted(names) for run, names in sorted(runs.items())},
    }


_IRREGULAR: Mapping[str, Sequence[str]] = {
    "send": ("sent",),
    "get": ("got",),
    "take": ("took", "taken"),
    "find": ("found",),
    "give": ("gave", "given"),
    "run": ("ran",),
    "write": ("wrote", "written"),
    "tell": ("told",),
    "say": ("said",),
    "hide": ("hid", "hidden"),
    "keep": ("kept",),
    "forget": ("forgot",),
    "buy": ("bought",),
    "pay": ("paid",),
    "sell": ("sold",),
    "transmit": ("transmitted", "transmitting"),
    "submit": ("submitted", "submitting"),
    "refer": ("referred", "referring"),
    "prefer": ("preferred", "preferring"),
    "begin": ("began", "beginning"),
}
_DOUBLES = r"[^aeiou]*[aeiou][bdgklmnprt]"


def _forms(verb: str) -> Iterator[str]:
    """The -s, -ed and -ing forms of an English verb; a phrase inflects in its first word."""
    head, space, rest = verb.partition(" ")
    for form in (*_regular(head), *_IRREGULAR.get(head, ())):
        yield f"{form}{space}{rest}"


def _regular(head: str) -> tuple[str, ...]:
    if re.fullmatch("[a-z]*[^aeiou]y", head):
        return (f"{head[:-1]}ies", f"{head[:-1]}ied", f"{head}ing")
    if head.endswith("e"):
        return (f"{head}s", f"{head}d", f"{head[:-1]}ing")
    if head.endswith(("s", "x", "z", "ch", "sh")):
        return (f"{head}es", f"{head}ed", f"{head}ing")
    doubled = (f"{head}{head[-1]}ed", f"{head}{head[-1]}ing") if re.fullmatch(_DOUBLES, head) else ()
    return (f"{head}s", f"{head}ed", f"{head}ing", *doubled)


def _plural(noun: str) -> str:
    if re.fullmatch(".*[^aeiou]y", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"
