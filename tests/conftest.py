"""Properties here are about results, never about time: the machine may be busy.

A run at the desk tries each property on a few dozen examples; continuous integration asks for the `thorough` profile
(`--hypothesis-profile thorough`).
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("thorough", deadline=None, max_examples=100)
settings.load_profile("quick")
