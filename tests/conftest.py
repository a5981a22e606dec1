"""Properties here are about results, never about time: the machine may be busy.

A run at the desk tries each property on a few dozen examples; continuous integration asks for the `thorough` profile
(`--hypothesis-profile thorough`).

What is started here is started as in the foreground of a shell, wherever the tests themselves run: in the background a
shell has SIGINT and SIGQUIT ignored, every process inherits that, and no test could interrupt anything.
"""

from __future__ import annotations

import signal

from hypothesis import settings

settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("thorough", deadline=None, max_examples=100)
settings.load_profile("quick")

for name, usual in (("SIGINT", signal.default_int_handler), ("SIGQUIT", signal.SIG_DFL)):
    number = getattr(signal, name, None)
    if number is not None and signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)
