"""The attack grammar: does a definition describe a tool, or does it give the model orders?

Phrases do not carry over from one attack to the next; structure does. So a text is cut into sentences, and in each
the parts of an order are looked for: who is addressed, what is to be taken, passed on or changed, what is kept from
the user, which reason closes the question. Word classes, sequences of them and RE2 patterns are the signals; pairs of
parts that meet in one sentence count as well; a linear score over two neighbouring sentences decides. No weight is
negative, so text that is added around an attack cannot hide it. The data are the files of `grammar`; nothing is learnt
at run time.
"""

from .book import Book
from .judging import Grammar

__all__ = ["Book", "Grammar"]
