"""The report as one page that opens anywhere: the verdict, the figures, how it was played."""

from html import escape

from ardoise.bench.charts import Line, chart
from ardoise.bench.report import Report

_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;
color:#1d2126;background:#fff}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.verdict{border-left:.4rem solid #1a7f4b;background:#eef7f1;padding:.75rem 1rem;margin:1rem 0}
.verdict.broken{border-color:#b3261e;background:#fbeeed}
.verdict p{margin:.3rem 0}.verdict p:first-child{font-weight:600}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.2rem .5rem;border-bottom:1px solid #dde1e6}
th:first-child,td:first-child{text-align:left}
figure{margin:1.25rem 0}figcaption{font-weight:600}figcaption small{font-weight:400}
figcaption span{margin-left:1rem;white-space:nowrap}
figure>svg{width:100%;height:auto}figure>svg line{stroke:#dde1e6;stroke-width:1}
figure>svg polyline{fill:none;stroke-width:1.6;stroke-linejoin:round}
figure>svg text{font:11px system-ui,sans-serif;fill:#5a6370}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1.25rem;margin:0}dd{margin:0}
p.note{color:#5a6370}
@media(prefers-color-scheme:dark){body{color:#e3e6ea;background:#15181c}
.verdict{background:#14271c}.verdict.broken{background:#331614}
th,td{border-color:#333a42}figure>svg line{stroke:#333a42}figure>svg text,p.note{fill:#a3acb8;
color:#a3acb8}}
"""
_BLUE, _ORANGE, _GREY = "#2563ad", "#c2571a", "#7b8794"
_ORDER = (
    "handshake",
    "login",
    "admitted",
    "group",
    "open",
    "booklet",
    "asset",
    "load",
    "save",
    "kept",
)
_MEANING = {
    "handshake": "connecting, with TLS",
    "login": "one attempt to log in",
    "admitted": "from first asking to being logged in",
    "group": "a teacher's list of pupils",
    "open": "beginning a part",
    "booklet": "fetching the booklet",
    "asset": "fetching a picture",
    "load": "loading a stored sheet",
    "save": "one attempt to save",
    "kept": "from an answer given to its acknowledgement",
}


def page(report: Report) -> str:
    """The whole HTML document."""
    profile = report.profile
    title = f"Rehearsal: {profile.name}, {profile.pupils:,} pupils"
    where = ", ".join(report.urls)
    words = "".join(f"<p>{escape(sentence)}</p>" for sentence in report.verdict)
    broken = "" if report.sound else " broken"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1><p class=note>{escape(report.date)} · {escape(where)}</p>"
        f'<section class="verdict{broken}">{words}</section>'
        f"<h2>How long it took</h2>{_times(report)}"
        '<p class="note">Milliseconds, counted from the moment each request was due, so that what '
        "waits in a line counts as waiting. p99: 99 of 100 were faster.</p>"
        f"{_charts(report)}<h2>Promises</h2>{_promises(report)}"
        f"<h2>Refusals and lost answers</h2>{_troubles(report)}"
        f"<h2>What it cost</h2>{_cost(report)}<h2>How it was played</h2>{_played(report)}"
        "</body></html>\n"
    )


def _times(report: Report) -> str:
    shares = ("p50", "p90", "p99", "p99.9", "max")
    rows = []
    for kind in (kind for kind in _ORDER if kind in report.times):
        figures = report.times[kind]
        cells = "".join(f"<td>{figures[share]:,.1f}</td>" for share in shares)
        rows.append(
            f"<tr><td>{escape(_MEANING[kind])}</td><td>{figures['count']:,.0f}</td>{cells}</tr>"
        )
    head = "".join(f"<th>{share}</th>" for share in shares)
    return f"<table><tr><th></th><th>count</th>{head}</tr>{''.join(rows)}</table>"


def _charts(report: Report) -> str:
    seconds = report.seconds_list
    times = [float(second.at) for second in seconds]
    return "".join(
        (
            chart(
                "Time to save",
                "ms",
                times,
                [
                    Line("p50", [s.p50_ms for s in seconds], _GREY, "2 3"),
                    Line("p99", [s.p99_ms for s in seconds], _BLUE),
                ],
            ),
            chart("Slowest save", "ms", times, [Line("max", [s.max_ms for s in seconds], _ORANGE)]),
            chart(
                "Saves, logins, troubles",
                "a second",
                times,
                [
                    Line("saves", [float(s.saves) for s in seconds], _BLUE),
                    Line("logins", [float(s.logins) for s in seconds], _GREY, "6 3"),
                    Line("troubles", [float(s.troubles) for s in seconds], _ORANGE, "2 3"),
                ],
            ),
        )
    )


def _promises(report: Report) -> str:
    found = report.findings
    rows = [
        ("acknowledged saves", found.acknowledged),
        ("sheets they belong to", found.places),
        ("sheets in the returns", found.returned),
        ("acknowledged and lost", found.lost),
        ("older than acknowledged", found.older),
        ("torn: do not open where they lie", found.torn),
        ("other bytes than acknowledged", found.swapped),
        ("records that nobody sent", found.unexpected),
        ("acknowledged as less than was sent", found.untrue),
        ("records out of order", found.backwards),
        ("strays kept for another reason than said", found.misnamed),
        *((f"strays, expected: {reason}", count) for reason, count in found.strays.items()),
    ]
    listed = _list([(name, f"{count:,}") for name, count in rows])
    examples = "".join(f"<li>{escape(example)}</li>" for example in found.examples)
    return listed + (f"<ul>{examples}</ul>" if examples else "")


def _troubles(report: Report) -> str:
    if not report.troubles:
        return "<p>None.</p>"
    return _list([(name, f"{count:,}") for name, count in report.troubles.items()]) + (
        '<p class="note">A refusal is not a fault: <i>slow-down</i>, <i>busy</i> and <i>queued</i> '
        "ask for a pause; <i>kept</i> means stored as a stray.</p>"
    )


def _cost(report: Report) -> str:
    rows = []
    if report.server.processes:
        rows += [
            ("server CPU a request", f"{report.server_us_per_request:,.0f} µs"),
            ("server CPU in all", f"{report.server.cpu_s:,.1f} s"),
            ("server memory at most", f"{report.server.most_mb:,.0f} MB"),
        ]
        rows += [
            (
                f"— {sight.name}",
                f"{sight.cpu_s:,.1f} s, {sight.first_mb:,.0f} → {sight.last_mb:,.0f} MB",
            )
            for sight in report.server.sights
            if sight.cpu_s >= 0.05
        ]
    else:
        rows.append(("server", "its processes are not on this machine, or were not to be seen"))
    rows.append(("generators' CPU a request", f"{report.generator_us_per_request:,.0f} µs"))
    return _list(rows)


def _played(report: Report) -> str:
    profile, wire, machine = report.profile, report.wire, report.machine
    return _list(
        [
            ("profile", f"{profile.name}: {profile.about}"),
            ("lasted", f"{report.seconds:,.0f} s"),
            ("requests", f"{report.requests:,} ({report.requests_per_s:,.0f} a second)"),
            ("connections made", f"{wire.get('connects', 0):,}"),
            (
                "TLS handshakes",
                f"{wire.get('handshakes', 0):,} full, {wire.get('resumed', 0):,} resumed",
            ),
            ("connections lost under way", f"{wire.get('lost', 0):,}"),
            ("generators", f"{report.generators} on {machine.cores} cores, {machine.processor}"),
            ("system", f"{machine.system}, Python {machine.python}, {machine.memory_gb:g} GB"),
            ("commit", report.commit or "not a working copy"),
            ("campaign", report.campaign),
        ]
    )


def _list(rows: list[tuple[str, str]]) -> str:
    return (
        "<dl>"
        + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
        + "</dl>"
    )
