"""The same words at other places of a definition: cut over fields, moved out of the description, or among honest text.

Each function is tool and seed number in, a new tool out. What is cut is the longest sentence behind the first, as that
is where an order mostly stands.
"""

from __future__ import annotations

import copy
import re
from typing import Any, NamedTuple

Tool = dict[str, Any]
_SEE = "Works on the data it is given."
_HONEST = (
    "Results are sorted by name and come in pages of fifty.",
    "Dates are written as year, month and day; times are in UTC.",
    "An empty answer means that nothing matched, which is no error.",
    "The service allows sixty requests a minute for each account.",
    "Sizes are in bytes unless the unit is given.",
    "Names are compared without regard to capitals.",
    "The first call may take a few seconds while a cache is filled.",
    "Fields that are not known are left out of the answer.",
    "Numbers use a point for decimals, whatever the language.",
    "Older entries are kept for ninety days.",
    "Colours are given in hexadecimal, with or without a number sign.",
    "The limit for one upload is ten megabytes.",
    "Pages are counted from one.",
    "Values outside the range are cut to the nearest bound.",
    "Languages are named by their two-letter codes.",
)


class _Cut(NamedTuple):
    first: str
    second: str


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.!?。])\s+|\n+", text) if part.strip()]


def honest(number: int, count: int) -> str:
    """So many sentences of plain documentation, beginning at another one for each number."""
    return " ".join(_HONEST[(number + step) % len(_HONEST)] for step in range(count))


