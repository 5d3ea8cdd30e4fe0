"""The protocol as an OpenAPI 3.1 document, built from the contract's types and a table of routes.

`python -m ardoise.contract.description` prints what stands in docs/openapi.json. Whoever tests or
writes a client starts from there; docs/protocol.md says what the words mean.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from ardoise.contract import kit, limits, orders, problems, returns, sitting
from ardoise.contract.problems import STATUS, Kind, Problem
from ardoise.contract.words import CampaignId, Digest, OrderNumber, PartId, Reference

JSON = "application/json"
BYTES = "application/octet-stream"
PROTOCOL_VERSION = "1"

Caller = Literal["anyone", "seat", "authority"]

REFUSALS: dict[Caller, tuple[Kind, ...]] = {
    "anyone": ("malformed", "too-large", "slow-down", "busy"),
    "seat": (
        "malformed", "no-session", "unknown-seat", "superseded", "purged", "too-large",
        "slow-down", "busy",
    ),
    "authority": ("malformed", "unsigned", "too-large", "busy"),
}  # fmt: skip
"""What every request of such a caller can be refused with."""

_REF = "#/components/schemas/{name}"
_VERSION: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 1 << 40}
_SEQ: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 9_999_999_999_999_999}


@dataclass(frozen=True)
class Parameter:
    """A header, a query field or a piece of the path."""

    name: str
    place: Literal["header", "query", "path"]
    form: Any
    """A contract type, or a schema."""
    required: bool = True
    text: str = ""


@dataclass(frozen=True)
class Said:
    """An answer that is no `Problem`. `form`: a contract type; None: bytes of `media_type`."""

    text: str
    form: Any = None
    media_type: str = JSON
    headers: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """One row of the table: a method on a path."""

    method: Literal["GET", "POST", "PUT"]
    path: str
    name: str
    caller: Caller
    summary: str
    answers: dict[int, Said]
    body: Any = None
    """A contract type, `BYTES`, or nothing."""
    largest: int = 0
    """Bytes of the body at most."""
    parameters: tuple[Parameter, ...] = ()
    refusals: tuple[Kind, ...] = ()
    """Beside REFUSALS of the caller."""


_WHICH = (
    Parameter("Ardoise-Part", "header", PartId, text="Which sheet."),
    Parameter(
        "Ardoise-Number",
        "header",
        OrderNumber,
        required=False,
        text="A teacher's seat: the pupil of its group. A pupil's seat: its own, or nothing.",
    ),
)
_SAVE = (
    *_WHICH,
    Parameter(
        "Ardoise-Version",
        "header",
        {**_VERSION, "minimum": 1},
        text="The version in the sheet and in its context.",
    ),
    Parameter(
        "Ardoise-Base",
        "header",
        _VERSION,
        required=False,
        text="The stored version that the client started from; 0: none.",
    ),
    Parameter(
        "Ardoise-Stray",
        "header",
        {"type": "string", "enum": ["1"]},
        required=False,
        text="A sheet left over from an earlier session on this device.",
    ),
)
_SIGNED = (
    Parameter("Ardoise-Moment", "header", {**_SEQ}, text="Milliseconds since the Unix epoch."),
    Parameter("Ardoise-Nonce", "header", Reference, text="Taken once."),
    Parameter("Ardoise-Digest", "header", Digest, text="SHA-256 of the body."),
    Parameter(
        "Ardoise-Signature",
        "header",
        {"type": "string", "pattern": r"^[A-Za-z0-9+/]{86}==$"},
        text="Ed25519, base64: docs/protocol.md §6.",
    ),
)
_CAMPAIGN = Parameter("campaign", "query", CampaignId)
_BLOB = Parameter("sha256", "path", Digest)
_ETAG = {"ETag": {"type": "string"}}
_TEXT = "text/plain"
_UPLOAD = limits.MANIFEST * 4 // 3 + 1_024

ROUTES: tuple[Route, ...] = (
    Route(
        *("GET", "/health", "health", "anyone", "Says ok."),
        {
            200: Said("It runs.", media_type=_TEXT),
            503: Said("It ends: send others elsewhere.", media_type=_TEXT),
        },
    ),
    Route(
        *("GET", "/metrics", "metrics", "anyone", "Counts, in Prometheus' form."),
        {200: Said("No label of a seat.", media_type=_TEXT)},
    ),
    Route(
        *("GET", "/v1/campaigns", "campaigns", "anyone", "Which campaigns this server runs."),
        {200: Said("Installed and not purged.", sitting.Campaigns)},
    ),
    Route(
        *("POST", "/v1/login", "login", "anyone", "Log in; earlier sessions are superseded."),
        {200: Said("How the seat stands, and its session.", sitting.LoggedIn)},
        body=sitting.Login,
        largest=limits.LOGIN,
        refusals=("unknown-seat", "queued", "purged"),
    ),
    Route(
        *("GET", "/v1/sitting", "sitting", "seat", "How the seat stands now."),
        {200: Said("Same session, same epoch.", sitting.LoggedIn)},
    ),
    Route(
        *("POST", "/v1/open", "open", "seat", "Start the clock of a part. Idempotent."),
        {200: Said("The part, and its key wrapped for this seat.", sitting.PartOpened)},
        body=sitting.OpenPart,
        largest=limits.LOGIN,
        refusals=("not-yours", "waiting", "late"),
    ),
    Route(
        *("GET", "/v1/blobs/{sha256}", "blob", "anyone", "A sealed booklet or asset."),
        {
            200: Said("Immutable.", media_type=BYTES, headers=_ETAG),
            304: Said("As the client holds it.", media_type=""),
        },
        parameters=(_BLOB,),
        refusals=("absent",),
    ),
    Route(
        *("PUT", "/v1/sheet", "save", "seat", "Save a sealed sheet."),
        {200: Said("On disk: this version, or a later one of this device.", sitting.Saved)},
        body=BYTES,
        largest=limits.SHEET,
        parameters=_SAVE,
        refusals=("not-yours", "conflict", "waiting", "late"),
    ),
    Route(
        *("GET", "/v1/sheet", "load", "seat", "The stored sheet."),
        {
            200: Said(
                "Sealed bytes.",
                media_type=BYTES,
                headers={"Ardoise-Version": _VERSION, "Ardoise-Seq": {"type": "integer"}},
            )
        },
        parameters=_WHICH,
        refusals=("not-yours", "absent"),
    ),
    Route(
        *("GET", "/v1/group", "group", "seat", "The pupils of a teacher's group."),
        {200: Said("Versions and times, no answer.", sitting.GroupState)},
        refusals=("not-yours",),
    ),
    Route(
        *("PUT", "/v1/kit/{sha256}", "put-bytes", "authority", "A chunk or blob of a kit."),
        {204: Said("Kept until a manifest names it.", media_type="")},
        body=BYTES,
        largest=limits.BLOB,
        parameters=(_BLOB, *_SIGNED),
    ),
    Route(
        *("POST", "/v1/kit", "install", "authority", "Install a kit. One transaction."),
        {200: Said("Installed, now or before.", kit.KitInstalled)},
        body=kit.KitUpload,
        largest=_UPLOAD,
        parameters=_SIGNED,
        refusals=("incomplete", "older", "purged"),
    ),
    Route(
        *("GET", "/v1/returns", "returns", "authority", "Sealed sheets and strays, as frames."),
        {200: Said("contract/returns.py says how.", media_type=returns.MEDIA_TYPE)},
        parameters=(
            _CAMPAIGN,
            Parameter("after", "query", _SEQ, required=False, text="The last number known."),
            Parameter(
                "limit",
                "query",
                {"type": "integer", "minimum": 1, "maximum": limits.RETURNS_PAGE},
                required=False,
            ),
            *_SIGNED,
        ),
        refusals=("absent", "purged"),
    ),
    Route(
        *("POST", "/v1/orders", "order", "authority", "Carry out an order, once."),
        {200: Said("As it stands afterwards.", orders.OrderDone)},
        body=orders.Order,
        largest=limits.ORDER,
        parameters=_SIGNED,
        refusals=("absent", "open", "incomplete", "purged"),
    ),
    Route(
        *("GET", "/v1/status", "status", "authority", "State, window and counts."),
        {200: Said("As it stands now.", kit.CampaignStatus)},
        parameters=(_CAMPAIGN, *_SIGNED),
        refusals=("absent",),
    ),
)


def document() -> dict[str, Any]:
    """The whole OpenAPI 3.1 document."""
    forms = [form for route in ROUTES for form in _forms(route)] + [Problem]
    _, components = msgspec.json.schema_components(forms, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    found = {
        "openapi": "3.1.0",
        "info": {
            "title": "Ardoise delivery",
            "version": PROTOCOL_VERSION,
            "description": "Made from src/ardoise/contract; docs/protocol.md says what it means.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "session": {"type": "http", "scheme": "bearer"},
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Ardoise-Signature",
                    "description": "Ed25519 over the request: docs/protocol.md §6.",
                },
            },
        },
    }
    plain: dict[str, Any] = _plain(found)
    return plain


def _forms(route: Route) -> Iterator[Any]:
    if route.body not in (None, BYTES):
        yield route.body
    yield from (answer.form for answer in route.answers.values() if answer.form is not None)


def _schema(form: Any) -> Any:
    """A schema as it is, or that of a contract type."""
    if isinstance(form, dict):
        return form
    (schema,), _ = msgspec.json.schema_components([form], ref_template=_REF)
    return schema


def _plain(value: Any) -> Any:
    """Patterns in ECMAScript's dialect, as JSON Schema wants them: there `$` is the very end."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.replace(r"\Z", "$") if isinstance(value, str) else value


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": route.name, "summary": route.summary}
    if route.caller != "anyone":
        operation["security"] = [{"session" if route.caller == "seat" else "signature": []}]
    if route.parameters:
        operation["parameters"] = [_parameter(each) for each in route.parameters]
    if route.body is not None:
        media_type, schema = (BYTES, {}) if route.body == BYTES else (JSON, _schema(route.body))
        operation["requestBody"] = {
            "required": True,
            "description": f"At most {route.largest} bytes.",
            "content": {media_type: {"schema": schema}},
        }
    answers = _refusals((*REFUSALS[route.caller], *route.refusals))
    answers |= {str(status): _said(answer) for status, answer in route.answers.items()}
    operation["responses"] = dict(sorted(answers.items()))
    return operation


