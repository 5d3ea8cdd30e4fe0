"""Every route, fuzzed from its description: no 5xx, and every answer is as it is described.

Cases come from schemathesis, valid and invalid ones. Most are then given a real session, real
names, or the authority's valid signature over exactly what is sent, so that nonsense also reaches
what lies behind those doors.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from ardoise.contract import description, limits
from ardoise.contract.description import ROUTES, Route
from ardoise.contract.problems import STATUS
from ardoise.seal import signing
from tests.delivery.authority_calls import AuthorityCalls
from tests.delivery.kits import Campaign, Card, make_kit
from tests.delivery.running import RunningDelivery

Case = schemathesis.Case[Any]
SCHEMA = schemathesis.openapi.from_dict(description.document())
CHECKS: list[Any] = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
EXAMPLES, NIGHTLY_EXAMPLES = 60, 3_000


def bounded(examples: int) -> settings:
    """The same cases in every run."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


@dataclass
class Inside:
    """What a stranger does not have."""

    url: str
    authority: AuthorityCalls
    hall: Campaign
    """Whose seats are logged in. No order is meant for it."""
    ordered: list[Campaign]
    """What orders are given for; some will be purged."""
    seats: list[tuple[str, Card, Card]]
    """Session, its seat, and a pupil it may save for (itself, or one of its group)."""
    tokens: dict[str, list[str]]
    """By number: the right login token, and a wrong one."""
    calls: requests.Session = field(default_factory=requests.Session)


@pytest.fixture(scope="module")
def inside(delivery: RunningDelivery) -> Iterator[Inside]:
    authority = delivery.authority()
    hall = make_kit(name="essai-salle", signing_key=delivery.signing_key, groups=12, pupils=10)
    ordered = [
        make_kit(name=f"essai-ordres-{place}", signing_key=delivery.signing_key)
        for place in range(8)
    ]
    for campaign in (hall, *ordered):
        authority.install(campaign)
    seats, tokens = [], {}
    # Rates are by seat, so there are many.
    for place, card in enumerate([*hall.pupils, *hall.teachers]):
        client = delivery.client(hall, card)
        pupil = next(each for each in hall.pupils if each.group == card.group)
        seats.append((client.log_in().session, card, card if card.role == "pupil" else pupil))
        right = base64.urlsafe_b64encode(client.keys.login_token()).decode().rstrip("=")
        tokens[card.number] = [right, "A" * 43]
        if card.role == "pupil" and place % 4:
            client.open_part("francais")
    found = Inside(delivery.url, authority, hall, ordered, seats, tokens)
    with found.calls:
        yield found
    assert delivery.process is not None
    assert delivery.process.poll() is None
    _saves_are_still_acknowledged(delivery, hall)


def _saves_are_still_acknowledged(delivery: RunningDelivery, hall: Campaign) -> None:
    client = delivery.client(hall, hall.pupils[0])
    state = client.log_in()
    version = max(part.version for part in state.parts) + 1
    client.open_part("francais")
    answer = client.request(
        "PUT",
        "/v1/sheet",
        body=bytes(limits.SEALED_BLOCK + limits.SEALED_OVERHEAD),
        media_type=description.BYTES,
        headers={"Ardoise-Part": "francais", "Ardoise-Version": str(version),
                 "Ardoise-Base": str(version - 1)},
    )  # fmt: skip
    assert answer.status == 200


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
@bounded(EXAMPLES)
@given(data=st.data())
def test_fuzzed_requests_get_a_described_answer(
    inside: Inside, route: Route, data: st.DataObject
) -> None:
    _play(inside, route, data)


@pytest.mark.nightly
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
@bounded(NIGHTLY_EXAMPLES)
@given(data=st.data())
def test_many_fuzzed_requests_get_a_described_answer(
    inside: Inside, route: Route, data: st.DataObject
) -> None:
    _play(inside, route, data)


def _play(inside: Inside, route: Route, data: st.DataObject) -> None:
    case = data.draw(_cases(route), label="case")
    _furnish(case, inside, route, data)
    request = _prepared(case, inside)
    if route.caller == "authority" and _often(data):
        _sign(request, inside)
    answer = inside.calls.send(request, timeout=20, allow_redirects=False)
    # 503 is an answer that was chosen; any other of its kind is a fault of ours.
    assert answer.status_code < 500 or answer.json()["problem"] == "busy", answer.text
    case.validate_response(answer, checks=CHECKS)
    if answer.status_code >= 400:
        assert STATUS[answer.json()["problem"]] == answer.status_code


def _cases(route: Route) -> st.SearchStrategy[Case]:
    operation = SCHEMA[route.path][route.method]
    modes = [GenerationMode.POSITIVE]
    # Without anything that could be wrong there is no wrong case.
    if route.parameters or route.body not in (None, description.BYTES):
        modes.append(GenerationMode.NEGATIVE)
    return st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))


