"""Files sent to the browser: kept by no cache, and named without a name."""

from django.http import HttpResponse
from django.utils.timezone import localdate

from ardoise.clock import Clock, system_clock

_TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}


def dated(clock: Clock = system_clock) -> str:
    """Today where the office is, ISO."""
    return localdate(clock()).isoformat()


def attachment(
    content: bytes, what: str, kind: str, *, clock: Clock = system_clock
) -> HttpResponse:
    """A download `ardoise-<what>-<date>.<kind>`; `what` holds identifiers only."""
    response = HttpResponse(content, content_type=_TYPES[kind])
    name = f"ardoise-{what}-{dated(clock)}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
