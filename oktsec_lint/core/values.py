"""`NamedTuple` as `typing` has it, made in half the time: a start-up makes seventy of them.

To mypy and to readers it is `typing.NamedTuple`. At run time, that one compiles the annotation of every field into an
object that nobody asks for, which is most of its work. This one hands the names to `collections.namedtuple` and leaves
the annotations as they are written.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    _OWN = frozenset({"__module__", "__qualname__", "__annotations__", "__orig_bases__"})

    class _Maker(type):
        """Turns the body of a class into a named tuple with the same methods."""

        def __new__(cls, name: str, _bases: tuple[type, ...], body: dict[str, Any]) -> type:
            fields = body.get("__annotations__", {})
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            made.__annotations__ = fields
            for key, value in body.items():
                if key not in _OWN and key not in fields:
                    setattr(made, key, value)
            return made

    class _Base:
        """What stands for the base in a class statement; no class is derived from it."""

        def __mro_entries__(self, _bases: tuple[object, ...]) -> tuple[type, ...]:
            return (_Template,)

    _Template = type.__new__(_Maker, "_Template", (), {})
    NamedTuple = _Base()
