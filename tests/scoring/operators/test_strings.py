"""Strings and the regular expressions of XML Schema."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.scoring.operators.patterns import PatternFault, compile_pattern
from tests.scoring.expressions import call, of, refusal, result


@pytest.mark.parametrize(
    ("one", "other", "attributes", "expected"),
    [
        ("Oui", "Oui", {}, True), ("Oui", "oui", {}, False),
        ("Oui", "oui", {"case_sensitive": "false"}, True),
        ("STRASSE", "straße", {"case_sensitive": "false"}, True),
        ("deux mots", "mots", {}, False), ("deux mots", "mots", {"substring": "true"}, True),
        ("mots", "deux mots", {"substring": "true"}, False),
        ("deux MOTS", "mots", {"substring": "true"}, False),
        ("deux MOTS", "mots", {"substring": "true", "case_sensitive": "false"}, True),
        (None, "a", {}, None), ("a", None, {}, None), ("", "a", {}, None),
        (of("identifier", "a"), "a", {}, True),
    ],
)  # fmt: skip
def test_string_match(
    one: object, other: object, attributes: dict[str, str], expected: bool | None
) -> None:
    assert result(call("string-match", one, other, **attributes)) is expected


@pytest.mark.parametrize(
    ("part", "whole", "sensitive", "expected"),
    [
        ("mots", "deux mots", "true", True), ("deux mots", "mots", "true", False),
        ("MOTS", "deux mots", "true", False), ("MOTS", "deux mots", "false", True),
        ("mots", "deux MOTS", "false", True), ("a", "a", "true", True),
        (None, "a", "true", None), ("a", None, "true", None),
    ],
)  # fmt: skip
def test_substring(part: object, whole: object, sensitive: str, expected: bool | None) -> None:
    assert result(call("substring", part, whole, case_sensitive=sensitive)) is expected


def test_substring_minds_case_unless_told_otherwise() -> None:
    assert result(call("substring", "MOTS", "deux mots")) is False


@pytest.mark.parametrize("name", ["string-match", "substring"])
def test_strings_are_single_texts(name: str) -> None:
    assert "takes identifier or int-or-identifier or string or uri" in refusal(call(name, 1, "a"))
    assert "takes single values" in refusal(call(name, "a", ("a",)))
    assert "must be true or false" in refusal(call(name, "a", "b", case_sensitive="no"))


def test_a_record_s_field_counts_if_it_is_a_text() -> None:
    field = call("field-value", call("variable", identifier="R"), field_identifier="x")
    for value, expected in (("a", True), (1, None)):
        record = ("response", "record", None, {"x": value})
        assert result(call("string-match", field, "a"), R=record) is expected


def test_a_pattern_fits_the_whole_text() -> None:
    assert result(call("pattern-match", "abc", pattern="[a-c]+")) is True
    assert result(call("pattern-match", "abcd", pattern="[a-c]+")) is False
    assert result(call("pattern-match", None, pattern="a")) is None
    assert "takes identifier" in refusal(call("pattern-match", 1, pattern="1"))
    assert "the pattern '(a' ends too early" in refusal(call("pattern-match", "a", pattern="(a"))
    named = call("pattern-match", "a", pattern="{P}")
    message = refusal(named, P=("template", "single", "string", "a"))
    assert "takes its pattern from P" in message


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        ("a|bc", ["a", "bc"], ["abc", "b", ""]), ("", [""], ["a"]), ("a?", ["", "a"], ["aa"]),
        ("a*b", ["b", "aaab"], ["a", "ba"]), ("(ab)+", ["ab", "abab"], ["", "aba"]),
        ("a{2}", ["aa"], ["a", "aaa"]), ("a{2,}", ["aa", "aaaa"], ["a"]),
        ("a{1,3}", ["a", "aaa"], ["", "aaaa"]), ("a{0}", [""], ["a"]), ("a{0,1}b", ["b", "ab"], []),
        (".", ["x", "é", "\t"], ["", "\n", "\r", "xy"]), ("[^a-c]", ["d"], ["a", "b", ""]),
        ("[a-z-[aeiou]]+", ["xyz"], ["xay"]), ("[\\d,]+", ["1,5"], ["1.5"]),
        ("[a\\-z]", ["-", "a", "z"], ["b"]), ("[a-]", ["a", "-"], ["b"]), ("[]a]", ["]", "a"], []),
        ("\\d+", ["12", "٣"], ["a", "½"]), ("\\D", ["a"], ["1"]), ("\\s", [" ", "\n"], ["\u00a0"]),
        ("\\S+", ["ab"], ["a b"]), ("\\w+", ["été1", "+"], ["a b", "a-b"]), ("\\W", ["-"], ["a"]),
        ("\\p{Lu}\\p{L}*", ["Été", "A"], ["été"]), ("\\P{L}", ["1"], ["a"]),
        ("\\i\\c*", ["_a-1", "a:b"], ["1a", "-"]), ("\\I", ["1"], ["a"]), ("\\C", ["!"], ["a"]),
        ("\\.", ["."], ["a"]), ("\\\\", ["\\"], ["\\\\"]), ("\\n\\t\\r", ["\n\t\r"], ["ntr"]),
        ("^a$", ["^a$"], ["a"]), ("(?:ab)c", ["abc"], ["ab"]), ("((a|b)c)*", ["", "acbc"], ["ab"]),
        ("a||b", ["", "a", "b"], ["ab"]), ("[\\t]", ["\t"], ["t"]), ("[+-]?[0-9]+", ["-12"], ["-"]),
        ("[\\P{Lu}]", ["a"], ["A"]), ("[!-\\]]", ["A", "]"], ["a"]), ("[\\t-\\n]", ["\t"], ["t"]),
        ("[a-a]", ["a"], ["b"]),
        ("[^b]", ["[", "^"], ["b"]), ("a{1000}", ["a" * 1000], ["a" * 999]),
        ("[^ab]c", ["cc"], ["ac"]),
        ("[+-]", ["+", "-"], [","]),
        ("[a-z-[m]]" * 55, [], ["m"]), ("\\p{L}", ["X"], ["!"]),
        ("\\p{IsGreek}+", ["Αλφα"], ["Alpha"]), ("\\p{IsGreekandCoptic}", ["α"], ["a"]),
        ("\\P{IsBasicLatin}", ["é"], ["e"]), ("\\p{IsLatin-1Supplement}", ["é"], ["œ"]),
        ("[\\p{L}-[\\p{IsBasicLatin}]]+", ["éœ"], ["e"]), ("\\i\\c", ["e\u0301"], ["\u0301e"]),
        ("\\p{IsSpecials}", ["\ufeff", "\ufffc"], ["\uff00"]),
        ("[\\p{Lu}1]", ["A", "1"], ["a"]), ("(a+)+b", ["aab"], ["aa"]),
    ],
)  # fmt: skip
def test_patterns(pattern: str, fits: list[str], fails: list[str]) -> None:
    matches = compile_pattern(pattern)
    assert [text for text in fits if not matches(text)] == []
    assert [text for text in fails if matches(text)] == []


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a", "ends too early"), ("a)", "stray"), ("[a", "ends too early"), ("*a", "stray"),
        ("a{2", "quantity"), ("a{x}", "quantity"), ("a{2,x}", "quantity"), ("a{3,2}", "too often"),
        ("a{1001}", "too often"), ("a{1,1001}", "too often"), ("\\q", "escape"),
        ("\\", "too early"),
        ("\\p{IsKlingon}", "not known"), ("\\p{Greek}", "not known"),
        ("\\p{Xx}", "not known"), ("\\pL", "name of a property"), ("\\p{L", "name of a property"),
        ("[a-z-[m]x", "lacks a"),
        ("\\pL}", "name of a property"), ("[z-a]", "backwards"),
        ("a" * 2_001, "longer"),
        ("(" * 60 + ")" * 60, "deeply"), ("a{2}{3}", "stray"),
        ("((a{100}){100}){9}", "too often"), ("[a-" * 60, "deeply"), ("{", "stray"),
    ],
)  # fmt: skip
def test_patterns_that_are_none(pattern: str, reason: str) -> None:
    with pytest.raises(PatternFault, match=reason):
        compile_pattern(pattern)


def test_no_pattern_takes_more_than_linear_time() -> None:
    matches = compile_pattern("(a*)*(a|aa)+b")
    assert not matches("a" * 3_000)
    assert compile_pattern("a*")("a" * 20_000)


_PIECES = st.sampled_from(["a", "b", "[ab]", "[^a]", "(a|b)", "(ab)", ".", "(a|bb)"])
_SIGNS = st.sampled_from(["", "?", "*", "+", "{2}", "{1,2}", "{0,2}", "{1,}"])


@given(
    st.lists(st.tuples(_PIECES, _SIGNS), max_size=5),
    st.lists(st.text("abc", max_size=6), min_size=1, max_size=8),
)
def test_common_patterns_mean_what_python_s_mean(
    pieces: list[tuple[str, str]], texts: list[str]
) -> None:
    pattern = "".join(piece + sign for piece, sign in pieces)
    matches, other = compile_pattern(pattern), re.compile(pattern)
    for text in texts:
        assert matches(text) == bool(other.fullmatch(text))


def test_a_pattern_keeps_no_more_than_its_bound_and_still_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ardoise.scoring.operators.patterns.KEPT_LIMIT", 20)
    fits = compile_pattern("(a|b)*a(a|b){5}")
    plain = re.compile("(a|b)*a(a|b){5}")
    texts = [f"{n:020b}".replace("0", "a").replace("1", "b") for n in range(0, 1 << 20, 7_001)]
    assert [fits(text) for text in texts] == [bool(plain.fullmatch(text)) for text in texts]


def test_many_stars_take_one_walk_through_a_long_text() -> None:
    assert compile_pattern("(a*){1000}")("a" * 20_000) is True
    assert compile_pattern("(a*){1000}")("a" * 19_999 + "b") is False
