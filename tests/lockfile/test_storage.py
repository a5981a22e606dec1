"""The file on disk: whole or not at all, whatever happens."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from oktsec_lint import lockfile
from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.lock import Lock, taken
from tests.core.lock.offers import PATH, POLICY, RULEBOOK, server, tool

WRITER = """
import sys
from pathlib import Path
from oktsec_lint import lockfile
from tests.lockfile.test_storage import text_of
path = Path(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    data = lockfile.stored(path, "oktsec.lock")
    before = lockfile.read("oktsec.lock", data)[0].digest if data is not None else ""
    lockfile.write(path, text_of(number := number + 1), before, "oktsec.lock")
"""


def text_of(number: int) -> str:
    """A lock of some size, another one for every number."""
    tools = [tool(f"t{index}", f"Reads file {number}.") for index in range(200)]
    return lockfile.render(Lock(RULEBOOK, POLICY, (taken(server(*tools)),)))


def digest_at(path: Path) -> str:
    data = lockfile.stored(path, PATH)
    return lockfile.read(PATH, data)[0].digest if data is not None else ""


def test_kill_9_in_the_middle_of_a_write_leaves_a_whole_lock(tmp_path: Path) -> None:
    path = tmp_path / PATH
    lockfile.write(path, text_of(0), "", PATH)
    for round_ in range(5):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            seen: set[str] = set()
            while len(seen) < 2 + round_:
                seen.add(digest_at(path))
            process.send_signal(signal.SIGKILL)
        lockfile.write(path, text_of(-1 - round_), digest_at(path), PATH)
        assert [file.name for file in tmp_path.iterdir()] == [PATH], "what the killed run left behind is gone"


def test_a_lock_that_somebody_else_wrote_meanwhile_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / PATH
    lockfile.write(path, text_of(0), "", PATH)
    mine = digest_at(path)
    lockfile.write(path, text_of(1), mine, PATH)
    with pytest.raises(SourceError, match="somebody else"):
        lockfile.write(path, text_of(2), mine, PATH)
    assert path.read_text() == text_of(1)


def test_of_many_runs_at_once_one_writes_and_the_others_say_so(tmp_path: Path) -> None:
    path = tmp_path / PATH

    def write(number: int) -> bool:
        try:
            lockfile.write(path, text_of(number), "", PATH)
        except SourceError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(write, range(8)))
    assert outcomes.count(True) == 1
    assert path.read_text() == text_of(outcomes.index(True))


def test_mode_and_link_are_kept(tmp_path: Path) -> None:
    real, link = tmp_path / "real" / PATH, tmp_path / PATH
    real.parent.mkdir()
    lockfile.write(real, text_of(0), "", PATH)
    real.chmod(0o600)
    link.symlink_to(real)
    lockfile.write(link, text_of(1), digest_at(link), PATH)
    assert link.is_symlink()
    assert (real.stat().st_mode & 0o777, real.read_text()) == (0o600, text_of(1))


def test_where_nothing_can_be_written_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be written"):
        lockfile.write(tmp_path / "absent" / PATH, "", "", PATH)
