"""Letters that look like ASCII letters: the data behind the folded reading of a text.

Hand-selected from Unicode TR39 `confusables.txt` (https://www.unicode.org/reports/tr39/): what NFKC does not fold by
itself and what is drawn alike in ordinary fonts, small capitals included. Each word below is an ASCII character and
the characters that stand for it. Both letter cases are listed, because look-alikes must be found before case folding:
Cyrillic `Н` looks like `H`, its small form `н` does not look like `h`.
"""

from __future__ import annotations

from collections.abc import Mapping


def _table(words: str) -> Mapping[str, str]:
    return {char: word[0] for word in words.split() for char in word[1:]}


def _alphabet(first: int) -> Mapping[str, str]:
    """26 consecutive code points that spell A to Z."""
    return {chr(first + index): chr(ord("a") + index) for index in range(26)}


STRONG: Mapping[str, str] = {
    **_table(
        """aаɑᴀꓮАΑ bЬьʙꓐВΒ cсᴄϲⲥꓚСϹ dԁᴅđðꓓԀ eеҽᴇꓰЕΕ fꜰƒꓝ gɡɢꓖԌ hһʜħꓧНҺΗ iіıɩɪꓲІΙ jјᴊϳꓙЈ kᴋꓗКΚ lӏʟłƚꓡӀǀ
        mᴍꓟМΜ nɴꓠΝŋ oоοᴏøɵⲟꓳОΟ pрρᴘⲣꓑРΡ qԛԚ rʀꓣꞃ sѕꜱꓢЅ tᴛŧꓔТΤ uᴜꓴ vνѵᴠʋꓦѴ wԝᴡꓪԜ xхꓫХΧ yуүʏꓬУҮΥ zᴢꓜΖ"""
    ),
    **_alphabet(0x249C),
    **_alphabet(0x1F110),
    **_alphabet(0x1F150),
    **_alphabet(0x1F170),
    **_alphabet(0x1F1E6),
}
"""Letters that pass for each other anywhere; the alphabets are the bracketed, boxed and circled letters NFKC leaves."""

WEAK: Mapping[str, str] = _table(
    """aαᎪ bвβᏼ cᏟ dᎠ eεᎬ gᏀց hнհᎻ iιᎥ jᎫյ kкκᏦ lᏞ mмᎷ nпηո oσօ pᏢ qզ rгᎡ sᏚ tтτᎢ uиυμս vᏙ wшωᎳ xχ yγᎩ zᏃ"""
)
"""Letters that pass for each other inside a Latin word only (Cyrillic and Greek small letters, Armenian, Cherokee).

On their own they are ordinary letters of ordinary words; folding those would make Russian or Greek unreadable.
"""

PUNCTUATION: Mapping[str, str] = _table("""-‐‑‒–—―− '‘’ʼ′ʹ "“”„«»″ .。 ,、 /∕⁄ :ː∶""")
"""Marks that mean the same in every script."""
