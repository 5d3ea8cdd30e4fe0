"""Files in which a row stands for several pupils, or a cell for a whole test."""

from pathlib import Path

import polars as pl
import pytest

from ardoise.psychometrics.faults import ResponsesError
from ardoise.psychometrics.reading import Columns, read_answers
from ardoise.psychometrics.responses import NOT_ADMINISTERED


def written(folder: Path, text: str) -> Path:
    file = folder / "answers.csv"
    file.write_text(text)
    return file


def test_a_pattern_is_a_whole_test_and_its_count_so_many_pupils(tmp_path: Path) -> None:
    answers = read_answers(written(tmp_path, "pattern,count\n010,2\n1.2,1\n"))
    assert answers.items == ("item1", "item2", "item3")
    assert answers.codes.tolist() == [[0, 1, 0], [0, 1, 0], [1, NOT_ADMINISTERED, 2]]
    assert answers.weights is None


def test_counts_repeat_all_that_is_said_of_a_row(tmp_path: Path) -> None:
    columns = Columns(weight="w", group="g", cluster="s", count="freq")
    text = "a,b,w,g,s,freq\n0,1,1.5,x,k,2\n1,1,2.5,y,l,0\n1,0,3.5,y,m,1\n"
    answers = read_answers(written(tmp_path, text), columns=columns)
    assert answers.items == ("a", "b")
    assert answers.codes.tolist() == [[0, 1], [0, 1], [1, 0]]
    assert answers.weights is not None
    assert answers.weights.tolist() == [1.5, 1.5, 3.5]
    assert answers.groups is not None
    assert answers.groups.tolist() == [0, 0, 1]
    assert answers.clusters is not None
    assert answers.clusters.tolist() == [0, 0, 2]


def test_row_names_under_an_empty_heading_are_passed_over(tmp_path: Path) -> None:
    text = '"","Item.1","Item.2","freq"\n"1",0,0,3\n"2",1,NA,2\n'
    answers = read_answers(written(tmp_path, text), columns=Columns(count="freq"))
    assert (answers.items, answers.pupils) == (("Item.1", "Item.2"), 5)


@pytest.mark.parametrize(
    ("text", "columns", "named"),
    [
        ("pattern,count\n010,2\n01,1\n", Columns(), "row 2: '01' has 2 characters"),
        ("a,n\n0,1\n1,2.5\n", Columns(count="n"), "column 'n', row 2: '2.5' is no count"),
        ("a,n\n0,1\n1,-2\n", Columns(count="n"), "column 'n', row 2: '-2' is no count"),
        ("a,n\n0,0\n1,0\n", Columns(count="n"), "add up to 0 pupils"),
        ("a,n\n0,1\n1,30000000\n", Columns(count="n"), "row 2: '30000000' is no count"),
        ("a,freq\n0,1\n1,298\n", Columns(), "name it as their count"),
    ],
)
def test_what_is_no_count_is_named(tmp_path: Path, text: str, columns: Columns, named: str) -> None:
    with pytest.raises(ResponsesError, match=r"answers\.csv") as refused:
        read_answers(written(tmp_path, text), columns=columns)
    assert named in str(refused.value)


def test_patterns_that_were_stored_as_numbers_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "answers.parquet"
    pl.DataFrame({"pattern": [101, 11], "count": [1, 2]}).write_parquet(file)
    with pytest.raises(ResponsesError, match="zeros at the beginning"):
        read_answers(file)


@pytest.mark.parametrize(
    "text", ["a,b\n1,0\n0,1\n\n\n", "a,b\n\n1,0\n\n0,1", "a,b\r\n1,0\r\n\r\n0,1"]
)
def test_blank_lines_are_no_pupils(tmp_path: Path, text: str) -> None:
    assert read_answers(written(tmp_path, text)).codes.tolist() == [[1, 0], [0, 1]]


def test_true_and_false_are_scores(tmp_path: Path) -> None:
    assert read_answers(written(tmp_path, "a,b\nTRUE,0\nFALSE,1\n")).codes.tolist() == [
        [1, 0],
        [0, 1],
    ]


def test_a_line_too_long_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResponsesError, match=r"line 3: 4 cells; the heading has 3"):
        read_answers(written(tmp_path, "a,b,c\n1,0,1\n1,0,1,1\n"))
