"""docs/openapi.json is what the contract says, and says what the server answers."""

from pathlib import Path
from typing import cast

import msgspec
import pytest
import urllib3

from ardoise.contract import description
from ardoise.contract.problems import STATUS, Problem
from ardoise.delivery.app import Application
from ardoise.delivery.config import Keys
from ardoise.delivery.metrics import Metrics
from ardoise.delivery.store import Store
from tests.delivery.running import RunningDelivery

PUBLISHED = Path(__file__).parents[2] / "docs" / "openapi.json"
WITH_BODY = [route for route in description.ROUTES if route.body is not None]
READ_ANYWAY = 128 << 10
FILLED = "0" * 64


def test_the_published_description_is_up_to_date() -> None:
    assert PUBLISHED.read_text() == description.printed(), (
        "PYTHONPATH=src python -m ardoise.contract.description > docs/openapi.json"
    )


def test_every_reference_leads_somewhere() -> None:
    document = description.document()
    names = set(document["components"]["schemas"])
    used = {
        text.split('"', 1)[0]
        for text in msgspec.json.encode(document).decode().split('"#/components/schemas/')[1:]
    }
    assert used == names


def test_every_kind_of_refusal_stands_at_its_status_and_somewhere() -> None:
    seen = set()
    for operations in description.document()["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                if int(status) < 400 or "application/json" not in content:
                    continue
                schema = content["application/json"]["schema"]
                kinds = schema["allOf"][1]["properties"]["problem"]["enum"]
                assert {STATUS[kind] for kind in kinds} == {int(status)}
                seen |= set(kinds)
    # No route is described as ours failing, nor a method as another's.
    assert seen == set(STATUS) - {"fault", "wrong-method"}


def test_the_servers_routes_are_the_described_ones_and_no_others() -> None:
    keys = Keys("ardoise-delivery-keys/1", bytes(32), bytes(32), bytes(32))
    # Nothing is asked of the store: routes are named when the application is made.
    served = Application(cast(Store, None), keys, Metrics(), lambda: 0)
    table = served._routes | {prefix + b"{sha256}": of for prefix, of in served._under.items()}
    names = {
        (method.decode(), path.decode())
        for path, methods in table.items()
        for method in methods
        if method != b"HEAD"
    }
    assert names == {(route.method, route.path) for route in description.ROUTES}


@pytest.mark.parametrize("path", sorted(description.document()["paths"]))
def test_a_described_path_takes_the_described_methods_and_no_other(
    delivery: RunningDelivery, path: str
) -> None:
    described = {name.upper() for name in description.document()["paths"][path]}
    url = delivery.url + path.replace("{sha256}", FILLED)
    answer = urllib3.request("OPTIONS", url, retries=False)
    assert set(answer.headers["Allow"].split(", ")) - {"OPTIONS", "HEAD"} == described


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: route.name)
def test_a_body_above_the_described_bound_is_refused(
    delivery: RunningDelivery, route: description.Route
) -> None:
    size = route.largest + 1
    headers = _claims(route)
    # Of a larger one the head is enough: what is small is read to its end, and the line kept.
    body = bytes(size) if size <= READ_ANYWAY else None
    if body is None:
        headers["Content-Length"] = str(size)
    answer = urllib3.request(
        route.method,
        delivery.url + route.path.replace("{sha256}", FILLED),
        body=body,
        headers=headers,
        retries=False,
        timeout=20,
    )
    problem = msgspec.json.decode(answer.data, type=Problem)
    # Who has no session or signature is turned away for that: strangers learn no bound.
    first = {"anyone": "too-large", "seat": "no-session", "authority": "unsigned"}
    assert problem.problem in {first[route.caller], "too-large"}


def _claims(route: description.Route) -> dict[str, str]:
    if route.caller != "authority":
        return {}
    return {"Ardoise-Moment": "1", "Ardoise-Nonce": "0" * 16, "Ardoise-Signature": "A" * 86 + "=="}
