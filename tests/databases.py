"""Real PostgreSQL and Redis servers, each test module's own, from the system's packages."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

_MISSING = "the slow tests need {} of the system's packages: apt-get install -y postgresql redis-server"


class Postgres:
    """A server on a socket in a directory of its own. As root, it runs as somebody else, who it insists on being."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self.folder = folder
        self._user = next((name for name in ("postgres", "nobody") if _exists(name)), "nobody")
        self._bin = _postgres_binaries()
        if os.geteuid() == 0:
            shutil.chown(folder, self._user)
        self._run("initdb", "--no-sync", "-A", "trust", "-U", "oktsec", "-E", "UTF8", "--locale=C", "-D", self._data)
        self._settings = ("fsync=off", "listen_addresses=", f"unix_socket_directories={folder}", *settings)
        self.start()

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def dsn(self, name: str = "postgres", user: str = "oktsec") -> str:
        return f"postgresql://{user}@/{name}?host={self.folder}"

    def start(self) -> None:
        options = " ".join(f"-c {setting}" for setting in self._settings)
        log = str(self.folder / "log")
        self._run("pg_ctl", "-w", "-s", "-D", self._data, "-l", log, "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-w", "-s", "-D", self._data, "-m", mode, "stop")

    def do(self, statement: str, name: str = "postgres") -> str:
        """What psql prints for a statement, one row a line."""
        return self._run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement, self.dsn(name))

    def make(self, name: str, *more: str) -> str:
        """A new database; returns its DSN."""
        self.do(f"CREATE DATABASE {name} {' '.join(more)}")
        return self.dsn(name)

    def _run(self, program: str, *args: str) -> str:
        command = [str(self._bin / program), *args]
        as_user = {"user": self._user, "group": pwd.getpwnam(self._user).pw_gid, "extra_groups": []}
        done = subprocess.run(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "psql" else subprocess.DEVNULL,
            stderr=None if program == "pg_ctl" else subprocess.PIPE,  # the server keeps what pg_ctl has open
            text=True,
            timeout=120,
            check=False,
            **(as_user if os.geteuid() == 0 else {}),
        )
        assert done.returncode == 0, (command, done.stderr)
        return (done.stdout or "").strip()


class Redis:
    """A server on a socket, with nothing on disk."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._socket = folder / "redis.sock"
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    def start(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.fail(_MISSING.format("redis-server"))
        command = [program, "--port", "0", "--unixsocket", str(self._socket), "--save", "", *self._options]
        self._process = subprocess.Popen(
            command, cwd=self._socket.parent, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        while "eady to accept connections" not in (line := self._process.stdout.readline()):
            assert line, "redis-server ended"

    def stop(self) -> None:
        """At once, as when its machine is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@contextmanager
def postgres(*settings: str) -> Iterator[Postgres]:
    """A running PostgreSQL. Its socket's path has to be short, which pytest's directories are not."""
    with tempfile.TemporaryDirectory(prefix="oktsec-pg-", ignore_cleanup_errors=True) as folder:
        server = Postgres(Path(folder), *settings)
        try:
            yield server
        finally:
            if (server.folder / "data" / "postmaster.pid").exists():
                server.stop()


@contextmanager
def redis(*options: str) -> Iterator[Redis]:
    """A running Redis."""
    with tempfile.TemporaryDirectory(prefix="oktsec-redis-") as folder:
        server = Redis(Path(folder), *options)
        try:
            yield server
        finally:
            server.stop()


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _postgres_binaries() -> Path:
    """Debian keeps them beside the path, a directory for each version."""
    found: Sequence[Path] = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: len(str(path)))
    plain = shutil.which("initdb")
    if not found and plain is None:
        pytest.fail(_MISSING.format("initdb"))
    return found[-1].parent if found else Path(str(plain)).parent
