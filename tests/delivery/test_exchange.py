"""The authority's requests: kits, orders, returns; by wire and as files."""

import hashlib
import json
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ardoise.clock import system_milliseconds
from ardoise.contract import orders
from ardoise.contract.kit import Blob, KitUpload, Part
from ardoise.contract.returns import Reader
from ardoise.demo.client import SeatRefusal
from ardoise.seal import randomness, signing
from tests.delivery.authority_calls import AuthorityCalls, AuthorityRefusal
from tests.delivery.kits import Campaign, draw_card, make_kit, make_sheet, named
from tests.delivery.running import RunningDelivery

STORES = ("file", "postgres")

Install = Callable[..., Campaign]
BYTES = "application/octet-stream"


def refused(call: Callable[[], object]) -> AuthorityRefusal:
    with pytest.raises(AuthorityRefusal) as caught:
        call()
    return caught.value


def fresh(delivery: RunningDelivery, **wanted: object) -> Campaign:
    """A campaign that is not installed yet."""
    name = f"essai-{randomness.reference()}"
    return make_kit(name=name, signing_key=delivery.signing_key, **wanted)  # type: ignore[arg-type]


def send(authority: AuthorityCalls, campaign: Campaign) -> None:
    for sha256, content in campaign.contents.items():
        authority.put(sha256, content)


# -- signatures ------------------------------------------------------------------------------


def test_a_request_is_taken_once(delivery: RunningDelivery, campaign: Campaign) -> None:
    authority = delivery.authority()
    target = f"/v1/status?campaign={campaign.name}"
    headers = authority.signed("GET", target)
    authority.send("GET", target, headers=headers)
    for _ in range(2):
        refusal = refused(lambda: authority.send("GET", target, headers=headers))
        assert (refusal.status, refusal.problem.problem) == (401, "unsigned")


def test_a_request_is_not_taken_again_after_a_restart(tmp_path: Path) -> None:
    with RunningDelivery(tmp_path) as delivery:
        authority = delivery.authority()
        target = "/v1/status?campaign=essai-2026"
        headers = authority.signed("GET", target)
        assert refused(lambda: authority.send("GET", target, headers=headers)).status == 404
        delivery.kill()
        delivery.start()
        assert refused(lambda: authority.send("GET", target, headers=headers)).status == 401


def test_an_altered_request_is_refused(delivery: RunningDelivery, campaign: Campaign) -> None:
    authority = delivery.authority()
    order = msgspec.json.encode(orders.Close(randomness.reference(), campaign.name))
    headers = authority.signed("POST", "/v1/orders", order)
    later = {**headers, "ardoise-moment": str(int(headers["ardoise-moment"]) + 1)}
    renonced = {**headers, "ardoise-nonce": randomness.reference()}
    for method, target, body, sent in (
        ("POST", "/v1/orders", order + b" ", headers),
        ("POST", "/v1/orders?a=b", order, headers),
        ("POST", "/v1/kit", order, headers),
        ("PUT", f"/v1/kit/{hashlib.sha256(order).hexdigest()}", order, headers),
        ("POST", "/v1/orders", order, later),
        ("POST", "/v1/orders", order, renonced),
    ):
        with pytest.raises(AuthorityRefusal) as caught:
            authority.send(method, target, body, headers=sent)
        assert (caught.value.status, caught.value.problem.problem) == (401, "unsigned")
    assert authority.status(campaign.name).state == "open"


