"""The formats this environment can write: all of them, but for one whose optional library may be missing."""

from __future__ import annotations

from importlib.util import find_spec

from oktsec_lint.reporters import REPORTERS

WRITABLE = [name for name in REPORTERS if name != "cyclonedx" or find_spec("cyclonedx")]
