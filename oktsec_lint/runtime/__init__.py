"""What a running gate needs of the machine: the journal's store. Files, threads and the clock, but no judgement."""

from __future__ import annotations
