"""Finding the configuration, and reading files that are none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from oktsec_lint.core.errors import SourceError
from oktsec_lint.sources.discovery import find_config, read_bytes


@pytest.fixture
def world(tmp_path: Path) -> tuple[Path, Path]:
    """A working directory and a home, each with a configuration."""
    cwd, home = tmp_path / "work", tmp_path / "home"
    cwd.mkdir()
    (home / ".oktsec").mkdir(parents=True)
    (cwd / "oktsec.yaml").write_text("agents: {}")
    (home / ".oktsec" / "config.yaml").write_text("agents: {}")
    return cwd, home


def test_the_order_is_upstreams(world: tuple[Path, Path]) -> None:
    cwd, home = world
    environ = {"OKTSEC_CONFIG": "from-env.yaml"}
    assert find_config("named.yaml", environ, cwd, home) == cwd / "named.yaml"
    assert find_config("/else/named.yaml", environ, cwd, home) == Path("/else/named.yaml")
    assert find_config(None, environ, cwd, home) == cwd / "from-env.yaml"
    assert find_config(None, {}, cwd, home) == cwd / "oktsec.yaml"
    assert find_config(None, {"OKTSEC_CONFIG": ""}, cwd, home) == cwd / "oktsec.yaml"
    (cwd / "oktsec.yaml").unlink()
    assert find_config(None, {}, cwd, home) == home / ".oktsec" / "config.yaml"
    (home / ".oktsec" / "config.yaml").unlink()
    assert find_config(None, {}, cwd, home) is None


def test_windows_keeps_it_in_local_app_data(world: tuple[Path, Path], tmp_path: Path) -> None:
    cwd, home = world
    local = tmp_path / "local" / "oktsec"
    local.mkdir(parents=True)
    (local / "config.yaml").write_text("agents: {}")
    assert find_config(None, {"LOCALAPPDATA": str(local.parent)}, tmp_path, tmp_path) == local / "config.yaml"
    assert find_config(None, {"LOCALAPPDATA": str(local.parent)}, cwd, home) == cwd / "oktsec.yaml"


def test_a_dangling_link_is_found_and_then_an_error(tmp_path: Path) -> None:
    link = tmp_path / "oktsec.yaml"
    link.symlink_to("gone.yaml")
    assert find_config(None, {}, tmp_path, tmp_path) == link
    with pytest.raises(SourceError, match=r"gone\.yaml"):
        read_bytes(link)


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_bytes(b"agents: {}")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    assert read_bytes(tmp_path / "link.yaml") == b"agents: {}"


def test_what_is_no_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 11)
    cases = {tmp_path / "none": "no such file", tmp_path: "directory", tmp_path / "big": "larger than 10 bytes"}
    for path, words in cases.items():
        with pytest.raises(SourceError, match=words) as caught:
            read_bytes(path, shown="as-typed", limit=10)
        assert caught.value.path == "as-typed"
    assert read_bytes(tmp_path / "big", limit=11) == b"x" * 11


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes in the file system")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="regular"):
        read_bytes(tmp_path / "pipe")


def test_impossible_paths_are_errors(tmp_path: Path) -> None:
    for name in ("a\0b", "x" * 5_000):
        with pytest.raises(SourceError):
            read_bytes(tmp_path / name)
