"""Our `NamedTuple` behaves as the one of `typing` does."""

from __future__ import annotations

import pickle

import pytest

from oktsec_lint.core.values import NamedTuple


class Point(NamedTuple):
    """A place."""

    x: int
    y: int = 7
    """Upwards."""
    kept = 3

    def moved(self, by: int) -> Point:
        return self._replace(x=self.x + by)

    @property
    def total(self) -> int:
        return self.x + self.y


def test_it_is_a_named_tuple_with_methods_and_defaults() -> None:
    point = Point(1)
    assert (point, point.moved(2), point.total, point.kept) == ((1, 7), Point(3, 7), 8, 3)
    assert (Point.__doc__, Point.__module__, Point.__qualname__) == ("A place.", __name__, "Point")
    assert repr(point) == "Point(x=1, y=7)"
    assert (Point._fields, Point._field_defaults, Point.__mro__[1:]) == (("x", "y"), {"y": 7}, (tuple, object))


def test_it_is_immutable_and_has_no_other_attributes() -> None:
    with pytest.raises(AttributeError):
        Point(1).x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Point(1).z = 2  # type: ignore[attr-defined]


def test_it_travels_to_other_processes() -> None:
    assert pickle.loads(pickle.dumps(Point(4, 5))) == Point(4, 5)
