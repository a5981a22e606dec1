"""What the base of a comparison is: the commit that git was given by others, and nothing a branch can add itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.command import Ran, oktsec_lint
from tests.sample import Sample


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    """Everything below `inner`, and a branch on which it is poisoned."""
    sample = Sample(tmp_path / "sample")
    _move(sample, "inner")
    sample.commit("base, in a directory")
    sample.git("tag", "base")
    _move(sample, ".", "inner")
    sample.poison()
    _move(sample, "inner")
    sample.commit("poison")
    return sample


def _move(sample: Sample, to: str, of: str = ".") -> None:
    (sample.folder / to).mkdir(exist_ok=True)
    for name in ("oktsec.yaml", "oktsec.lock", "server.py", "tools.json"):
        (sample.folder / of / name).rename(sample.folder / to / name)


def _compared(sample: Sample, base: str) -> Ran:
    return oktsec_lint("scan", "--offline", "--diff", base, "--format", "concise", cwd=sample.folder / "inner")


def test_what_the_branch_poisoned_is_new(sample: Sample) -> None:
    ran = _compared(sample, "base")
    assert ran.code == 1
    assert "IAP-007" in ran.out


def test_a_directory_that_poses_as_a_repository_is_no_past(sample: Sample) -> None:
    """In it the base holds what the branch holds. Anybody may add such files beside the configuration."""
    inner, base = sample.folder / "inner", sample.git("rev-parse", "base")
    shutil.copytree(sample.folder / ".git" / "objects", inner / "objects")
    (inner / "refs" / "replace").mkdir(parents=True)
    (inner / "refs" / "replace" / base).write_text(sample.git("rev-parse", "HEAD") + "\n")
    (inner / "config").write_text("[core]\nrepositoryformatversion = 0\nbare = false\nworktree = ..\n")
    (inner / "HEAD").write_text("ref: refs/heads/x\n")
    for ran in (_compared(sample, base), oktsec_lint("changes", base, cwd=inner)):
        assert (ran.code, ran.out) == (2, "")
        assert "poses as a git repository" in ran.err


def test_a_replaced_commit_is_still_what_it_was(sample: Sample) -> None:
    sample.git("replace", "base", "HEAD")
    assert "IAP-007" in _compared(sample, "base").out


def test_a_repository_of_somebody_else_is_not_called_none(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    ran = _compared(sample, "base")
    assert ran.code == 2
    assert "git refuses the repository here; see `safe.directory`" in ran.err
