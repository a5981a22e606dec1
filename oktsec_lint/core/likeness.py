"""Slips of the pen that make one name of another, and what two names look like at a glance."""

from __future__ import annotations

SWAPPED = "with two letters swapped"
DOUBLED = "with a letter doubled"
LEFT_OUT = "with a letter left out"

_SKELETON = str.maketrans({"1": "l", "i": "l", "|": "l", "0": "o"})


def skeleton_of(name: str) -> str:
    """The same for names that can be taken for each other at a glance."""
    return name.translate(_SKELETON).replace("rn", "m").replace("vv", "w")


def slip(true: str, odd: str, least: int) -> str:
    """How `odd` was made of `true`, or empty when it was not. First and last letters are not touched."""
    if true == odd or len(true) < least or not -1 <= len(odd) - len(true) <= 1:
        return ""
    at = next((index for index, letter in enumerate(true) if odd[index : index + 1] != letter), len(true))
    how = _how(true, odd, at)
    return how if true.isalpha() and _spelling(true) != _spelling(odd) else ""


def _how(true: str, odd: str, at: int) -> str:
    """The slip at the first letter that differs."""
    if len(odd) == len(true):
        return SWAPPED if odd == true[:at] + true[at + 1 : at + 2] + true[at : at + 1] + true[at + 2 :] else ""
    if len(odd) < len(true):
        return LEFT_OUT if odd[at:] == true[at + 1 :] else ""
    return DOUBLED if odd[at + 1 :] == true[at:] and odd[at] == odd[at - 1] else ""


def _spelling(word: str) -> str:
    """The same for both sides of the Atlantic: `colour`, `labelled`."""
    return word.replace("our", "or").replace("ll", "l")
