"""The authority's web edge: application, headers, uploads kept in memory, logs without values."""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
    """The WSGI entry point; Django is loaded at the first request."""
    global _application  # noqa: PLW0603
    if _application is None:
        _application = get_wsgi_application()
    return _application(environ, start_response)


_application: Any = None


def headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware: a strict policy on every page; pages are never kept by a cache."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not request.path.startswith(settings.STATIC_URL):
            response.setdefault("Cache-Control", "no-store")
        return response

    return respond


class BoundedMemoryUpload(MemoryFileUploadHandler):
    """Keeps an upload in memory: settings.UPLOAD_LIMIT bytes a request from the office.

    Anybody else uploads nothing: theirs is bounded like any other form, before a byte is read.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        account = getattr(self.request, "user", None)
        office = getattr(account, "role", None) == "officer"
        limit = settings.UPLOAD_LIMIT if office else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if content_length > limit:
            raise RequestDataTooBig(f"more than {limit >> 20} MiB in one upload")
        self.activated = True


class QuietFormatter(logging.Formatter):
    """One line: time, level, logger, the message's template and the exception's type and place.

    Arguments, exception texts and tracebacks with values stay out: they may hold a name.
    """

    def format(self, record: logging.LogRecord) -> str:
        own = record.name.startswith("ardoise")
        text = record.getMessage() if own else str(record.msg)
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {text}"
        if record.exc_info and record.exc_info[0] is not None:
            place = record.exc_info[2]
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
            line += f" [{record.exc_info[0].__name__} at {where}]"
        return line
