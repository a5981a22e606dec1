"""`wrap` ended at the worst moments: the client's file is the old one or the new one, and nothing is lost."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.homes import Home

ROOT = Path(__file__).parents[2]
CASES = [
    (client, copied, call)
    for client in ("cursor", "vscode")
    for copied in ("copied", "")
    for call in ("fsync", "chmod", "rename", "unlink")
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel has to end the process")
@pytest.mark.parametrize(("client", "copied", "call"), CASES)
def test_a_crash_leaves_the_old_file_or_the_new_one(client: str, copied: str, call: str, home: Home) -> None:
    file = home.give(client)
    old, mode = file.read_bytes(), file.stat().st_mode
    if copied:
        shutil.copy2(file, file.with_name(f"{file.name}.oktsec-backup"))
    leftover = file.with_name(f".{file.name}.old.tmp")
    leftover.write_text("from a run that was killed")
    environ = {
        **os.environ,
        "HOME": str(home.folder),
        "XDG_CONFIG_HOME": "",
        "CONFINED": call,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-B", str(ROOT / "tests" / "confined.py"), "wrap", client]
    done = subprocess.run(command, cwd=home.project, env=environ, capture_output=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGSYS, done
    crashed = file.read_bytes()
    assert (crashed != old) is (call == "unlink")
    assert file.stat().st_mode == mode

    assert home.run("wrap", client).code == 0
    new = file.read_bytes()
    assert crashed in (old, new)
    assert home.run("unwrap", client).code == 0
    assert file.read_bytes() == old
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("size", [0, 100])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(size: int, home: Home) -> None:
    file = home.give("vscode")
    before = home.everything()
    done = subprocess.run(
        [sys.executable, "-B", "-m", "oktsec_lint", "wrap", "vscode"],
        cwd=home.project,
        env={**os.environ, "HOME": str(home.folder), "XDG_CONFIG_HOME": "", "PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, f"{file}" in done.stderr) == (2, True), done
    assert "cannot be written: file too large" in done.stderr
    assert home.everything() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_is_an_error(home: Home) -> None:
    file = home.give("cursor")
    file.parent.chmod(0o500)
    try:
        done = home.run("wrap", "cursor")
    finally:
        file.parent.chmod(0o700)
    assert (done.code, "cannot be written: permission denied" in done.err) == (2, True)
