"""Answers from files: what is read, what is refused, and that the message says where."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ardoise.psychometrics.faults import ResponsesError
from ardoise.psychometrics.reading import BLOCK_ROWS, Columns, Words, read_answers
from ardoise.psychometrics.responses import (
    MISSING,
    NOT_ADMINISTERED,
    NOT_REACHED,
    OMITTED,
    Answers,
    MissingRule,
    Responses,
)


def csv(folder: Path, text: str, name: str = "answers.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_scores_words_and_empty_cells(tmp_path: Path) -> None:
    answers = read_answers(csv(tmp_path, "q1,q2\n1,3\n0,NR\n OM ,\nna,0\n"))
    assert answers.items == ("q1", "q2")
    assert answers.codes.tolist() == [
        [1, 3],
        [0, NOT_REACHED],
        [OMITTED, NOT_ADMINISTERED],
        [NOT_ADMINISTERED, 0],
    ]
    assert answers.categories.tolist() == [2, 4]


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_separators_and_a_byte_order_mark(tmp_path: Path, separator: str) -> None:
    text = "\ufeff" + separator.join(["q1", "q2"]) + "\n" + separator.join(["1", "0"]) + "\n"
    assert read_answers(csv(tmp_path, text)).items == ("q1", "q2")


def test_weight_group_and_school_columns(tmp_path: Path) -> None:
    path = csv(tmp_path, "id,q1,w,year,school\n7,1,2.5,2026,B\n8,0,1,2025,A\n9,1,0,2026,B\n")
    columns = Columns(weight="w", group="year", cluster="school", ignored=["id"])
    answers = read_answers(path, columns=columns)
    assert answers.items == ("q1",)
    assert answers.weights is not None
    assert answers.weights.tolist() == [2.5, 1.0, 0.0]
    assert answers.group_names == ("2025", "2026")
    assert answers.groups is not None
    assert answers.groups.tolist() == [1, 0, 1]
    assert answers.clusters is not None
    assert answers.clusters.tolist() == [0, 1, 0]


def test_parquet_and_csv_of_many_blocks_read_alike(tmp_path: Path) -> None:
    rows = 2 * BLOCK_ROWS + 17
    generator = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            "q1": pl.Series(generator.integers(0, 2, rows), dtype=pl.Int8),
            "q2": pl.Series(generator.integers(0, 4, rows).astype(np.float64)),
            "q3": pl.Series(generator.random(rows) < 0.5),
        }
    ).with_columns(pl.when(pl.col("q1") == 0).then(None).otherwise(pl.col("q2")).alias("q2"))
    frame.write_parquet(tmp_path / "a.parquet")
    frame.with_columns(pl.col("q2", "q3").cast(pl.Int8)).write_csv(tmp_path / "a.csv")
    seen: list[tuple[int, int]] = []
    one = read_answers(tmp_path / "a.parquet", progress=lambda r, of: seen.append((r, of)))
    two = read_answers(tmp_path / "a.csv")
    assert np.array_equal(one.codes, two.codes)
    assert one.categories.tolist() == two.categories.tolist() == [2, 4, 2]
    assert seen[-1] == (rows, rows)
    assert len(seen) > 1


def test_numbers_can_be_words_where_the_analyst_says_so(tmp_path: Path) -> None:
    path = csv(tmp_path, "q1\n1\n9\n8\n")
    assert read_answers(path).categories.tolist() == [10]
    answers = read_answers(path, words=Words(omitted=["9"], not_reached=["8"], empty=OMITTED))
    assert answers.codes[:, 0].tolist() == [1, OMITTED, NOT_REACHED]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("-1", "negative"),
        ("0.5", "no whole number"),
        ("20", "at most 20 categories"),
        ("abc", "neither a score nor a word"),
        ("1e400", "neither a score nor a word"),
    ],
)
def test_an_absurd_cell_is_refused_by_column_and_row(tmp_path: Path, cell: str, words: str) -> None:
    path = csv(tmp_path, f"q1,q2\n1,1\n1,{cell}\n")
    with pytest.raises(ResponsesError, match=f"answers.csv, column 'q2', row 2: .*{words}"):
        read_answers(path)


def test_the_row_is_right_in_later_blocks(tmp_path: Path) -> None:
    column = np.ones(BLOCK_ROWS + 10)
    column[BLOCK_ROWS + 4] = 1.5
    pl.DataFrame({"q1": column}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(ResponsesError, match=f"row {BLOCK_ROWS + 5}:"):
        read_answers(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("text", "columns", "words"),
    [
        ("q1,w\n1,x\n", Columns(weight="w"), "column 'w', row 1: 'x' is not a weight"),
        ("q1,w\n1,1\n1,-2\n", Columns(weight="w"), "row 2: '-2' is not a weight"),
        ("q1,g\n1,a\n1,\n", Columns(group="g"), "column 'g', row 2 is empty"),
        ("q1\n1\n", Columns(items=["q9"]), "no column 'q9'; it has q1"),
        ("q1,q1\n1,1\n", Columns(), "'q1' stands twice"),
        ("q1\n", Columns(), "has no rows"),
        ("g\na\n", Columns(group="g"), "0 item columns"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    tmp_path: Path, text: str, columns: Columns, words: str
) -> None:
    with pytest.raises(ResponsesError, match=words):
        read_answers(csv(tmp_path, text), columns=columns)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ResponsesError, match="neither"):
        read_answers(csv(tmp_path, "", "answers.xlsx"))
    with pytest.raises(ResponsesError, match="no file"):
        read_answers(tmp_path / "none.csv")
    with pytest.raises(ResponsesError, match="cannot be read"):
        read_answers(csv(tmp_path, "", "empty.csv"))
    with pytest.raises(ResponsesError, match="line 3: 3 cells"):
        read_answers(csv(tmp_path, "a,b\n1,2\n1,2,3\n", "ragged.csv"))
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1nothing")
    with pytest.raises(ResponsesError, match="cannot be read"):
        read_answers(broken)


def raw(rows: list[list[int]]) -> Answers:
    codes = np.array(rows, dtype=np.uint8)
    return Answers(tuple("abcdef"[: codes.shape[1]]), codes, np.full(codes.shape[1], 2))


def test_the_analyst_says_what_missing_means() -> None:
    answers = raw([[1, OMITTED, NOT_REACHED, NOT_ADMINISTERED]])
    assert answers.under().codes.tolist() == [[1, 0, MISSING, MISSING]]
    strict = MissingRule(omitted="missing", not_reached="wrong")
    assert answers.under(strict).codes.tolist() == [[1, MISSING, 0, MISSING]]
    with pytest.raises(ResponsesError, match="omitted must be"):
        MissingRule(omitted="half")  # type: ignore[arg-type]


def test_trailing_omissions_but_the_first_are_not_reached() -> None:
    o, r, n = OMITTED, NOT_REACHED, NOT_ADMINISTERED
    answers = raw([[1, o, 1, o, o, o], [o, o, o, n, o, n], [1, o, n, 0, 1, o]])
    assert answers.with_trailing_not_reached().codes.tolist() == [
        [1, o, 1, o, r, r],
        [o, r, r, n, r, n],
        [1, o, n, 0, 1, o],
    ]


def test_responses_check_themselves() -> None:
    with pytest.raises(ResponsesError, match="item 'b', row 2: 3 is not a score"):
        Responses(("a", "b"), np.array([[0, 1], [1, 3]], dtype=np.uint8), np.full(2, 2))
    with pytest.raises(ResponsesError, match="item 'a', row 1: 254 is not a score"):
        Responses(("a",), np.array([[254]], dtype=np.uint8), np.full(1, 2))
    with pytest.raises(ResponsesError, match="'a' stands twice"):
        Responses(("a", "a"), np.zeros((1, 2), dtype=np.uint8), np.full(2, 2))
    with pytest.raises(ResponsesError, match="weights, row 1: nan"):
        Responses(("a",), np.zeros((1, 1), np.uint8), np.full(1, 2), weights=np.array([np.nan]))
    with pytest.raises(ResponsesError, match="there is no item 'z'"):
        raw([[1]]).under().select(["z"])


def test_choosing_items_pupils_and_blocks() -> None:
    data = raw([[1, 0, 1], [0, 0, 1], [1, 1, 1]]).under()
    assert data.select(["c", "a"]).codes.tolist() == [[1, 1], [1, 0], [1, 1]]
    assert data.take(np.array([2])).codes.tolist() == [[1, 1, 1]]
    assert [block.pupils for block in data.blocks(2)] == [2, 1]
