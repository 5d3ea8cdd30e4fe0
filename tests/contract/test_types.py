"""What crosses is closed: an unknown field, a free text or a wrong shape does not pass."""

import msgspec
import pytest

from ardoise.contract import kit, limits, orders, problems, sheet, sitting

SEAT = {
    "number": "123456789",
    "role": "pupil",
    "login": "AAAA",
    "group": "0123456789abcdef",
    "parts": [],
}


def test_a_seat_has_no_room_for_a_name() -> None:
    msgspec.convert(SEAT, kit.Seat)
    for extra in ("name", "notes", "class", "school"):
        with pytest.raises(msgspec.ValidationError, match="unknown field"):
            msgspec.convert({**SEAT, extra: "x"}, kit.Seat)
    for field, value in (("number", "Zoé"), ("group", "6e A"), ("role", "head")):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({**SEAT, field: value}, kit.Seat)


def test_every_order_says_what_it_is_and_round_trips() -> None:
    order = orders.Extend(id="0" * 16, campaign="cp-2026", closes_ms=5)
    assert msgspec.json.decode(msgspec.json.encode(order), type=orders.Order) == order
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(
            b'{"order":"rename","id":"0000000000000000","campaign":"cp-2026"}', type=orders.Order
        )


def test_every_problem_has_its_status() -> None:
    assert set(problems.STATUS) == set(problems.Kind.__args__)  # type: ignore[attr-defined]
    assert all(400 <= status < 600 for status in problems.STATUS.values())


def test_a_login_token_is_32_bytes_in_base64url() -> None:
    good = {"campaign": "cp-2026", "number": "123456789", "token": "A" * 43}
    msgspec.convert(good, sitting.Login)
    for change in ({"token": "A" * 42}, {"token": "+" * 43}, {"campaign": "CP 2026"}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({**good, **change}, sitting.Login)


@pytest.mark.parametrize(
    ("size", "fits"),
    [(1024 + 28, True), (2048 + 28, True), (28, False), (0, False), (1024, False), (10**9, False)],
)
def test_a_sealed_length_is_whole_kib_and_the_overhead(size: int, fits: bool) -> None:
    assert limits.is_sealed_length(size, limits.SHEET) is fits


def test_a_sheet_is_decoded_strictly() -> None:
    good = (
        b'{"format":"ardoise-sheet/1","campaign":"cp-2026","number":"123456789","part":"maths",'
        b'"version":1,"writer":"pupil","position":null,"visited":["i1"],'
        b'"responses":{"i1":{"r1":["c2"]}},"seconds":{"i1":2.5}}'
    )
    assert sheet.decode(good).responses["i1"]["r1"] == ("c2",)
    for bad in (good.replace(b"sheet/1", b"sheet/3"), good[:-1], good.replace(b'"i1"', b'"<i1>"')):
        with pytest.raises(msgspec.DecodeError):
            sheet.decode(bad)


@pytest.mark.parametrize("name", ["<i1>", "", "1i", "i" * 33, "i1\n", "é"])
@pytest.mark.parametrize(
    "named",
    [
        {"position": "NAME"},
        {"visited": ["i1", "NAME"]},
        {"responses": {"NAME": {"r1": []}}},
        {"responses": {"i1": {"NAME": []}}},
        {"seconds": {"NAME": 1.0}},
        {"flags": ["NAME"]},
        {"absent": ["NAME"]},
    ],
)
def test_every_name_in_a_sheet_is_one_that_a_booklet_could_have(
    named: dict[str, object], name: str
) -> None:
    plain = {
        "format": "ardoise-sheet/2", "campaign": "cp-2026", "number": "123456789", "part": "maths",
        "version": 1, "writer": "pupil", "position": None, "visited": [], "responses": {},
        "seconds": {},
    }  # fmt: skip
    encoded = msgspec.json.encode(plain | named)
    assert sheet.decode(encoded.replace(b'"NAME"', b'"i_9-Z"'))
    with pytest.raises(msgspec.ValidationError):
        sheet.decode(encoded.replace(b'"NAME"', msgspec.json.encode(name)))
