"""Which rows and columns a part is made from, and ways round the bounds that are shut."""

import numpy as np
import polars as pl
import pytest

from ardoise.disclosure import attacks
from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.release import files
from ardoise.disclosure.release.report import report
from ardoise.disclosure.release.report_html import to_html
from ardoise.disclosure.release.report_words import check_words, is_known, value_words
from ardoise.disclosure.release.writing import frames_of
from ardoise.disclosure.tables import Dimension, Policy, TableSpec, build, protect
from tests.disclosure.release.test_release import PLAN, pupils, run

DROPPING = PLAN.replace("[dimensions]", '', 1).replace(
    'answers = ["i1", "i2"]',
    'answers = ["i1", "i2"]\nmissing = "drop"\nunits = ["school"]\n[dimensions]',
)  # fmt: skip


def absent(count: int = 400) -> pl.DataFrame:
    """Every tenth pupil has no band."""
    frame = pupils().with_columns(school=pl.lit("s"))
    row = pl.int_range(frame.height)
    return frame.with_columns(band=pl.when(row % (4_000 // count) != 0).then(pl.col("band")))


def test_who_lacks_a_value_stays_out_of_a_file_and_is_a_category_of_a_table() -> None:
    made = run(DROPPING, absent())
    assert made.verdict.passed, made.verdict.failed
    assert made.files["research"].summary.of == 3_600
    assert "NA" in set(made.tables["groups"]["band"])
    facts = {fact.what: fact.figure for fact in made.verdict.facts}
    assert facts["rows left out: a value is missing"] == "about 10%"
    totals = made.tables["by-place"].filter(pl.all_horizontal(pl.col("place", "sex") == "Total"))
    assert totals["count"].to_list() == [4_000]


def test_without_the_rule_an_empty_value_is_refused() -> None:
    with pytest.raises(DisclosureFault, match="column band, row 1: is empty"):
        run(PLAN, absent())


def test_those_without_an_outcome_do_not_hide_that_all_others_have_the_same() -> None:
    frame = pl.DataFrame(
        {
            "school": ["s1"] * 60 + ["s2"] * 60 + ["s3"] * 60,
            "right": ["NA"] * 20 + ["yes"] * 40 + (["yes"] * 25 + ["no"] * 20 + ["NA"] * 15) * 2,
        }
    )
    right = Dimension.flat("right")
    system = build(frame, [TableSpec((Dimension.flat("school"), right), outcome="right")])
    protected = protect(system, Policy())
    hidden = {system.name(int(cell)) for cell in np.flatnonzero(protected.hidden)}
    assert {"school=s1, right=yes", "school=s1, right=no"} <= hidden
    assert protected.audit.passed


@pytest.mark.parametrize(
    "way",
    [
        ('quasi = ["departement"', 'quasi = ["school", "departement"'),
        ('by = ["place", "sex"]', 'by = ["school"]'),
        ('place = ["academie", "departement"]', 'place = ["academie", "school"]'),
        ('columns = ["departement", "academie"]', 'columns = ["departement", "school"]'),
        ('by = ["sex"]\ndomain = {', 'by = ["school"]\ndomain = { school = ["s"],'),
    ],
)
def test_a_school_is_shown_nowhere(way: tuple[str, str]) -> None:
    assert way[0] in DROPPING
    with pytest.raises(DisclosureFault, match="column school: names whom"):
        run(DROPPING.replace(*way), absent())


def test_what_goes_along_as_it_stands_is_measured_like_a_quasi_identifier() -> None:
    frame = pupils().with_columns(street=(pl.int_range(4_000) // 2).cast(pl.String))
    made = run(PLAN.replace('tier = "research"', 'tier = "research"\nkeep = ["street"]'), frame)
    failed = {check.promise: check for check in made.verdict.failed}
    assert failed["re-identification, every quasi-identifier known"].found == "50.0%" or (
        failed["k-anonymity"].found in ("k = 1", "k = 2")
    )
    assert "coarsen street" in failed["k-anonymity"].advice


def test_two_research_files_of_the_same_persons_can_be_crossed() -> None:
    second = PLAN.split("[[files]]")[1].split("[[private]]")[0].replace("research", "other", 1)
    made = run(PLAN + "\n[[files]]" + second)
    failed = [check for check in made.verdict.failed if "only research file" in check.promise]
    assert [check.part for check in failed] == ["research", "other"]


def test_units_are_counted_and_protected_like_persons() -> None:
    frame = pupils().with_columns(
        school=pl.concat_str("departement", pl.lit("-"), "type", (pl.int_range(4_000) % 9))
    )
    table = '\n[[tables]]\nname = "schools"\nby = ["place", "type"]\nunit = "school"\n'
    made = run(DROPPING + table, frame)
    shown = made.tables["schools"]
    total = shown.filter(pl.all_horizontal(pl.col("place", "type") == "Total"))["count"][0]
    assert total == frame["school"].n_unique()
    assert shown.filter(pl.col("count") < 11).is_empty()
    split = frame.with_columns(school=pl.lit("one"))
    with pytest.raises(DisclosureFault, match="differs within one school"):
        run(DROPPING + table, split)


def test_a_plan_may_ask_for_pupils_and_scores() -> None:
    made = run(PLAN.replace('tier = "research"', 'tier = "research"\nshape = "pupils-and-scores"'))
    shown = frames_of(made)
    persons, scores = shown["research"], shown["research-scores"]
    assert scores.columns == ["row", "domain", "band"]
    assert persons.columns == ["row", "departement", "birth", "sex", "type"]
    assert sorted(scores["row"]) == sorted(persons["row"]) == list(range(1, persons.height + 1))
    back = persons.join(scores, on="row")["band"].cast(pl.Int64)
    assert back.equals(made.files["research"].frame["band"])


def test_a_method_that_does_nothing_and_says_it_did_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def idle(frame: pl.DataFrame, _file: object, declared: list[object]) -> object:
        return frame.with_columns(pl.col(h.column).cast(pl.String) for h in declared), ()  # type: ignore[attr-defined]

    monkeypatch.setattr(files, "_generalised", idle)
    failed = {check.promise for check in run().verdict.failed}
    assert {"k-anonymity", "re-identification, every quasi-identifier known"} <= failed


def test_the_attacks_know_no_method() -> None:
    held = {getattr(value, "__module__", "") or "" for value in vars(attacks).values()}
    assert not [name for name in held if name.endswith((".lattice", ".mondrian", ".perturbation"))]


def test_every_promise_of_the_report_is_said_in_french_too() -> None:
    secure = PLAN.replace('tier = "research"', 'tier = "secure"\nsample = 0.4\nk = 5')
    for made in (run(), run(secure)):
        for check in made.verdict.checks:
            assert is_known(check.promise), check.promise
            assert check_words(check.promise, "en") == check.promise
            assert not any(
                word in value_words(check.found, "fr") for word in ("cells", "others", "left")
            )


def test_the_report_runs_nothing_and_fetches_nothing() -> None:
    from tests.disclosure.release.records import record_of

    page = to_html(report(record_of(run()), (), "fr"))
    for forbidden in ("<script", "style=", "http:", "https:", "@import", "url(", "onload"):
        assert forbidden not in page
    assert "style-src &#x27;sha256-" in page
    assert 'lang="fr"' in page
    assert "k-anonymat" in page
    assert page.count('<svg role="img" aria-label=') == page.count("<svg")
