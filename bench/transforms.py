"""Every way the evasion suite rewrites a poisoned definition: one table, name to function of tool and seed number.

A transform is pure and never destroys the text: a model could still read the order and obey it. Each function says in
its docstring what it does; the numbers pick variants, so that seeds do not all meet the same one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import markup
import obfuscations
import rewordings
import splits

Tool = dict[str, Any]
Transform = Callable[[Tool, int], Tool]


def _public(module: ModuleType) -> list[Callable[..., Any]]:
    """The public functions a module defines, in the order of its source."""
    functions = inspect.getmembers(module, inspect.isfunction)
    own = [
        found
        for name, found in functions
        if found.__module__ == module.__name__ and name not in _INNER and name[0] != "_"
    ]
    return sorted(own, key=lambda found: found.__code__.co_firstlineno)


_INNER = frozenset({"sentences", "honest", "in_middle", "inside_words"})


def _of_description(rewrite: Callable[[str, int], str]) -> Transform:
    def apply(tool: Tool, number: int) -> Tool:
        return {**tool, "description": rewrite(tool["description"], number)}

    apply.__doc__ = rewrite.__doc__
    return apply


def _name(function: Callable[..., Any]) -> str:
    return function.__name__.replace("_", " ")


_TEXTS = (("characters", obfuscations), ("markup", markup), ("words", rewordings))
TRANSFORMS: Mapping[str, Transform] = {
    **{_name(function): _of_description(function) for _, module in _TEXTS for function in _public(module)},
    **{_name(function): function for function in _public(splits)},
}
"""In the order of their modules: other characters, markup, other words, other places."""
GROUPS: Mapping[str, str] = {
    _name(function): group for group, module in (*_TEXTS, ("places", splits)) for function in _public(module)
}
