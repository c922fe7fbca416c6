"""Whose the folder of compiled code is, and who else may write it."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from eventnet.kernels.code_folder import check_own


def test_a_folder_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_own(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(OSError, match="another user"):
        check_own(tmp_path)


@pytest.fixture
def below(tmp_path: Path) -> Path:
    """A folder two below one whose rights a test may change."""
    (tmp_path / "above" / "own").mkdir(parents=True, mode=0o700)
    check_own(tmp_path / "above" / "own")
    return tmp_path / "above" / "own"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights of folders are POSIX's")
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o707])
def test_a_folder_that_others_may_exchange_is_not_used(below: Path, mode: int) -> None:
    os.chmod(below.parent, mode)
    with pytest.raises(OSError, match="others may write .*/above, in which it lies"):
        check_own(below)
    os.chmod(below.parent, mode | stat.S_ISVTX)  # only its owner may move it
    check_own(below)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="rights of folders are POSIX's")
def test_links_on_the_way_are_looked_at_too(below: Path, tmp_path: Path) -> None:
    (tmp_path / "loose").mkdir()
    os.chmod(tmp_path / "loose", 0o777)
    (tmp_path / "loose" / "link").symlink_to(below.parent)
    (tmp_path / "to_link").symlink_to("loose/link")
    check_own(below)
    with pytest.raises(OSError, match="others may write .*/loose, in which it lies"):
        check_own(tmp_path / "to_link" / "own")


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="only root gives folders to others")
def test_a_folder_below_one_of_another_user_is_not_used_by_root_nor_by_others(below: Path) -> None:
    os.chown(below.parent, 12345, -1)
    with pytest.raises(OSError, match="above, by which it is found, belongs to another user"):
        check_own(below)
    os.chmod(below.parent, 0o1777)  # its owner may move what lies in it all the same
    with pytest.raises(OSError, match="belongs to another user"):
        check_own(below)


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="only root becomes another user")
def test_another_user_below_folders_of_roots_may_keep_code(tmp_path: Path) -> None:
    own = Path(tempfile.mkdtemp()) / "own"
    os.chmod(own.parent, 0o755)
    own.mkdir(mode=0o700)
    os.chown(own, 12345, -1)
    found = []
    try:
        for mode in (0o755, 0o777, 0o1777):
            os.chmod(own.parent, mode)
            child = os.fork()
            if child == 0:
                os.setuid(12345)
                with suppress(OSError):
                    check_own(own)
                    os._exit(0)
                os._exit(1)
            found.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    finally:
        shutil.rmtree(own.parent)
    assert found == [0, 1, 0]
