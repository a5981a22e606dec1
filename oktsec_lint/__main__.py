"""`oktsec-lint` and `python -m oktsec_lint`: the one entry point.

`--version` is answered before anything is imported; everything else goes to the command line in `cli`.
"""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line; ends the process with one of the exit codes of `core.report.Exit`."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from oktsec_lint import __version__

        print(f"oktsec-lint {__version__}")  # noqa: T201
        return
    gc.disable()  # start-up makes many objects and no rubbish; what runs for longer switches it on again
    from oktsec_lint.cli.entry import run

    run()


if __name__ == "__main__":
    main()