def test_another_authority_and_another_time_are_refused(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    stranger = AuthorityCalls(delivery.url, signing.new_key())
    assert refused(lambda: stranger.status(campaign.name)).problem.problem == "unsigned"
    authority = delivery.authority()
    target = f"/v1/status?campaign={campaign.name}"
    for skew_ms in (-130_000, 130_000):
        headers = authority.signed("GET", target, moment_ms=system_milliseconds() + skew_ms)
        refusal = refused(lambda h=headers: authority.send("GET", target, headers=h))  # type: ignore[misc]
        assert "clocks" in refusal.problem.detail


def test_what_was_signed_for_another_server_is_refused(tmp_path: Path) -> None:
    """A rehearsal's operator plays what they saw to the real server, whatever Host they write."""
    with RunningDelivery(tmp_path, options=("--name", "delivery.example")) as delivery:
        authority = delivery.authority()
        target = "/v1/status?campaign=essai-2026"
        for host in ("rehearsal.example", "delivery.example"):
            headers = authority.signed("GET", target, audience="rehearsal.example")
            played = {**headers, "Host": host}
            refusal = refused(lambda h=played: authority.send("GET", target, headers=h))  # type: ignore[misc]
            assert (refusal.status, refusal.problem.problem) == (401, "unsigned")
        headers = authority.signed("GET", target, audience="delivery.example")
        meant = {**headers, "Host": "Delivery.Example"}
        assert refused(lambda: authority.send("GET", target, headers=meant)).status == 404


@pytest.mark.parametrize(
    "name", ["ardoise-moment", "ardoise-nonce", "ardoise-digest", "ardoise-signature"]
)
@pytest.mark.parametrize("value", [None, "", "x", "-1", "é", "9" * 40, "A" * 88, "0" * 16])
def test_a_damaged_header_is_unsigned(
    delivery: RunningDelivery, name: str, value: str | None
) -> None:
    authority = delivery.authority()
    target = "/v1/status?campaign=essai-2026"
    headers = authority.signed("GET", target)
    if value is None:
        del headers[name]
    else:
        headers[name] = value.encode().decode("latin-1")
    assert refused(lambda: authority.send("GET", target, headers=headers)).status == 401


def test_strangers_are_turned_away_before_a_byte_of_their_bodies_is_taken(
    delivery: RunningDelivery,
) -> None:
    """They cannot hold the few places for large bodies, and a signature is good for one body."""
    target = "/v1/kit/" + "0" * 64
    stranger = AuthorityCalls(delivery.url, signing.new_key()).signed("PUT", target, b"x")
    unsigned: dict[str, str] = {}
    for headers in (stranger, unsigned):
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        with socket.create_connection(("127.0.0.1", delivery.port), timeout=20) as connection:
            head = f"PUT {target} HTTP/1.1\r\nHost: 127.0.0.1:{delivery.port}\r\n{lines}"
            connection.sendall(f"{head}Content-Length: 8000000\r\n\r\n".encode())
            assert connection.recv(65_536).startswith(b"HTTP/1.1 401 ")
    authority = delivery.authority()
    signed = authority.signed("PUT", target, b"x")
    other = {**signed, signing.DIGEST_HEADER: hashlib.sha256(b"y").hexdigest()}
    for body, headers in ((b"y", signed), (b"y", other), (b"x", other)):
        refusal = refused(lambda b=body, h=headers: authority.send("PUT", target, b, headers=h))  # type: ignore[misc]
        assert (refusal.status, refusal.problem.problem) == (401, "unsigned")


# -- kits ------------------------------------------------------------------------------------


def test_an_incomplete_kit_lists_what_is_missing_and_installs_nothing(
    delivery: RunningDelivery,
) -> None:
    authority, campaign = delivery.authority(), fresh(delivery)
    refusal = refused(lambda: authority.post_kit(campaign))
    assert (refusal.status, refusal.problem.problem) == (409, "incomplete")
    assert set(refusal.problem.detail.split()) == set(campaign.contents)
    first, *_ = campaign.contents
    authority.put(first, campaign.contents[first])
    refusal = refused(lambda: authority.post_kit(campaign))
    assert set(refusal.problem.detail.split()) == set(campaign.contents) - {first}
    assert refused(lambda: authority.status(campaign.name)).problem.problem == "absent"
    send(authority, campaign)
    assert authority.post_kit(campaign).seats == 4


def test_a_kit_may_be_sent_again_and_an_older_one_is_refused(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    authority = delivery.authority()
    assert authority.post_kit(campaign).serial == 1
    newer = campaign.changed(serial=2)
    assert authority.install(newer).serial == 2
    refusal = refused(lambda: authority.post_kit(campaign))
    assert (refusal.status, refusal.problem.problem) == (409, "older")


def test_a_kit_sent_again_does_not_undo_an_order(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    authority = delivery.authority()
    authority.order(orders.Close(randomness.reference(), campaign.name))
    authority.post_kit(campaign)
    assert authority.status(campaign.name).state == "closed"


def test_a_manifest_that_the_authority_did_not_sign_is_refused(delivery: RunningDelivery) -> None:
    authority, campaign = delivery.authority(), fresh(delivery)
    send(authority, campaign)
    altered = campaign.changed(closes_ms=1 << 50)
    for manifest, signature in (
        (altered.raw, campaign.signature),
        (campaign.raw, bytes(64)),
        (campaign.raw, signing.sign_document(signing.new_key(), "kit", campaign.raw)),
        (campaign.raw, signing.sign_document(delivery.signing_key, "other", campaign.raw)),
        (campaign.raw, b"short"),
    ):
        body = msgspec.json.encode(KitUpload(manifest, signature))
        refusal = refused(lambda b=body: authority.send("POST", "/v1/kit", b))  # type: ignore[misc]
        assert (refusal.status, refusal.problem.problem) == (401, "unsigned")
    assert refused(lambda: authority.status(campaign.name)).problem.problem == "absent"


def test_bytes_have_the_hash_in_their_path(delivery: RunningDelivery) -> None:
    authority = delivery.authority()
    digest = hashlib.sha256(b"these").hexdigest()
    for sha256, content in ((digest, b"others"), ("0" * 63, b"x"), ("A" * 64, b"x"), (digest, b"")):
        refusal = refused(lambda s=sha256, c=content: authority.put(s, c))  # type: ignore[misc]
        assert (refusal.status, refusal.problem.problem) == (400, "malformed")


def test_a_kit_with_a_fault_installs_nothing(delivery: RunningDelivery) -> None:
    authority = delivery.authority()
    good = fresh(delivery)
    send(authority, good)
    card = good.pupils[0]
    seat = good.seat(card)
    replace = msgspec.structs.replace

    def with_seats(*seats: object, name: str = good.name) -> Campaign:
        raw = msgspec.json.encode({"format": "ardoise-seats/1", "campaign": name, "seats": seats})
        chunk, content = named(raw)
        authority.put(chunk.sha256, content)
        return good.changed(chunks=(chunk,))

    wrong_check = card.number[:8] + str((int(card.number[8]) + 1) % 10)
    part = seat.parts[0]
    faulty = {
        "closes before": good.changed(opens_ms=good.manifest.closes_ms),
        "stands in the manifest twice": good.changed(parts=(Part("a", "pupil", 1),) * 2),
        "size that nothing sealed": good.changed(blobs=(Blob("0" * 64, 1000),)),
        "another campaign": with_seats(seat, name="ailleurs"),
        "check digit": with_seats(replace(seat, number=wrong_check)),
        "twice": with_seats(seat, seat),
        "32 bytes": with_seats(replace(seat, login=b"x")),
        "group key": with_seats(replace(seat, group_key=bytes(60))),
        "not in the manifest": with_seats(replace(seat, parts=(replace(part, part="z"),))),
        "booklet of part": with_seats(replace(seat, parts=(replace(part, booklet="0" * 64),))),
        "60 bytes": with_seats(replace(seat, parts=(replace(part, wrapped=b"x"),))),
        ">= 100": with_seats(replace(seat, time_percent=99)),
        "unknown field": with_seats({**msgspec.to_builtins(seat), "name": "Zoé"}),
    }
    for words, campaign in faulty.items():
        refusal = refused(lambda c=campaign: authority.post_kit(c))  # type: ignore[misc]
        assert (refusal.status, refusal.problem.problem) == (400, "malformed"), words
        assert words in refusal.problem.detail
        assert card.number not in refusal.problem.detail
    assert refused(lambda: authority.status(good.name)).problem.problem == "absent"
    assert authority.post_kit(good).seats == 4


# -- orders ----------------------------------------------------------------------------------


def test_an_order_is_carried_out_once_and_answered_alike(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    authority = delivery.authority()
    close = orders.Close(randomness.reference(), campaign.name)
    first = authority.order(close)
    extended = authority.order(
        orders.Extend(randomness.reference(), campaign.name, first.closes_ms + 600_000)
    )
    assert (first.state, extended.state) == ("closed", "open")
    assert authority.order(close) == first
    assert authority.status(campaign.name).state == "open"
    other = orders.Extend(close.id, campaign.name, first.closes_ms + 1)
    assert refused(lambda: authority.order(other)).problem.problem == "malformed"


def test_a_spare_seat_is_added_and_shown_once_it_is_used(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    authority = delivery.authority()
    spare = draw_card("pupil", campaign.pupils[0].group, spare=True)
    chunk, content = campaign.chunk([spare])
    order = orders.AddSeats(randomness.reference(), campaign.name, chunk.sha256)
    assert refused(lambda: authority.order(order)).problem.problem == "incomplete"
    authority.put(chunk.sha256, content)
    assert authority.order(order) == authority.order(order)
    assert authority.status(campaign.name).seats == 5
    teacher = delivery.client(campaign, campaign.teachers[0])
    teacher.log_in()
    assert spare.number not in {pupil.number for pupil in teacher.group().pupils}
    delivery.client(campaign, spare).log_in()
    assert spare.number in {pupil.number for pupil in teacher.group().pupils}


def test_orders_that_fit_nothing_are_refused(delivery: RunningDelivery, campaign: Campaign) -> None:
    authority = delivery.authority()
    reference, name = randomness.reference, campaign.name
    number = campaign.pupils[0].number
    for order, kind in (
        (orders.Close(reference(), "ailleurs"), "absent"),
        (orders.VoidSeat(reference(), name, draw_card("pupil", "").number), "absent"),
        (orders.GrantTime(reference(), name, number, 60), "absent"),
        (orders.Extend(reference(), name, 1), "malformed"),
        (orders.Purge(reference(), name), "open"),
    ):
        assert refused(lambda o=order: authority.order(o)).problem.problem == kind  # type: ignore[misc]


def test_after_a_purge_everybody_is_told_so(delivery: RunningDelivery, campaign: Campaign) -> None:
    authority = delivery.authority()
    client = delivery.client(campaign, campaign.pupils[0])
    client.log_in()
    client.open_part("francais")
    sheet = make_sheet(campaign, client.number, "francais", 1)
    client.save(sheet)
    authority.order(orders.Close(randomness.reference(), campaign.name))
    purge = orders.Purge(randomness.reference(), campaign.name)
    done = authority.order(purge)
    assert done.purged == orders.Purged(seats=4, sheets=1, strays=0, blobs=2)
    assert authority.order(purge) == done
    assert authority.status(campaign.name).state == "purged"
    for asked in (
        lambda: authority.page(campaign.name),
        lambda: authority.install(campaign.changed(serial=2)),
        lambda: authority.order(orders.Close(randomness.reference(), campaign.name)),
    ):
        refusal = refused(asked)
        assert (refusal.status, refusal.problem.problem) == (410, "purged")
    for call in (client.refresh, client.log_in, lambda: client.save(sheet)):
        with pytest.raises(SeatRefusal) as caught:
            call()
        assert caught.value.problem.problem in ("purged", "no-session")
    assert client.state is None


# -- returns ---------------------------------------------------------------------------------


def test_returns_come_in_order_in_pages_and_again_when_replaced(
    delivery: RunningDelivery, installed: Install
) -> None:
    campaign = installed(pupils=5)
    authority = delivery.authority()
    clients = [delivery.client(campaign, card) for card in campaign.pupils]
    for client in clients:
        client.log_in()
        client.open_part("francais")
        client.save(make_sheet(campaign, client.number, "francais", 1))
    records, end = authority.page(campaign.name, 0, 2)
    assert (len(records), end.more) == (2, True)
    everything = authority.returns(campaign.name, 2)
    assert [record.number for record, _ in everything] == [client.number for client in clients]
    last = everything[-1][0].seq
    assert authority.page(campaign.name, last)[1].last == last
    clients[0].save(make_sheet(campaign, clients[0].number, "francais", 2))
    again, end = authority.page(campaign.name, last)
    assert [(record.number, record.version) for record, _ in again] == [(clients[0].number, 2)]
    assert not end.more
    assert authority.status(campaign.name).last_seq == again[0][0].seq


@pytest.mark.parametrize(
    "query",
    ["campaign=", "campaign=a%20b", "after=1", "campaign=essai-2026&after=-1",
     "campaign=essai-2026&limit=0", "campaign=essai-2026&limit=5001", "campaign=a&campaign=b",
     "campaign=essai-2026&x=1", "campaign=essai-2026&after=" + "9" * 30],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_malformed(delivery: RunningDelivery, query: str) -> None:
    refusal = refused(lambda: delivery.authority().send("GET", f"/v1/returns?{query}"))
    assert (refusal.status, refusal.problem.problem) == (400, "malformed")


# -- files -----------------------------------------------------------------------------------


def test_an_air_gapped_site_takes_a_kit_and_gives_returns_as_files(tmp_path: Path) -> None:
    campaign = make_kit()
    delivery = RunningDelivery(tmp_path, campaign.signing_key)
    delivery.init()
    kit = tmp_path / "kit.zip"
    kit.write_bytes(campaign.zipped())
    assert "4 seats" in delivery.run("install-kit", kit).stdout
    with delivery:
        client = delivery.client(campaign, campaign.pupils[0])
        client.log_in()
        client.open_part("francais")
        client.save(make_sheet(campaign, client.number, "francais", 1))
    out = tmp_path / "returns.bin"
    delivery.run("returns", "--campaign", campaign.name, "--out", out)
    reader = Reader()
    records = list(reader.feed(out.read_bytes()))
    assert [record.number for record, _ in records] == [client.number]
    assert reader.finish().last == records[0][0].seq
    for order, state in (
        (orders.Close(randomness.reference(), campaign.name), "closed"),
        (orders.Purge(randomness.reference(), campaign.name), "purged"),
    ):
        raw = msgspec.json.encode(order)
        file = tmp_path / f"{state}.json"
        signature = signing.sign_document(campaign.signing_key, "order", raw)
        fields = {"format": "ardoise-order/1", "order": raw, "signature": signature}
        file.write_bytes(msgspec.json.encode(fields))
        assert json.loads(delivery.run("order", file).stdout)["state"] == state


def test_a_zip_that_is_no_kit_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    campaign = make_kit()
    delivery = RunningDelivery(tmp_path, campaign.signing_key)
    delivery.init()
    file = tmp_path / "kit.zip"

    def said(content: bytes) -> str:
        file.write_bytes(content)
        with pytest.raises(Exception, match="returned non-zero") as caught:
            delivery.run("install-kit", file)
        assert "Traceback" not in caught.value.stderr  # type: ignore[attr-defined]
        return str(caught.value.stderr)  # type: ignore[attr-defined]

    assert "zip" in said(b"no zip at all")
    stranger = make_kit(signing_key=signing.new_key())
    assert "unsigned" in said(stranger.zipped())
    file.write_bytes(campaign.zipped())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("blobs/../../../keys.json", b"x")
    assert "malformed" in said(file.read_bytes())
    file.write_bytes(campaign.zipped())
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("blobs/" + "0" * 64, bytes(50 << 20))
    assert "too-large" in said(file.read_bytes())
    assert not (tmp_path / "keys.json").exists()