def _parameter(parameter: Parameter) -> dict[str, Any]:
    found = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "schema": _schema(parameter.form),
    }
    return {**found, "description": parameter.text} if parameter.text else found


def _said(answer: Said) -> dict[str, Any]:
    found: dict[str, Any] = {"description": answer.text}
    if answer.media_type:
        schema = {} if answer.form is None else _schema(answer.form)
        found["content"] = {answer.media_type: {"schema": schema}}
    if answer.headers:
        found["headers"] = {
            name: {"required": True, "schema": schema} for name, schema in answer.headers.items()
        }
    return found


def _refusals(kinds: tuple[Kind, ...]) -> dict[str, dict[str, Any]]:
    """Status → a `Problem` of one of the kinds that have that status."""
    by_status: dict[int, list[Kind]] = {}
    for kind in dict.fromkeys(kinds):
        by_status.setdefault(STATUS[kind], []).append(kind)
    return {
        str(status): {
            "description": ", ".join(sorted(by_status[status])),
            "content": {
                JSON: {
                    "schema": {
                        "allOf": [
                            {"$ref": _REF.format(name=problems.Problem.__name__)},
                            {"properties": {"problem": {"enum": sorted(by_status[status])}}},
                        ]
                    }
                }
            },
        }
        for status in sorted(by_status)
    }


def printed() -> str:
    """The document as it stands in docs/openapi.json."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=1).decode() + "\n"


if __name__ == "__main__":
    sys.stdout.write(printed())
