"""Seats over the wire: logging in, opening, saving, what is kept and what is not."""

import base64
from collections.abc import Callable

import msgspec
import pytest
import urllib3

from ardoise.contract import limits, orders
from ardoise.contract.kit import Part
from ardoise.contract.problems import Problem
from ardoise.contract.sitting import Campaigns, Login
from ardoise.demo.client import SeatClient, SeatRefusal
from ardoise.seal import codes, numbers, randomness
from tests.delivery.kits import Campaign, make_sheet
from tests.delivery.running import RunningDelivery

STORES = ("file", "postgres")

Install = Callable[..., Campaign]


def sitting(delivery: RunningDelivery, campaign: Campaign, pupil: int = 0) -> SeatClient:
    """A pupil that logged in and opened its part."""
    client = delivery.client(campaign, campaign.pupils[pupil])
    client.log_in()
    client.open_part("francais")
    return client


def refused(call: Callable[[], object]) -> SeatRefusal:
    with pytest.raises(SeatRefusal) as caught:
        call()
    return caught.value


def strays(delivery: RunningDelivery, campaign: Campaign) -> list[tuple[str | None, int]]:
    records = delivery.authority().returns(campaign.name)
    return [(record.stray, record.version) for record, _ in records if record.stray]


def sheet_of(client: SeatClient, campaign: Campaign, version: int, text: str = "42"):  # type: ignore[no-untyped-def]
    return make_sheet(campaign, client.number, "francais", version, text=text)


