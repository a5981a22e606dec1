"""Which file is the configuration, and its bytes. The only place in `sources/` that touches the file system."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from oktsec_lint.core.errors import SourceError

VARIABLE = "OKTSEC_CONFIG"
MAX_SIZE = 64 << 20
"""Bytes of the largest snapshot; the reader of a configuration stops much earlier."""
LOCAL_NAMES = ("oktsec.yaml", "oktsec.yml")
"""What a configuration is called in a directory; the first is upstream's, and the one that is looked for."""


def find_config(explicit: str | None, environ: Mapping[str, str], cwd: Path, home: Path) -> Path | None:
    """The configuration by upstream's order: `--config`, `$OKTSEC_CONFIG`, `./oktsec.yaml`, the one in the home.

    What the user named is returned whether it exists or not, so that reading it can say what is wrong with it; the
    two default places count when something of that name is there, even a dangling link.
    """
    named = explicit or environ.get(VARIABLE)
    if named:
        return cwd / Path(named).expanduser()
    defaults = [cwd / LOCAL_NAMES[0], home / ".oktsec" / "config.yaml"]
    if environ.get("LOCALAPPDATA"):
        defaults.append(Path(environ["LOCALAPPDATA"]) / "oktsec" / "config.yaml")
    return next((path for path in defaults if os.path.lexists(path)), None)


def read_bytes(path: Path, *, shown: str = "", limit: int = MAX_SIZE) -> bytes:
    """The bytes of a regular file. Raises SourceError, naming the path as `shown`, for everything else.

    Symbolic links are followed (upstream refuses them): people keep configurations in dotfile repositories, and a
    linter that reads a file gives nothing away. A dangling one is an error.
    """
    name = shown or str(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            what = "a directory" if path.is_dir() else "not a regular file"
            raise SourceError(f"this is {what}", path=name, hint="name a file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise _missing(path, name) from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise SourceError(f"cannot be read: {reason.lower()}", path=name) from None
    if len(data) > limit:
        raise SourceError(f"larger than {limit:,} bytes", path=name)
    return data


def _missing(path: Path, name: str) -> SourceError:
    if path.is_symlink():
        return SourceError(f"a link to {path.readlink()}, which does not exist", path=name)
    return SourceError("no such file", path=name)
