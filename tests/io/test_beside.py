"""What lies beside the tables of a folder and is none."""

import pytest

from rowsmith.io import _tables
from rowsmith.io._beside import no_table

ROWS = "1{0}a{0}2\n2{0}b{0}3\n3{0}c{0}4\n"


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
@pytest.mark.parametrize("last", ["Lfd. Nr.", "note:", "paid?", "sure!"])
def test_a_column_may_have_a_name_that_ends_as_a_sentence_does(tmp_path, separator, last):
    place = tmp_path / "list.txt"
    place.write_text(separator.join(["ID", "Name", last]) + "\n" + ROWS.format(separator))
    assert not no_table(place)


@pytest.mark.parametrize("text", ["First, a word.\nThen, more\nLast, all\n", "Only words\nand words\n", ""])
def test_prose_is_no_table(tmp_path, text):
    place = tmp_path / "readme.txt"
    place.write_text(text)
    assert no_table(place)


def test_a_folder_is_looked_at_once_for_all_that_is_left_out(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    for i in range(9):
        (tmp_path / f"{i}.md").write_text("# A note\n")
    looks, look = [], _tables.tables_in
    monkeypatch.setattr(_tables, "tables_in", lambda place: looks.append(place) or look(place))
    assert "0.md, 1.md, 2.md, 3.md, 4.md and 4 more" in _tables.left_out_note(str(tmp_path))
    assert len(looks) == 1
