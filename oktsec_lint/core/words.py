"""A name as words: `readTextFile`, `read_text_file` and `read-text-file` are the same three."""

from __future__ import annotations

from collections.abc import Iterator

_PUNCTUATION = {code: " " for code in range(128) if not chr(code).isalnum()}


def words_of(name: str) -> tuple[str, ...]:
    """The words of an identifier, lower case. A word ends at anything but a letter or digit, and where case says so."""
    return tuple(prose_words(name if name.islower() else "".join(_spaced(name))))


def prose_words(text: str) -> list[str]:
    """The words of a sentence, lower case; case ends no word."""
    spaced = text.lower().translate(_PUNCTUATION)
    return (spaced if spaced.isascii() else "".join(char if char.isalnum() else " " for char in spaced)).split()


def _spaced(name: str) -> Iterator[str]:
    for at, char in enumerate(name):
        if at and _begins_word(name, at):
            yield " "
        yield char


def _begins_word(name: str, at: int) -> bool:
    """Whether an upper-case letter starts a word: after a lower-case one, or as the last capital of `HTTPRequest`."""
    if not name[at].isupper():
        return False
    before, after = name[at - 1], name[at + 1 : at + 2]
    return not before.isupper() or after.islower()
