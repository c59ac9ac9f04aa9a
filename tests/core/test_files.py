import errno
import os
import stat

import pytest

from rowsmith.core.errors import OutputError
from rowsmith.core.files import atomic


def test_the_name_holds_the_old_until_the_new_is_whole(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    with atomic(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), ValueError()])
def test_nothing_is_left_of_what_failed(tmp_path, fault):
    def write_half():
        with atomic(tmp_path / "a") as part:
            part.write_text("half")
            raise fault

    with pytest.raises(type(fault)):
        write_half()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_a_folder_and_a_missing_folder_are_told(tmp_path):
    with pytest.raises(OutputError, match="the disk is full"), atomic(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OutputError, match="is a folder"), atomic(tmp_path):
        pass
    with pytest.raises(OutputError, match="does not exist"), atomic(tmp_path / "b" / "a"):
        pass


def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with atomic(path) as part:
        part.write_text("new")
    assert os.read(read, 10) == b"new"
    os.close(read)
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert list(tmp_path.iterdir()) == [path]
    assert not part.exists()
