"""The RSGI application: finds the route, keeps the bounds, answers every fault."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]

from ardoise.contract import limits
from ardoise.contract.problems import Problem
from ardoise.delivery import config, static
from ardoise.delivery.exchange import KIT, Exchange
from ardoise.delivery.journal import note, note_fault
from ardoise.delivery.metrics import MEDIA_TYPE, Metrics
from ardoise.delivery.routes import BLOBS, SeatRoutes
from ardoise.delivery.store import Refused, Store
from ardoise.delivery.throttles import Throttles
from ardoise.delivery.web import Answer, Headers, Request, problem_answer

_LARGE_BODY = 128 << 10
_DRAIN_STEP_S = 0.01
_TEXT = "text/plain; charset=utf-8"
_UPLOAD = limits.MANIFEST * 4 // 3 + 1_024
"""A manifest of full size in base64."""
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types ardoise"
)
SECURITY = (
    ("content-security-policy", CSP),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"),
    ("server", "ardoise"),
)
HSTS = ("strict-transport-security", "max-age=31536000; includeSubDomains")

Handler = Callable[[Request], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """A handler, the largest body it takes, and whether the authority has to sign."""

    handle: Handler
    body: int = 0
    signed: bool = False


class Scope(Protocol):
    """What Granian says of a request."""

    proto: str
    method: str
    path: str
    query_string: str

    @property
    def headers(self) -> Any:
        """RSGIHeaders."""


class Application:
    """One object for the server; `__rsgi__` is called for every request."""

    def __init__(
        self,
        store: Store,
        keys: config.Keys,
        metrics: Metrics,
        now_ms: Callable[[], int],
        *,
        runner: dict[str, static.File] | None = None,
        https: bool = False,
        names: tuple[str, ...] = (),
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._now_ms = now_ms
        self._runner = runner or {}
        self._headers = [*SECURITY, HSTS] if https else list(SECURITY)
        self._exchange = Exchange(store, keys.authority, metrics, names)
        self._large_bodies = asyncio.Semaphore(config.LARGE_BODIES_AT_ONCE)
        self._active = 0
        seats = SeatRoutes(store, keys.session, Throttles(), metrics)
        exchange = self._exchange
        self._blob = {"GET": Route(seats.blob)}
        self._kit_bytes = {"PUT": Route(exchange.put_bytes, limits.BLOB, signed=True)}
        self._routes = {
            "/health": {"GET": Route(self._health)},
            "/metrics": {"GET": Route(self._metrics_page)},
            "/v1/campaigns": {"GET": Route(seats.campaigns)},
            "/v1/login": {"POST": Route(seats.log_in, limits.LOGIN)},
            "/v1/sitting": {"GET": Route(seats.sitting)},
            "/v1/open": {"POST": Route(seats.open_part, limits.LOGIN)},
            "/v1/sheet": {"PUT": Route(seats.save, limits.SHEET), "GET": Route(seats.sheet)},
            "/v1/group": {"GET": Route(seats.group)},
            "/v1/kit": {"POST": Route(self._post_kit, _UPLOAD, signed=True)},
            "/v1/returns": {"GET": Route(exchange.get_returns, signed=True)},
            "/v1/orders": {"POST": Route(exchange.post_order, limits.ORDER, signed=True)},
            "/v1/status": {"GET": Route(exchange.get_status, signed=True)},
        }
        static_route = {"GET": Route(self._file)}
        self._files = dict.fromkeys(self._runner, static_route)

    async def start(self) -> None:
        """Compare the runner with the newest kit's list."""
        await self._compare_runner()

    async def __rsgi__(self, scope: Scope, protocol: Any) -> None:
        """One request from the server."""
        if scope.proto != "http":
            protocol.close(403)
            return
        self._active += 1
        try:
            await self._send(protocol, await self._answer(scope, protocol))
        finally:
            self._active -= 1

    async def drain(self, seconds: float) -> None:
        """Wait until every request that was taken has its answer, or the time is over."""
        for _ in range(int(seconds / _DRAIN_STEP_S)):
            if not self._active:
                return
            await asyncio.sleep(_DRAIN_STEP_S)

    async def _answer(self, scope: Scope, protocol: Any) -> Answer:
        """The answer to a request, whatever happens."""
        try:
            return await self._handle(scope, protocol)
        except Refused as refusal:
            self._metrics.refusals.labels(refusal.kind).inc()
            return problem_answer(refusal.problem(self._now_ms()))
        except ProtocolClosed:
            # The body was cut short: nobody is left, or what is left speaks no HTTP.
            self._metrics.refusals.labels("malformed").inc()
            return problem_answer(Problem("malformed", "the body was cut short"))
        except Exception as fault:
            self._metrics.refusals.labels("fault").inc()
            note_fault("fault", fault)
            return problem_answer(Problem("fault", now_ms=self._now_ms()))

    async def _handle(self, scope: Scope, protocol: Any) -> Answer:
        headers = scope.headers
        _check_headers(headers)
        methods = self._find(scope.path)
        if methods is None:
            raise Refused("absent")
        method = "GET" if scope.method == "HEAD" else scope.method
        route = methods.get(method)
        if route is None:
            allow = ", ".join(sorted({*methods, *(("HEAD",) if "GET" in methods else ())}))
            if scope.method == "OPTIONS":
                return Answer(204, headers={"allow": f"{allow}, OPTIONS"})
            answer = problem_answer(Problem("wrong-method", now_ms=self._now_ms()))
            self._metrics.refusals.labels("wrong-method").inc()
            answer.headers = {"allow": f"{allow}, OPTIONS"}
            return answer
        request = Request(
            scope.method, scope.path, scope.query_string, headers, b"", self._now_ms()
        )
        if route.signed:
            # Strangers are turned away before their bytes are taken.
            self._exchange.claims(request)
        request.body = await self._body(headers, protocol, route.body)
        if route.body:
            request.now_ms = self._now_ms()
        return await route.handle(request)

    def _find(self, path: str) -> dict[str, Route] | None:
        found = self._routes.get(path) or self._files.get(path)
        if found is not None:
            return found
        if path.startswith(BLOBS):
            return self._blob
        return self._kit_bytes if path.startswith(KIT) else None

    async def _body(self, headers: Headers, protocol: Any, limit: int) -> bytes:
        """The whole body, within the route's bound and in time."""
        if headers.get("transfer-encoding") is not None:
            raise Refused("malformed", "send the body with Content-Length, not in pieces")
        if headers.get("content-encoding") is not None:
            raise Refused("malformed", "send the body as it is, not packed")
        text = headers.get("content-length") or "0"
        if not (text.isascii() and text.isdigit()):
            raise Refused("malformed", "Content-Length has to be a decimal number")
        if len(text) > 12 or int(text) > limit:
            raise Refused("too-large", f"at most {limit} bytes")
        size = int(text)
        if not size:
            return b""
        if size <= _LARGE_BODY:
            body = await _read(protocol, config.BODY_SECONDS)
        else:
            if self._large_bodies.locked():
                raise Refused("busy", retry_ms=1_000)
            async with self._large_bodies:
                body = await _read(protocol, config.LARGE_BODY_SECONDS)
        if len(body) != size:
            raise Refused("malformed", "the body was cut short")
        return body

    async def _send(self, protocol: Any, answer: Answer) -> None:
        headers = [
            *self._headers,
            ("content-type", answer.media_type),
            ("cache-control", answer.cache),
            *answer.headers.items(),
        ]
        if answer.pieces is None:
            protocol.response_bytes(answer.status, headers, answer.body)
            return
        try:
            stream = protocol.response_stream(answer.status, headers)
            async for piece in answer.pieces:
                await stream.send_bytes(piece)
        except ProtocolClosed:
            return

    # -- everyone else ---------------------------------------------------------------------

    async def _health(self, _request: Request) -> Answer:
        return Answer(body=b"ok\n", media_type=_TEXT)

    async def _metrics_page(self, _request: Request) -> Answer:
        return Answer(
            body=self._metrics.page(self._store.gauges(), self._active), media_type=MEDIA_TYPE
        )

    async def _file(self, request: Request) -> Answer:
        file = self._runner[request.path]
        headers = {"etag": file.etag, "vary": "accept-encoding"}
        if request.headers.get("if-none-match") == file.etag:
            return Answer(304, media_type=file.media_type, headers=headers, cache=file.cache)
        body = file.body
        if file.packed is not None and "gzip" in (request.headers.get("accept-encoding") or ""):
            headers["content-encoding"] = "gzip"
            body = file.packed
        return Answer(body=body, media_type=file.media_type, headers=headers, cache=file.cache)

    async def _post_kit(self, request: Request) -> Answer:
        answer = await self._exchange.post_kit(request)
        await self._compare_runner()
        return answer

    async def _compare_runner(self) -> None:
        """Anyone can compare what is served with the kit; this server is the first to."""
        listed = await self._store.served_runner()
        if not listed or not self._runner:
            return
        count = static.differences(self._runner, listed)
        self._metrics.runner_differs.set(count)
        if count:
            note("runner-differs", files=count)


async def _read(protocol: Any, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            body: bytes = await protocol()
            return body
    except TimeoutError:
        raise Refused("malformed", "the body took too long") from None


def _check_headers(headers: Any) -> None:
    items = headers.items()
    if len(items) > config.HEADER_COUNT:
        raise Refused("too-large", f"at most {config.HEADER_COUNT} headers")
    if sum(len(name) + len(value) for name, value in items) > config.HEADER_BYTES:
        raise Refused("too-large", f"at most {config.HEADER_BYTES} bytes of headers")
