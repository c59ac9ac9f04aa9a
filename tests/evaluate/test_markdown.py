import pyarrow as pa

from rowsmith.evaluate._judge import judge
from rowsmith.evaluate._markdown import cell, markdown
from rowsmith.evaluate._report import Report


def test_the_verdicts_come_first_and_every_line_of_a_table_has_its_cells(judged):
    text = markdown(judged["copy"])
    assert text.index("**Privacy**") < text.index("Column shapes")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "95 %" not in line]
    assert {line.count("|") for line in rows} <= {4, 7}
    assert "🔴 poor" in text


def test_a_value_can_not_break_the_page():
    hostile = "a|b\n<script>*_`[x](y)&"
    assert "\n" not in cell(hostile)
    assert "<" not in cell(hostile)
    table = pa.table({hostile: ["p", "q"] * 30, "x": list(range(0, 120, 2))})
    text = markdown(judge(table, table, target=hostile))
    assert "<script" not in text


def test_the_ending_says_the_form(judged, tmp_path):
    Report(judged["fresh"]).save(tmp_path / "r.md")
    assert (tmp_path / "r.md").read_text(encoding="utf-8").startswith("### Synthetic table, judged")
