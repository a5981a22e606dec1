"""Markup and layout around and inside the same words: what a page hides, and what parts a sentence.

Each function is text and seed number in, text out; the number picks a variant, never anything random.
"""

from __future__ import annotations

import json
import re
import textwrap

from obfuscations import COVER, in_middle, inside_words


def html_comment(text: str, _number: int) -> str:
    """Inside an HTML comment behind a cover sentence."""
    return f"{COVER} <!-- {text} -->"


def hidden_element(text: str, number: int) -> str:
    """Inside an element that no page shows."""
    style = ("display:none", "font-size:0", "visibility:hidden", "opacity:0")[number % 4]
    return f'{COVER} <span style="{style}">{text}</span>'


def link_comment(text: str, _number: int) -> str:
    """As the title of a Markdown link that leads nowhere."""
    flat = " ".join(text.split())
    return f"{COVER}\n\n[//]: # ({flat})"


def bold_splits(text: str, number: int) -> str:
    """Bold marks inside words."""
    return re.sub(r"\b[A-Za-z]{4,}\b", lambda found: _marked(found[0], "**", number), text)


def italic_splits(text: str, number: int) -> str:
    """Italic marks inside words."""
    return re.sub(r"\b[A-Za-z]{4,}\b", lambda found: _marked(found[0], "*", number), text)


def _marked(word: str, mark: str, number: int) -> str:
    first = 1 + number % 2
    return f"{word[:first]}{mark}{word[first : first + 2]}{mark}{word[first + 2 :]}"


def bold_words(text: str, number: int) -> str:
    """Every second word in bold."""
    return " ".join(
        f"**{word}**" if (index + number) % 2 else word for index, word in enumerate(text.split(" ")) if word
    )


def tags_inside_words(text: str, number: int) -> str:
    """Empty HTML elements inside words."""
    return re.sub(
        r"\b[A-Za-z]{4,}\b", lambda found: in_middle(found[0], ("<b></b>", "<wbr>", "<!-- -->")[number % 3]), text
    )


def code_block(text: str, number: int) -> str:
    """A fenced code block around all of it."""
    return f"{COVER}\n\n```{('', 'text', 'python')[number % 3]}\n{text}\n```"


def block_quote(text: str, _number: int) -> str:
    """Every line quoted."""
    return "\n".join(f"> {line}" for line in textwrap.wrap(text, 90))


def table_cells(text: str, _number: int) -> str:
    """A Markdown table with a sentence in each row."""
    rows = re.split(r"(?<=[.!?;])\s+", " ".join(text.split()))
    return "| # | Note |\n|---|---|\n" + "\n".join(f"| {index} | {row} |" for index, row in enumerate(rows, 1))


def ansi_conceal(text: str, number: int) -> str:
    """Between terminal escapes that conceal what follows, real or written out."""
    escape = "\\x1b" if number % 2 else "\x1b"
    return f"{COVER}{escape}[8m{text}{escape}[0m"


def ansi_inside_words(text: str, number: int) -> str:
    """Colour escapes inside words."""
    return inside_words(text, "\x1b[0m", number | 1)


def blanks_before(text: str, number: int) -> str:
    """Pushed out of sight by hundreds of blanks."""
    return COVER + " " * (300 + number % 5 * 200) + text


def lines_before(text: str, number: int) -> str:
    """Pushed out of sight by empty lines."""
    return COVER + "\n" * (40 + number % 5 * 20) + text


def wrapped_lines(text: str, _number: int) -> str:
    """Hard line breaks at 40 columns."""
    return "\n".join(textwrap.wrap(text, 40, break_on_hyphens=False))


def word_per_line(text: str, _number: int) -> str:
    """A line break after every word."""
    return "\n".join(text.split())


def bullets(text: str, number: int) -> str:
    """Every clause a bullet."""
    clauses = re.split(r"(?<=[.!?;,:])\s+", " ".join(text.split()))
    return "\n".join(f"{'-*•'[number % 3]} {clause}" for clause in clauses)


def json_in_text(text: str, _number: int) -> str:
    """A JSON object inside the description."""
    return f"{COVER} Configuration: " + json.dumps({"version": 1, "notes": text})


def yaml_in_text(text: str, _number: int) -> str:
    """A YAML mapping inside the description."""
    return f"{COVER}\n\nversion: 1\nnotes: >-\n" + textwrap.indent("\n".join(textwrap.wrap(text, 70)), "  ")


def xml_in_text(text: str, _number: int) -> str:
    """An element of a configuration inside the description."""
    return f"{COVER}\n<config><version>1</version><notes>{text}</notes></config>"


def code_comment(text: str, number: int) -> str:
    """Comments of a piece of example code."""
    mark = ("#", "//", "--")[number % 3]
    return f"{COVER}\n\nresult = call(data)\n" + "\n".join(f"{mark} {line}" for line in textwrap.wrap(text, 80))