def test_a_pupil_sits_and_goes_on_at_another_machine(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    first = sitting(delivery, campaign)
    assert first.booklet(first.open_part("francais")).items[0].id == "i1"
    first.save(sheet_of(first, campaign, 1, "quarante"))
    second = sitting(delivery, campaign)
    loaded = second.load("francais")
    assert loaded is not None
    assert loaded.sheet.responses["i1"]["r1"] == ("quarante",)
    saved = second.save(sheet_of(second, campaign, 2, "42"), base=loaded.version)
    assert saved.version == 2
    assert strays(delivery, campaign) == [("replaced", 1)]


def test_a_second_login_supersedes_the_first_and_keeps_what_it_sends(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    first = sitting(delivery, campaign)
    first.save(sheet_of(first, campaign, 1))
    sitting(delivery, campaign)
    for call in (first.refresh, lambda: first.load("francais")):
        assert refused(call).problem.problem == "superseded"
    refusal = refused(lambda: first.save(sheet_of(first, campaign, 2)))
    assert (refusal.status, refusal.problem.problem, refusal.problem.kept) == (
        409,
        "superseded",
        True,
    )
    assert strays(delivery, campaign) == [("superseded", 2)]


def test_a_stray_that_is_sent_again_is_kept_once(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    first = sitting(delivery, campaign)
    sitting(delivery, campaign)
    sheet = sheet_of(first, campaign, 1)
    sealed = first.seal(sheet)
    for _ in range(3):
        assert refused(lambda: first.put(sealed, sheet)).problem.kept
    assert strays(delivery, campaign) == [("superseded", 1)]


def test_the_same_bytes_again_are_acknowledged_alike(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    client = sitting(delivery, campaign)
    sheet = sheet_of(client, campaign, 1)
    sealed = client.seal(sheet)
    first, second = client.put(sealed, sheet), client.put(sealed, sheet)
    assert (first.seq, first.version) == (second.seq, second.version)
    again = client.save(sheet_of(client, campaign, 3), base=1)
    older = client.save(sheet_of(client, campaign, 2), base=1)
    assert (older.seq, older.version) == (again.seq, 3)
    assert strays(delivery, campaign) == []


def test_a_device_that_did_not_see_the_stored_sheet_is_told_to_load_it(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    first = sitting(delivery, campaign)
    first.save(sheet_of(first, campaign, 5))
    second = sitting(delivery, campaign)
    refusal = refused(lambda: second.save(sheet_of(second, campaign, 6)))
    assert (refusal.status, refusal.problem.problem, refusal.problem.kept) == (
        409,
        "conflict",
        True,
    )
    assert strays(delivery, campaign) == [("conflict", 6)]


def test_a_leftover_sheet_of_an_earlier_session_never_takes_the_newer_ones_place(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    first = sitting(delivery, campaign)
    first.save(sheet_of(first, campaign, 1, "un"))
    leftover = sheet_of(first, campaign, 9, "jamais envoyé")
    sealed = first.seal(leftover)
    second = sitting(delivery, campaign)
    second.save(sheet_of(second, campaign, 2, "deux"), base=1)
    for _ in range(2):
        refusal = refused(lambda: second.put(sealed, leftover, base=1, stray=True))
        assert (refusal.status, refusal.problem.problem, refusal.problem.kept) == (
            409,
            "conflict",
            True,
        )
    assert strays(delivery, campaign) == [("replaced", 1), ("conflict", 9)]
    loaded = second.load("francais")
    assert loaded is not None
    assert loaded.sheet.responses["i1"]["r1"] == ("deux",)
    assert second.save(sheet_of(second, campaign, 3), base=2).version == 3


def test_a_leftover_sheet_that_did_arrive_is_acknowledged_and_no_stray(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    first = sitting(delivery, campaign)
    sheet = sheet_of(first, campaign, 1)
    sealed = first.seal(sheet)
    first.put(sealed, sheet)
    second = sitting(delivery, campaign)
    assert second.put(sealed, sheet, stray=True).version == 1
    assert strays(delivery, campaign) == []


def test_what_is_kept_is_kept_once_in_whatever_session_it_comes_again(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    first = sitting(delivery, campaign)
    sheet = sheet_of(first, campaign, 4)
    sealed = first.seal(sheet)
    second = sitting(delivery, campaign)
    assert refused(lambda: first.put(sealed, sheet)).problem.kept
    assert refused(lambda: second.put(sealed, sheet, stray=True)).problem.kept
    assert strays(delivery, campaign) == [("superseded", 4)]


def test_campaigns_are_listed_until_they_are_purged(
    delivery: RunningDelivery, installed: Install
) -> None:
    def listed() -> tuple[str, ...]:
        answer = urllib3.request("GET", f"{delivery.url}/v1/campaigns", retries=False)
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
        return msgspec.json.decode(answer.data, type=Campaigns).campaigns

    one, other = installed(), installed(closes_ms=1, opens_ms=0)
    assert {one.name, other.name} <= set(listed())
    assert list(listed()) == sorted(listed())
    delivery.authority().order(orders.Purge(randomness.reference(), other.name))
    assert one.name in listed()
    assert other.name not in listed()


def test_the_window_closes_under_a_pupils_hands(
    delivery: RunningDelivery, installed: Install
) -> None:
    campaign = installed(parts=(Part("francais", "pupil", 50, 0),))
    client = sitting(delivery, campaign)
    client.save(sheet_of(client, campaign, 1))
    done = delivery.authority().order(orders.Close(randomness.reference(), campaign.name))
    assert done.state == "closed"
    refusal = refused(lambda: client.save(sheet_of(client, campaign, 2), base=1))
    assert (refusal.status, refusal.problem.problem, refusal.problem.kept) == (410, "late", True)
    assert strays(delivery, campaign) == [("late", 2)]
    assert client.refresh().state == "closed"
    assert client.open_part("francais").state.version == 1
    other = delivery.client(campaign, campaign.pupils[1])
    other.log_in()
    assert refused(lambda: other.open_part("francais")).problem.problem == "late"


def test_before_the_window_a_pupil_logs_in_and_waits(
    delivery: RunningDelivery, installed: Install
) -> None:
    campaign = installed(opens_ms=1 << 50, closes_ms=1 << 51)
    client = delivery.client(campaign, campaign.pupils[0])
    assert client.log_in().state == "waiting"
    refusal = refused(lambda: client.open_part("francais"))
    assert (refusal.status, refusal.problem.problem) == (425, "waiting")
    assert (
        delivery.authority().order(orders.Open(randomness.reference(), campaign.name)).state
        == "open"
    )
    client.open_part("francais")
    assert client.save(sheet_of(client, campaign, 1)).version == 1


def test_the_clock_starts_once_and_follows_the_seats_factor(
    delivery: RunningDelivery, installed: Install
) -> None:
    campaign = installed(time_percent=133, closes_ms=1 << 50)
    client = sitting(delivery, campaign)
    first = client.open_part("francais").state
    assert first.minutes == 67
    assert first.opened_ms is not None
    assert first.deadline_ms == first.opened_ms + 67 * 60_000
    client.log_in()
    assert client.open_part("francais").state == first


def test_granted_time_moves_the_deadline_of_that_seat_alone(
    delivery: RunningDelivery, installed: Install
) -> None:
    campaign = installed(closes_ms=1 << 50)
    one, other = sitting(delivery, campaign, 0), sitting(delivery, campaign, 1)
    before, untouched = one.refresh().parts[0], other.refresh().parts[0]
    grant = orders.GrantTime(randomness.reference(), campaign.name, one.number, 600)
    delivery.authority().order(grant)
    delivery.authority().order(grant)
    assert before.deadline_ms is not None
    assert one.refresh().parts[0].deadline_ms == before.deadline_ms + 600_000
    assert other.refresh().parts[0] == untouched


def test_a_voided_card_ends_its_session_and_looks_like_an_unknown_one(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    client = sitting(delivery, campaign)
    client.save(sheet_of(client, campaign, 1))
    delivery.authority().order(
        orders.VoidSeat(randomness.reference(), campaign.name, client.number)
    )
    refusal = refused(lambda: client.save(sheet_of(client, campaign, 2), base=1))
    assert (refusal.status, refusal.problem.problem, refusal.problem.kept) == (
        401,
        "unknown-seat",
        True,
    )
    assert strays(delivery, campaign) == [("voided", 2)]
    assert refused(client.refresh).problem.problem == "unknown-seat"
    assert refused(client.log_in).problem.problem == "unknown-seat"
    kept = [r.version for r, _ in delivery.authority().returns(campaign.name) if not r.stray]
    assert kept == [1]


def test_unknown_number_wrong_code_and_voided_seat_answer_alike(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    voided, wrong = campaign.pupils[:2]
    delivery.authority().order(
        orders.VoidSeat(randomness.reference(), campaign.name, voided.number)
    )
    tries = [(voided.number, voided.code), (wrong.number, codes.draw()), (numbers.draw(), "0" * 12)]
    answers = []
    for number, code in tries:
        client = SeatClient(delivery.url, campaign=campaign.name, number=number, code=code)
        refusal = refused(client.log_in)
        answers.append((refusal.status, msgspec.structs.replace(refusal.problem, now_ms=0)))
    elsewhere = SeatClient(delivery.url, campaign="ailleurs", number=wrong.number, code=wrong.code)
    refusal = refused(elsewhere.log_in)
    answers.append((refusal.status, msgspec.structs.replace(refusal.problem, now_ms=0)))
    assert answers == [(401, Problem("unknown-seat", now_ms=0))] * 4


def test_logins_are_slowed_down_whether_or_not_the_number_exists(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    for number in (campaign.pupils[0].number, numbers.draw()):
        client = SeatClient(delivery.url, campaign=campaign.name, number=number, code=codes.draw())
        kinds = [refused(client.log_in).problem for _ in range(6)]
        assert [kind.problem for kind in kinds] == ["unknown-seat"] * 5 + ["slow-down"]
        assert kinds[-1].retry_ms is not None
        assert 0 < kinds[-1].retry_ms <= 1_000


def test_a_seat_that_saves_too_fast_is_asked_to_slow_down(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    client = sitting(delivery, campaign)
    sheet = sheet_of(client, campaign, 1)
    sealed = client.seal(sheet)

    def flood() -> None:
        for _ in range(400):
            client.put(sealed, sheet)

    refusal = refused(flood)
    assert (refusal.status, refusal.problem.problem) == (429, "slow-down")
    assert refusal.problem.retry_ms


def test_a_teacher_keys_its_own_group_and_nobody_elses(
    delivery: RunningDelivery, installed: Install
) -> None:
    campaign = installed(groups=2, pupils=2)
    teacher = delivery.client(campaign, campaign.teachers[0])
    assert teacher.log_in().role == "teacher"
    group = teacher.group()
    mine = {card.number for card in campaign.pupils if card.group == group.group}
    assert {pupil.number for pupil in group.pupils} == mine
    teacher.open_part("dictee")
    number = group.pupils[0].number
    teacher.save(make_sheet(campaign, number, "dictee", 1, text="juste"))
    loaded = teacher.load("dictee", number)
    assert loaded is not None
    assert loaded.sheet.responses["i1"]["r1"] == ("juste",)
    stranger = next(card.number for card in campaign.pupils if card.group != group.group)
    for call in (
        lambda: teacher.save(make_sheet(campaign, stranger, "dictee", 1)),
        lambda: teacher.load("dictee", stranger),
        lambda: teacher.load("francais", number),
        lambda: teacher.open_part("francais"),
    ):
        assert refused(call).problem.problem == "not-yours"
    state = {pupil.number: pupil for pupil in teacher.group().pupils}[number]
    assert {part.part: part.version for part in state.parts} == {"francais": 0, "dictee": 1}


def test_two_teachers_of_a_group_go_on_from_each_others_sheets(
    delivery: RunningDelivery, installed: Install
) -> None:
    campaign = installed(teachers=2)
    one, other = (delivery.client(campaign, card) for card in campaign.teachers)
    number = campaign.pupils[0].number
    one.log_in()
    other.log_in()
    one.save(make_sheet(campaign, number, "dictee", 1))
    conflict = refused(lambda: other.save(make_sheet(campaign, number, "dictee", 2)))
    assert conflict.problem.problem == "conflict"
    loaded = other.load("dictee", number)
    assert loaded is not None
    assert other.save(make_sheet(campaign, number, "dictee", 2), base=1).version == 2


def test_a_pupil_cannot_reach_beyond_its_seat(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    client = delivery.client(campaign, campaign.pupils[0])
    client.log_in()
    other = campaign.pupils[1].number
    for call in (
        client.group,
        lambda: client.load("francais", other),
        lambda: client.open_part("dictee"),
        lambda: client.open_part("absent"),
        # Not opened yet.
        lambda: client.save(sheet_of(client, campaign, 1)),
    ):
        refusal = refused(call)
        assert (refusal.status, refusal.problem.problem) == (403, "not-yours")
        assert not refusal.problem.kept
    assert delivery.authority().returns(campaign.name) == []


def test_without_a_session_there_is_nothing_to_see(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    client = sitting(delivery, campaign)
    assert client.state is not None
    good = client.state.session
    for session in ("", "x", good[:-4] + "AAAA", base64.b64encode(bytes(60)).decode()):
        client.state = msgspec.structs.replace(client.state, session=session)
        for call in (client.refresh, lambda: client.save(sheet_of(client, campaign, 1))):
            refusal = refused(call)
            assert (refusal.status, refusal.problem.problem) == (401, "no-session")


def test_a_blob_is_cached_for_ever_and_a_chunk_is_never_served(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    pool = urllib3.PoolManager(retries=False)
    booklet = campaign.booklet_digests["francais"]
    answer = pool.request("GET", f"{delivery.url}/v1/blobs/{booklet}")
    assert answer.data == campaign.contents[booklet]
    assert "immutable" in answer.headers["Cache-Control"]
    again = pool.request(
        "GET",
        f"{delivery.url}/v1/blobs/{booklet}",
        headers={"If-None-Match": answer.headers["ETag"]},
    )
    assert (again.status, again.data) == (304, b"")
    head = pool.request("HEAD", f"{delivery.url}/v1/blobs/{booklet}")
    assert int(head.headers["Content-Length"]) == len(answer.data)
    chunk = campaign.manifest.chunks[0].sha256
    sent = campaign.chunk([campaign.pupils[0]])
    delivery.authority().put(sent[0].sha256, sent[1])
    for digest in (chunk, sent[0].sha256, "0" * 64, "xyz", "../keys.json"):
        assert pool.request("GET", f"{delivery.url}/v1/blobs/{digest}").status == 404


def test_a_sheet_has_the_length_of_something_sealed(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    client = sitting(delivery, campaign)
    sheet = sheet_of(client, campaign, 1)
    for size in (0, 1, 1023, 1024, 1053, limits.SHEET - 1):
        refusal = refused(lambda size=size: client.put(bytes(size), sheet))  # type: ignore[misc]
        assert (refusal.status, refusal.problem.problem) == (400, "malformed")
    refusal = refused(lambda: client.put(bytes(limits.SHEET + 1024), sheet))
    assert (refusal.status, refusal.problem.problem) == (413, "too-large")
    assert client.put(bytes(limits.SHEET), sheet).version == 1


def test_a_login_token_is_the_code_and_not_its_digest(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    client = delivery.client(campaign, campaign.pupils[0])
    stored = campaign.seat(campaign.pupils[0]).login
    token = base64.urlsafe_b64encode(stored).rstrip(b"=").decode()
    body = msgspec.json.encode(Login(campaign.name, client.number, token))
    refusal = refused(
        lambda: client.request("POST", "/v1/login", body=body, media_type="application/json")
    )
    assert refusal.problem.problem == "unknown-seat"
