"""Text in another alphabet or another direction: Caesar's shifts (ROT13 among them), Atbash, ROT47, and words or whole
sentences that run backwards.

None of these has a mark. A stretch counts when its words are on the vocabulary once they are turned back and were not
before; a few words that only such a text holds (`gur` for `the`) tell at once that a text is not worth a look.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import islice, pairwise
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple, TypeAlias

from .encodings import Decoder
from .text import Piece
from .vocabulary import clear_words, words

_SIGNS = """the and you all this that with must file ignore not before read send call user from previous
they their when what which where then after into have each every tool answer name only other given""".split()
"""Words that few sentences do without."""
_LEAST_SIGNS = 2
_LEAST_WORDS, _SURE_WORDS = 3, 6
"""Different words a stretch has at least: fewer are chance."""
_PRINTABLE = "".join(map(chr, range(33, 127)))
_WORD = r"[A-Za-z]+(?:'[a-z]{1,2})?"


class _Cipher(NamedTuple):
    """A way to write each word so that it has to be turned back."""

    name: str
    undo: Callable[[str], str]


def _alphabet(name: str, letters: str) -> _Cipher:
    """The cipher that writes a, b, c ... as `letters`."""
    table = str.maketrans(letters + letters.upper(), ascii_lowercase + ascii_uppercase)
    return _Cipher(name, lambda text: text.translate(table))


def _shift(by: int) -> _Cipher:
    return _alphabet(f"ROT{by}", ascii_lowercase[by:] + ascii_lowercase[:by])


def _reversed(text: str) -> str:
    return text[::-1]


REVERSED = _Cipher("reversed text", _reversed)


@cache
def _ciphers() -> tuple[_Cipher, ...]:
    return (*map(_shift, range(1, 26)), _alphabet("Atbash", ascii_lowercase[::-1]), REVERSED)


@cache
def _signs() -> dict[str, list[_Cipher]]:
    """How each cipher writes the words few sentences do without, where that is no word itself."""
    signs: dict[str, list[_Cipher]] = {}
    for cipher in _ciphers():
        back = _inverse(cipher)
        for word in map(back, _SIGNS):
            if word not in words() and word not in _HONEST:
                signs.setdefault(word, []).append(cipher)
    return signs


_HONEST = frozenset(
    "dna ton loot elif lla sap nag max bin gif pdf png xml ssl sql api css cli uri utc ftp aws gcp".split()
)
"""What such a word may be by chance."""


def _inverse(cipher: _Cipher) -> Callable[[str], str]:
    written = {cipher.undo(letter): letter for letter in ascii_lowercase}
    if cipher is REVERSED:
        return cipher.undo
    return lambda word: "".join(written[letter] for letter in word)


def _gate() -> str:
    """Words that tell a text in a cipher: all three of the commonest for each shift, more for the usual ciphers."""
    shifted = (word.translate(_TURNS[by]) for word in ("the", "and", "you", "ignore") for by in range(1, 26))
    return rf"(?i:\b(?:{'|'.join(shifted)}|{_TELLING})\b)"


_TURNS = [str.maketrans(ascii_lowercase, ascii_lowercase[by:] + ascii_lowercase[:by]) for by in range(26)]
_TELLING = (
    "rtmliv|kivermfh|nyy|guvf|gung|jvgu|zhfg|svyr|vtaber|orsber|ernq|fraq|hfre|sebz|cerivbhf|gsv|zmw|blf|gsrh|gszg|drgs|nfhg|eht|uoy|"
    "siht|taht|htiw|tsum|erongi|erofeb|resu|daer|dnes|morf|suoiverp|snoitcurtsni"
)


def _cipher_pieces(text: str) -> Iterator[Piece]:
    found = set(map(str.lower, re.findall(_WORD, text)))
    suspects = [(cipher, least, _gains(found, cipher)) for cipher, least in _suspects(found)]
    suspects = [item for item in suspects if list(item[2].values()).count(1) >= item[1]]
    tokens = _tokens(text) if suspects else []
    for cipher, least, gains in suspects:
        for first, last in _stretches(tokens, gains, least):
            start, end = _widened(text, tokens, gains, first, last)
            yield Piece(start, end, _turned(text[start:end], cipher), cipher.name)


def _tokens(text: str) -> list[_Token]:
    return [(found.start(), found.end(), found[0].lower()) for found in re.finditer(_WORD, text)]


_Token: TypeAlias = tuple[int, int, str]
"""A word in small letters with where it stands."""


def _suspects(found: set[str]) -> list[tuple[_Cipher, int]]:
    """Ciphers the words speak for, with how many words a stretch needs: more where a single sign was found."""
    signs = _signs()
    votes = Counter(cipher for word in sorted(found.intersection(signs)) for cipher in signs[word])
    return [(cipher, _LEAST_WORDS if count >= _LEAST_SIGNS else _SURE_WORDS) for cipher, count in votes.most_common()]


def _stretches(tokens: list[_Token], gains: Mapping[str, int], least: int) -> Iterator[tuple[int, int]]:
    """Runs of tokens that are words once they are turned back: as long as these outnumber the words they are now."""
    first = score = best = last = 0
    for index, (_, _, word) in enumerate(tokens):
        gain = gains.get(word, 0)
        score += gain
        if score <= 0:
            if best:
                yield from _accepted(tokens[first:last], gains, first, least)
            first, score, best = index + 1, 0, 0
        elif score > best or (gain == 0 and last == index):
            best, last = max(score, best), index + 1
    if best:
        yield from _accepted(tokens[first:last], gains, first, least)


def _gains(found: set[str], cipher: _Cipher) -> Mapping[str, int]:
    """1 for a word that has to be turned back, -1 for one that is plain now; the others are left out."""
    plain, turned = found & clear_words(), found & _written(cipher)
    return {**dict.fromkeys(turned - plain, 1), **dict.fromkeys(plain - turned, -1)}


@cache
def _written(cipher: _Cipher) -> frozenset[str]:
    """The clear words of the vocabulary as the cipher writes them."""
    return frozenset(map(_inverse(cipher), clear_words()))


def _accepted(tokens: list[_Token], gains: Mapping[str, int], first: int, least: int) -> Iterator[tuple[int, int]]:
    turned = {word for _, _, word in tokens if gains.get(word, 0) > 0}
    if len(turned) >= least:
        yield first, first + len(tokens)


def _widened(text: str, tokens: list[_Token], gains: Mapping[str, int], first: int, last: int) -> tuple[int, int]:
    """Where a stretch of tokens begins and ends, with what stands beside it in its sentence and is no plain word."""
    start, end = tokens[first][0], tokens[last - 1][1]
    for before, after, word in map(tokens.__getitem__, range(first - 1, -1, -1)):
        if word in gains or re.search(_STOP, text[after:start]):
            break
        start = before
    for before, after, word in islice(tokens, last, None):
        if word in gains or re.search(_STOP, text[end:before]):
            break
        end = after
    return start, end


_STOP = r"[.!?\n]"


def _turned(stretch: str, cipher: _Cipher) -> str:
    """A stretch turned back. What ran backwards is given whole, or word by word if that makes the better sentence;
    the blank behind it marks that no letter kept its place."""
    if cipher is not REVERSED:
        return cipher.undo(stretch)
    whole, each = _reversed(stretch), re.sub(r"\S+", lambda found: found[0][::-1], stretch)
    return (each if _order(each) > _order(whole) else whole) + " "


_PAIRS = """of the|to the|in the|from the|with the|for the|into the|by the|on the|all the|and the|read the|send the|
call the|use the|ignore the|ignore all|all previous|previous instructions|all instructions|prior instructions|
do not|must not|not tell|tell the|the user|the file|the contents|the content|this tool|the tool|the assistant|
you must|must be|must read|must call|must send|must first|will be|any other|other tool|other tools|content of|
contents of|before using|before calling|using this|calling this|the result|the following|instructions and|
system prompt|it to|to this|the model|api key|reveal the|include the|pass the|without asking"""


@cache
def _pairs() -> frozenset[tuple[str, str]]:
    return frozenset((one, two) for one, two in map(str.split, _PAIRS.replace("\n", "").split("|")))


@cache
def _backward_pairs() -> frozenset[tuple[str, str]]:
    return frozenset((two, one) for one, two in _pairs())


def _order(text: str) -> int:
    """How many pairs of words stand in the order of English."""
    found = re.findall("[a-z]+", text.lower())
    return sum(map(_pairs().__contains__, pairwise(found)))


_LEAST_PAIRS = 3
_BACKWARD = (
    r"(?i:\bthe (?:of|to|in|from|with|for|into|by|ignore|send|read|call|use)\b|\btool this\b|\bprevious all\b"
    r"|\binstructions (?:previous|prior|all)\b"
    r"|\bnot do\b|\buser the\b)"
)


def _backward_pieces(text: str) -> Iterator[Piece]:
    """Sentences whose words stand in the opposite order."""
    for found in re.finditer(r"[^\n.!?]+", text):
        sentence = found[0]
        if len(sentence) <= _LONGEST_SENTENCE and _runs_backwards(sentence):
            yield Piece(*found.span(), " ".join(reversed(sentence.split())) + " ", "words in reverse order")


_LONGEST_SENTENCE = 4000


def _runs_backwards(sentence: str) -> bool:
    found = re.findall("[a-z]+", sentence.lower())
    pairs = set(pairwise(found))
    ahead, back = pairs & _pairs(), pairs & _backward_pairs()
    backwards = back - ahead
    return (
        len(backwards) >= _LEAST_PAIRS
        and any(one != "the" for one, _ in backwards)
        and len(back) >= 2 * len(ahead) + _LEAST_PAIRS
    )


_ROT47 = str.maketrans(_PRINTABLE, _PRINTABLE[47:] + _PRINTABLE[:47])


def _rot47_pieces(text: str) -> Iterator[Piece]:
    """Stretches of a line between the first and the last word of a kind that only ROT47 makes."""
    for found in re.finditer(r"[^\n]+", text):
        plain = found[0].translate(_ROT47)
        known = [word.span() for word in re.finditer(r"[a-z]{3,}", plain.lower()) if word[0] in clear_words()]
        if len(known) >= 2 * _LEAST_WORDS:
            first, last = found.start() + known[0][0], found.start() + known[-1][1]
            yield Piece(first, last, text[first:last].translate(_ROT47), "ROT47")


CIPHERS: tuple[Decoder, ...] = (
    Decoder("another alphabet", _cipher_pieces, _gate()),
    Decoder("words in reverse order", _backward_pieces, _BACKWARD),
    Decoder("ROT47", _rot47_pieces, "(?:^| )(?:E96|2\\?5|J@F|7C@>|H:E9|E9:D)(?: |$)"),
)
