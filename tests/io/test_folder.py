"""Folders of this machine and of stores that fsspec knows: what is put there is there whole, or not at all."""

import uuid

import pytest

from rowsmith.core.errors import OutputError
from rowsmith.io._folder import LocalFolder, RemoteFolder, open_folder


@pytest.fixture(params=["local", "memory"])
def folder(request, tmp_path):
    found = open_folder(
        str(tmp_path / "new" / "shop") if request.param == "local" else f"memory://{uuid.uuid4().hex}/shop"
    )
    found.begin()
    return found


def test_a_file_appears_when_it_is_whole(folder):
    with folder.file("orders/part-00000.csv") as path:
        assert path.suffix == ".csv"
        path.write_text("a\n1\n")
        assert folder.kind("orders/part-00000.csv") is None
    assert folder.read("orders/part-00000.csv") == b"a\n1\n"
    assert [folder.kind(name) for name in ("orders", "orders/part-00000.csv", "else")] == ["folder", "file", None]
    assert folder.names() == ["orders"]


def test_a_file_that_failed_leaves_no_trace(folder):
    def fail():
        with folder.file("a.csv") as path:
            path.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert folder.names() == []
    assert folder.read("a.csv") is None


def test_a_file_takes_the_place_of_another(folder):
    folder.write("a", b"1")
    folder.write("a", b"2")
    assert folder.read("a") == b"2"


def test_files_and_folders_move_and_go(folder):
    inner = folder.inner("hidden")
    inner.begin()
    inner.write("orders/1", b"x")
    inner.write("one", b"y")
    folder.move("hidden/orders", "orders")
    folder.move("hidden/one", "one")
    assert folder.read("orders/1") == b"x"
    assert folder.read("one") == b"y"
    for name in ("hidden", "orders", "one", "never there"):
        folder.remove(name)
    assert folder.names() == []


def test_folders_that_were_made_are_unmade(tmp_path):
    (tmp_path / "old").mkdir()
    folder = LocalFolder(tmp_path / "old" / "new" / "shop")
    made = folder.begin()
    folder.undo(made)
    assert [p.name for p in tmp_path.rglob("*")] == ["old"]
    made = folder.begin()
    folder.write("a", b"")
    folder.undo(made)
    assert folder.read("a") == b""


def test_places_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file; give the name of a folder"):
        open_folder(str(tmp_path / "file"))
    with pytest.raises(OutputError, match="cannot be reached"):
        RemoteFolder("nowhere://me:secret@x/y").begin()


def test_a_password_is_not_shown():
    assert str(RemoteFolder("ftp://me:secret@host/shop")) == "ftp://me:***@host/shop"
