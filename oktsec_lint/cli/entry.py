"""The way into every command, and the way every one of them ends."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from types import TracebackType

from oktsec_lint.core.report import Exit

from .shortcut import plain_scan
from .terminal import prepare_streams, silence_stdout, tell


def run() -> None:
    """Parse the command line and run one command; never returns normally."""
    sys.excepthook = _internal_error
    prepare_streams()
    try:
        _flushed(_command())
    except BrokenPipeError:
        silence_stdout()
        sys.exit(Exit.ERROR)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except OSError as error:
        silence_stdout()
        tell(f"error: {error.strerror or error}")
        sys.exit(Exit.ERROR)


def _command() -> Callable[[], object]:
    """What the command line asks for: a scan or a run whose line needs no parser, else whatever typer makes of it."""
    if sys.argv[1:2] == ["run"]:
        from .running import plain_run, run_gate

        running = plain_run(sys.argv[2:])
        if running is not None:
            return lambda: sys.exit(run_gate(running))
    asked = plain_scan(sys.argv[1:], os.environ)
    if asked is None:
        from .app import command

        return command()
    from .scanning import run_scan

    return lambda: sys.exit(run_scan(asked))


def _flushed(command: Callable[[], object]) -> None:
    """Run a command to its exit code. A report that could not be written has failed, whatever the code would be.

    One exception: the reader of a pipe may have seen enough (`| head`). Then the code stands.
    """
    try:
        command()
    except SystemExit as end:
        gc.freeze()  # else the interpreter looks at every object once more before it ends
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            silence_stdout()
        raise end from None


def _internal_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A defect of ours must not look like findings: Python's own exit code would be 1."""
    import traceback

    if issubclass(kind, KeyboardInterrupt):
        os._exit(Exit.INTERRUPTED)
    traceback.print_exception(kind, error, trace)
    tell("internal error; please report it with the lines above")
    sys.stderr.flush()
    os._exit(Exit.ERROR)
