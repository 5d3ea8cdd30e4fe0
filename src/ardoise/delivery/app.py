"""Finds the route, checks who asks before any body is read, answers every fault."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial

import msgspec

from ardoise.contract import limits
from ardoise.contract.sitting import Saved
from ardoise.delivery import config, static
from ardoise.delivery.admission import Admission, Bounds, Work
from ardoise.delivery.connections import Reply
from ardoise.delivery.exchange import KIT, Exchange
from ardoise.delivery.journal import note, note_fault
from ardoise.delivery.metrics import MEDIA_TYPE, Metrics, Server
from ardoise.delivery.routes import BLOBS, SeatRoutes
from ardoise.delivery.store import Refused, Store
from ardoise.delivery.throttles import Throttles
from ardoise.delivery.web import Answer, Request, head, problem_answer

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
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("server", "ardoise"),
)
PAGE = (
    ("content-security-policy", CSP),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"),
)
"""For the runner's files: the others are no documents."""
NO_PAGE = (("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),)
HSTS = ("strict-transport-security", "max-age=31536000; includeSubDomains")

Check = Callable[[Request], None]
Handler = Callable[[Request], Awaitable[Answer]]


def anyone(_request: Request) -> None:
    """Of those who need not say who they are."""


@dataclass(frozen=True, slots=True)
class Route:
    """A handler, the largest body it takes, and what is checked before that body is read."""

    handle: Handler | None = None
    body: int = 0
    check: Check = anyone
    save: "Callable[[Request], asyncio.Future[Saved]] | None" = None
    """Instead of `handle`: the one path that does without a task."""


Methods = dict[bytes, Route]


class Elsewhere(Refused):
    """A method that a path does not have. `allow`: those it has."""

    def __init__(self, methods: Iterable[bytes]) -> None:
        super().__init__("wrong-method")
        self.allow = b", ".join(sorted({*methods, b"OPTIONS"})).decode()


class Application:
    """What the listener serves (`listening.Service`)."""

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
        routes: config.Routes = "all",
        bounds: Bounds | None = None,
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._now_ms = now_ms
        self._runner = runner or {}
        always = (*SECURITY, HSTS) if https else SECURITY
        self._security = _lines(*always, *NO_PAGE)
        self._page_security = _lines(*always, *PAGE)
        self._saved_head = head(Answer(), self._security)
        self._exchange = Exchange(store, keys.authority, metrics, names)
        self._tasks: set[asyncio.Task[None]] = set()
        self.server: Server | None = None
        """Set by whoever listens: health and metrics ask it."""
        self._admission = Admission(keys.session, now_ms, bounds)
        seats = SeatRoutes(store, keys.session, Throttles(), self._admission, metrics)
        self._routes: dict[bytes, Methods] = {
            b"/health": _get(Route(self._health)),
            b"/metrics": _get(Route(self._metrics_page)),
        }
        self._under: dict[bytes, Methods] = {}
        if routes != "authority":
            self._add_seats(seats)
        if routes != "seats":
            self._add_authority(self._exchange)

    def _add_seats(self, seats: SeatRoutes) -> None:
        reading = seats.reading
        self._routes |= {
            b"/v1/campaigns": _get(Route(seats.campaigns)),
            b"/v1/login": {b"POST": Route(seats.log_in, limits.LOGIN)},
            b"/v1/sitting": _get(Route(seats.sitting, check=self._sparing("sitting", reading))),
            b"/v1/open": {b"POST": Route(seats.open_part, limits.LOGIN, reading)},
            b"/v1/sheet": {
                **_get(Route(seats.sheet, check=reading)),
                b"PUT": Route(body=limits.SHEET, check=seats.saving, save=seats.save),
            },
            b"/v1/group": _get(Route(seats.group, check=self._sparing("group", reading))),
        }
        self._under[BLOBS.encode()] = _get(Route(seats.blob))
        file = _get(Route(self._file))
        self._routes |= {path.encode(): file for path in self._runner}

    def _add_authority(self, exchange: Exchange) -> None:
        check = exchange.check
        kit = self._sparing("kit", check)
        self._routes |= {
            b"/v1/kit": {b"POST": Route(self._post_kit, _UPLOAD, kit)},
            b"/v1/returns": _get(
                Route(exchange.get_returns, check=self._sparing("returns", check))
            ),
            b"/v1/orders": {b"POST": Route(exchange.post_order, limits.ORDER, check)},
            b"/v1/status": _get(Route(exchange.get_status, check=check)),
        }
        self._under[KIT.encode()] = {b"PUT": Route(exchange.put_bytes, limits.BLOB, kit)}

    def _sparing(self, work: Work, check: Check) -> Check:
        """Work that waits while saves are late: refused after its own check, before its body."""

        def both(request: Request) -> None:
            check(request)
            self._admission.spare(work)

        return both

    async def start(self) -> None:
        """Compare the runner with the newest kit's list."""
        await self._compare_runner()

    # -- what the listener asks --------------------------------------------------------------

    def begin(self, request: Request) -> int:
        """Find the route, check who asks; the largest body. Raises Refused."""
        methods = self._routes.get(request.url) or self._find(request.url)
        if methods is None:
            raise Refused("absent")
        route = methods.get(request.method)
        if route is None:
            if request.method != b"OPTIONS":
                raise Elsewhere(methods)
            route = Route(self._options)
        request.route = route
        request.now_ms = self._now_ms()
        try:
            route.check(request)
        except Refused:
            raise
        except Exception as fault:
            note_fault("fault", fault)
            raise Refused("fault") from None
        return route.body

    def finish(self, request: Request, reply: Reply) -> None:
        """Answer a request that is complete."""
        route = request.route
        if route.body:
            request.now_ms = self._now_ms()
        if route.handle is not None:
            answering = self._handle(route.handle, request, reply)
            task = asyncio.get_running_loop().create_task(answering)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif route.save is not None:
            try:
                future = route.save(request)
            except Exception as fault:
                reply(*self._failed(fault))
                return
            since = self._admission.ticks()
            self._admission.saves.begun(since)
            future.add_done_callback(partial(self._saved, reply, since))

    def refuse(self, refusal: Refused) -> tuple[bytes, bytes]:
        """Head and body of a refusal."""
        self._metrics.refusals.labels(refusal.kind).inc()
        answer = problem_answer(refusal.problem(self._now_ms()))
        if isinstance(refusal, Elsewhere):
            answer.headers = {"allow": refusal.allow}
        return head(answer, self._security), answer.body or b""

    # ----------------------------------------------------------------------------------------

    def _find(self, url: bytes) -> Methods | None:
        path, mark, _ = url.partition(b"?")
        if mark and path in self._routes:
            return self._routes[path]
        return next((self._under[p] for p in self._under if path.startswith(p)), None)

    def _saved(self, reply: Reply, since: float, future: "asyncio.Future[Saved]") -> None:
        now = self._admission.ticks()
        self._admission.saves.ended(since, now)
        try:
            saved = future.result()
        except (Exception, asyncio.CancelledError) as fault:
            reply(*self._failed(fault))
            return
        self._metrics.saved(now - since)
        reply(self._saved_head, msgspec.json.encode(saved))

    async def _handle(self, handle: Handler, request: Request, reply: Reply) -> None:
        try:
            answer = await handle(request)
        except (Exception, asyncio.CancelledError) as fault:
            reply(*self._failed(fault))
            return
        security = self._page_security if request.path in self._runner else self._security
        reply(head(answer, security), answer.body, answer.pieces)

    def _failed(self, fault: BaseException) -> tuple[bytes, bytes]:
        if isinstance(fault, Refused):
            if fault.stray is not None:
                self._metrics.strays.labels(fault.stray).inc()
            return self.refuse(fault)
        note_fault("fault", fault)
        return self.refuse(Refused("fault"))

    # -- everyone else -----------------------------------------------------------------------

    async def _options(self, request: Request) -> Answer:
        methods = self._routes.get(request.url) or self._find(request.url) or {}
        return Answer(204, None, headers={"allow": Elsewhere(methods).allow})

    async def _health(self, _request: Request) -> Answer:
        if self.server is not None and self.server.draining:
            return Answer(503, b"draining\n", media_type=_TEXT)
        return Answer(body=b"ok\n", media_type=_TEXT)

    async def _metrics_page(self, _request: Request) -> Answer:
        return Answer(
            body=self._metrics.page(self._store.gauges(), self.server, self._admission),
            media_type=MEDIA_TYPE,
        )

    async def _file(self, request: Request) -> Answer:
        file = self._runner[request.path]
        headers = {"etag": file.etag, "vary": "accept-encoding"}
        if request.header(b"if-none-match") == file.etag:
            return Answer(304, None, headers=headers, cache=file.cache)
        body = file.body
        if file.packed is not None and "gzip" in (request.header(b"accept-encoding") or ""):
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


def _get(route: Route) -> Methods:
    return {b"GET": route, b"HEAD": route}


def _lines(*headers: tuple[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode()