def _cut(text: str) -> _Cut:
    """The text in two, in the middle of its longest sentence behind the first."""
    parts = sentences(text)
    chosen = max(parts[1:] or parts, key=len)
    at = text.index(chosen)
    blanks = [found.start() for found in re.finditer(r"\s+", text[at : at + len(chosen)])] or [len(chosen) // 2]
    middle = at + min(blanks, key=lambda blank: abs(blank - len(chosen) // 2))
    return _Cut(text[:middle].strip(), text[middle:].strip())


def _with(tool: Tool, **changes: Any) -> Tool:
    return {**copy.deepcopy(tool), **changes}


def _with_parameters(tool: Tool, description: str, **parameters: Any) -> Tool:
    changed = _with(tool, description=description)
    schema = changed.setdefault("inputSchema", {"type": "object"})
    schema.setdefault("properties", {}).update(
        {name: {"type": "string", **value} for name, value in parameters.items()}
    )
    return changed


def description_and_parameter(tool: Tool, _number: int) -> Tool:
    """The second half of the order in a parameter's description."""
    first, second = _cut(tool["description"])
    return _with_parameters(tool, first, notes={"description": second})


def two_parameters(tool: Tool, _number: int) -> Tool:
    """Either half in a parameter's description."""
    first, second = _cut(tool["description"])
    return _with_parameters(tool, _SEE, notes={"description": first}, remark={"description": second})


def many_parameters(tool: Tool, _number: int) -> Tool:
    """Six words in each parameter's description."""
    words = tool["description"].split()
    runs = [" ".join(words[at : at + 6]) for at in range(0, len(words), 6)]
    return _with_parameters(tool, _SEE, **{f"field_{index}": {"description": run} for index, run in enumerate(runs)})


def sentence_per_parameter(tool: Tool, _number: int) -> Tool:
    """Each sentence in another parameter's description."""
    parts = enumerate(sentences(tool["description"]))
    return _with_parameters(tool, _SEE, **{f"field_{index}": {"description": part} for index, part in parts})


def title_and_description(tool: Tool, _number: int) -> Tool:
    """The first half as the title."""
    first, second = _cut(tool["description"])
    return {"name": tool["name"], "title": first, **_with(tool, description=second)}


def description_and_enum(tool: Tool, _number: int) -> Tool:
    """The second half as values of an enum, four words in each."""
    first, second = _cut(tool["description"])
    words = second.split()
    return _with_parameters(
        tool, first, mode={"enum": [" ".join(words[at : at + 4]) for at in range(0, len(words), 4)]}
    )


def description_and_default(tool: Tool, _number: int) -> Tool:
    """The second half as a default value."""
    first, second = _cut(tool["description"])
    return _with_parameters(tool, first, mode={"default": second})


def description_and_output(tool: Tool, _number: int) -> Tool:
    """The second half in the schema of the output."""
    first, second = _cut(tool["description"])
    return _with(
        tool, description=first, outputSchema={"type": "object", "properties": {"notes": {"description": second}}}
    )


def two_sentences(tool: Tool, _number: int) -> Tool:
    """A full stop in the middle of the order."""
    first, second = _cut(tool["description"])
    return _with(tool, description=f"{first.rstrip(',;:')}. {second[:1].upper()}{second[1:]}")


def stops_everywhere(tool: Tool, _number: int) -> Tool:
    """A full stop after every fifth word."""
    words = tool["description"].split()
    return _with(
        tool, description=" ".join(word if (at + 1) % 5 else word.rstrip(".,;:") + "." for at, word in enumerate(words))
    )


def moved_to_parameter(tool: Tool, _number: int) -> Tool:
    """All of it in a parameter's description."""
    return _with_parameters(tool, _SEE, notes={"description": tool["description"]})


def moved_deep(tool: Tool, _number: int) -> Tool:
    """All of it in the description of a property of an item of a property."""
    inner = {"type": "object", "properties": {"remark": {"type": "string", "description": tool["description"]}}}
    return _with_parameters(tool, _SEE, options={"type": "array", "items": inner})


def moved_to_default(tool: Tool, _number: int) -> Tool:
    """All of it as a default value."""
    return _with_parameters(tool, _SEE, notes={"default": tool["description"]})


def moved_to_enum(tool: Tool, _number: int) -> Tool:
    """Each sentence a value of an enum."""
    return _with_parameters(tool, _SEE, notes={"enum": sentences(tool["description"])})


def moved_to_examples(tool: Tool, _number: int) -> Tool:
    """All of it as an example value."""
    return _with_parameters(tool, _SEE, notes={"examples": [tool["description"]]})


def moved_to_title(tool: Tool, number: int) -> Tool:
    """All of it as the title of the annotations, or of the tool."""
    if number % 2:
        return _with(tool, description=_SEE, annotations={**tool.get("annotations", {}), "title": tool["description"]})
    return _with(tool, description=_SEE, title=tool["description"])


def moved_to_unknown_field(tool: Tool, number: int) -> Tool:
    """All of it in a field no specification knows, or in `_meta`."""
    return _with(
        tool,
        description=_SEE,
        **({"_meta": {"notes": tool["description"]}} if number % 2 else {"x-notes": tool["description"]}),
    )


def moved_to_names(tool: Tool, _number: int) -> Tool:
    """All of it as names of parameters, six words in each."""
    words = tool["description"].split()
    runs = ["_".join(words[at : at + 6]) for at in range(0, len(words), 6)]
    return _with_parameters(tool, _SEE, **{run: {} for run in runs})


def honest_text_before(tool: Tool, number: int) -> Tool:
    """A long honest description before it."""
    return _with(tool, description=f"{honest(number, 12)} {tool['description']}")


def honest_text_after(tool: Tool, number: int) -> Tool:
    """A long honest description after it."""
    return _with(tool, description=f"{tool['description']} {honest(number, 12)}")


def honest_text_around(tool: Tool, number: int) -> Tool:
    """A very long honest description around it."""
    return _with(tool, description=f"{honest(number, 30)}\n\n{tool['description']}\n\n{honest(number + 7, 30)}")


def honest_text_between(tool: Tool, number: int) -> Tool:
    """An honest sentence between each two sentences."""
    parts = sentences(tool["description"])
    return _with(tool, description=" ".join(f"{part} {honest(number + at, 1)}" for at, part in enumerate(parts)))


def honest_parameters_around(tool: Tool, number: int) -> Tool:
    """Many documented parameters beside it."""
    fields = {f"option_{index}": {"description": honest(number + index, 1)} for index in range(12)}
    return _with_parameters(tool, tool["description"], **fields)