def _furnish(case: Case, inside: Inside, route: Route, data: st.DataObject) -> None:
    """Real names in most places, so that it gets beyond the first look."""
    # Spread evenly, unlike what hypothesis draws: a seat's rate would soon hide all else.
    place = zlib.crc32(repr((case.headers, case.query, case.body)).encode("utf-8", "replace"))
    session, card, pupil = inside.seats[place % len(inside.seats)]
    part = "francais" if card.role == "pupil" else "dictee"
    campaign = inside.hall
    if route.caller == "authority":
        campaign = data.draw(st.sampled_from(inside.ordered), label="campaign")
        pupil = campaign.pupils[0]
    if route.caller == "seat" and _often(data):
        case.headers["Authorization"] = f"Bearer {session}"
    for name, value in (("Ardoise-Part", part), ("Ardoise-Number", pupil.number)):
        if name in case.headers and _often(data):
            case.headers[name] = value
    if "Ardoise-Number" in case.headers and data.draw(st.booleans()) and card.role == "pupil":
        del case.headers["Ardoise-Number"]
    if route.body == description.BYTES:
        case.body = data.draw(_sealed_or_not)
    elif isinstance(case.body, dict):
        real: dict[str, Any] = {"campaign": campaign.name, "number": pupil.number, "part": part}
        if route.name == "install":
            real["manifest"], real["signature"] = data.draw(_documents(campaign))
        if route.name == "login":
            real["token"] = data.draw(st.sampled_from(inside.tokens[pupil.number]))
        for name, value in real.items():
            if name in case.body and _often(data):
                case.body[name] = value
    if isinstance(case.query, dict) and "campaign" in case.query and _often(data):
        case.query["campaign"] = campaign.name
    if "sha256" in case.path_parameters and _often(data):
        case.path_parameters["sha256"] = _digest(case, campaign)


def _often(data: st.DataObject) -> bool:
    return data.draw(st.integers(0, 4)) < 4


_sealed_or_not = st.one_of(
    st.binary(min_size=16, max_size=16).map(lambda seed: (seed * 70)[: 1024 + 28]),
    st.sampled_from([1, 2, 64, 65, 0]).map(
        lambda blocks: bytes(blocks * limits.SEALED_BLOCK + limits.SEALED_OVERHEAD)
    ),
    st.binary(max_size=200),
)
_changes = st.sampled_from(
    [
        {},
        {"serial": 0},
        {"serial": 2},
        {"serial": 1 << 70},
        {"opens_ms": 1 << 52, "closes_ms": 0},
        {"closes_ms": -1},
        {"parts": ()},
        {"chunks": ({"sha256": "0" * 64, "size": 1},), "serial": 3},
        {"blobs": ({"sha256": "0" * 64, "size": 1052},), "serial": 4},
        {"campaign": "essai-inconnu"},
        {"campaign": "x"},
        {"runner": ({"path": "../keys.json", "sha256": "0" * 64},), "serial": 5},
        {"format": "ardoise-kit/9"},
    ]
)


def _documents(campaign: Campaign) -> st.SearchStrategy[tuple[str, str]]:
    """A manifest and the authority's signature on it, in base64: good ones, and signed nonsense."""

    def signed(change: dict[str, Any], tail: bytes) -> tuple[str, str]:
        fields = {**msgspec.to_builtins(campaign.manifest), **change}
        raw = (json.dumps(fields).encode() if change else campaign.raw) + tail
        signature = signing.sign_document(campaign.signing_key, "kit", raw)
        return base64.b64encode(raw).decode(), base64.b64encode(signature).decode()

    return st.builds(signed, _changes, st.just(b"") | st.binary(max_size=4))


def _digest(case: Case, campaign: Campaign) -> str:
    if isinstance(case.body, bytes):
        return hashlib.sha256(case.body).hexdigest()
    return campaign.booklet_digests["francais"]


def _prepared(case: Case, inside: Inside) -> requests.PreparedRequest:
    sent = case.as_transport_kwargs(base_url=inside.url)
    if isinstance(case.body, bytes):
        sent.pop("json", None)
        sent["data"] = case.body
    wanted = ("method", "url", "headers", "params", "data", "json")
    try:
        return requests.Request(**{name: sent[name] for name in wanted if name in sent}).prepare()
    except (ValueError, UnicodeError):
        # What this client cannot write goes out in test_fuzzed_bytes.
        reject()


def _sign(request: requests.PreparedRequest, inside: Inside) -> None:
    body = request.body or b""
    assert isinstance(body, (str, bytes))
    raw = body.encode() if isinstance(body, str) else body
    request.headers.update(inside.authority.signed(str(request.method), request.path_url, raw))
