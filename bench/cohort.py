"""A year group at the authority: enrolled, written into a kit, collected. Prints JSON.

    python bench/cohort.py [--pupils N …] [--workers N] [--mark] [--out FILE.json] [--folder DIR]
                           [--minutes N]

For each size: a synthetic roll (classes of 25, schools of 150) and one part of sixty choices, then
the real commands, each as a process of its own: `enrol`, `kit write` twice, `collect file` on a
file of sealed sheets made here, the same once more, and on demand `mark run`. Of each: seconds,
core-seconds of all its processes, the memory of the largest of them. Sequence numbers are large
and not consecutive. `pbkdf2_us`, one code stretched in the same minute, tells how crowded the
machine was: 2,000 rounds a seat are most of enrolment. Everything lies in a temporary folder (about
5 KB a pupil) that is removed; after N minutes (180) the run is given up.
"""

import argparse
import hashlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

CAMPAIGN = "cohorte-2026"
PART = "francais"
ITEMS = 60
IN_CLASS, CLASSES_IN_SCHOOL = 25, 6
BATCH = 5_000
FIRST_SEQ = 3 << 48
FLAT = ("core_us_a_pupil", "largest_process_mib")
GOALS = {"enrol_core_minutes": 15, "collect_core_minutes": 3, "pupils": 830_000}
NAMESPACE = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pupils", type=int, nargs="+", default=[20_000])
    parser.add_argument("--workers", type=int, help="Processes of each command; all cores if not.")
    parser.add_argument("--mark", action="store_true", help="Mark the sheets too.")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--folder", type=Path, help="Where the temporary folder is made.")
    parser.add_argument("--minutes", type=int, default=180, help="Give up after so many.")
    parser.add_argument("--stage", nargs="+", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.stage:
        name, home, *rest = chosen.stage
        STAGES[name](Path(home), *rest)
        return
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    signal.alarm(60 * chosen.minutes)
    found: dict[str, Any] = {"machine": machine(), "goals": GOALS, "sizes": {}}
    for pupils in chosen.pupils:
        with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
            measured = measure(Path(folder), pupils, chosen.workers, mark=chosen.mark)
        found["sizes"][str(pupils)] = measured
    found["flatness"] = flatness(found["sizes"])
    text = json.dumps(found, indent=2)
    print(text)  # noqa: T201
    if chosen.out:
        chosen.out.write_text(text + "\n")


def measure(folder: Path, pupils: int, workers: int | None, *, mark: bool) -> dict[str, Any]:
    """All stages at one size."""
    home, returns = folder / "authority", folder / "returns.bin"
    ardoise = [sys.executable, "-m", "ardoise", "authority", "--home", str(home)]
    stretched_us = pbkdf2_us()
    spread = [] if workers is None else ["--workers", str(workers)]
    subprocess.run([*ardoise, "init"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    stage("make", home, pupils)
    kit = ["kit", "write", CAMPAIGN, "--json", *spread, "--out"]
    found = {
        "enrol": timed([*ardoise, "enrol", "run", CAMPAIGN, "--json", *spread]),
        "kit": timed([*ardoise, *kit, str(folder / "one.zip")]),
        "second_kit": timed([*ardoise, *kit, str(folder / "two.zip")]),
    }
    found["second_kit"]["chunks_that_changed"] = changed(folder / "one.zip", folder / "two.zip")
    stage("fabricate", home, returns)
    collect = [*ardoise, "collect", "file", CAMPAIGN, "--json", *spread, str(returns)]
    found["collect"] = timed(collect)
    found["collect_again"] = timed(collect)
    if found["collect"]["report"]["sheets"] != pupils:
        raise RuntimeError("not every sheet was stored")
    if mark:
        found["mark"] = timed([*ardoise, "mark", "run", CAMPAIGN, "--json"])
    for each in found.values():
        each["core_us_a_pupil"] = round(each["core_seconds"] / pupils * 1e6, 1)
        year_group = each["core_us_a_pupil"] * GOALS["pupils"] / 60e6
        each["core_minutes_of_a_year_group_at_this_rate"] = round(year_group, 2)
    sizes = {path.name: path.stat().st_size >> 20 for path in (home / "authority.sqlite3", returns)}
    return {**found, "mib": sizes, "pbkdf2_us": stretched_us}


def timed(call: list[str]) -> dict[str, Any]:
    """Run a command to its end. Raises RuntimeError if it failed."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(call, stdout=said)  # noqa: S603
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        output = said.read().decode()
    if process.returncode:
        raise RuntimeError(f"{call[5:7]} ended with {process.returncode}")
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "core_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "largest_process_mib": usage.ru_maxrss >> 10,
        "report": json.loads(output),
    }


def flatness(sizes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Core time a pupil, and memory, at the largest size as a multiple of those at the smallest."""
    ordered = sorted(sizes, key=int)
    least, most = sizes[ordered[0]], sizes[ordered[-1]]
    return {
        name: {of: round(most[name][of] / least[name][of], 2) for of in FLAT}
        for name in least
        if isinstance(least[name], dict) and "report" in least[name]
    }


def pbkdf2_us() -> float:
    """Core time of one stretching, as enrolment does it for each seat."""
    started = time.process_time()
    for _ in range(200):
        hashlib.pbkdf2_hmac("sha256", b"0123456789AB", b"salt", 2_000, 32)
    return round((time.process_time() - started) / 200 * 1e6, 1)


def changed(one: Path, other: Path) -> str:
    """Chunks of the second kit that the first does not have, of how many."""
    import zipfile

    names = [
        {name for name in zipfile.ZipFile(path).namelist() if name.startswith("chunks/")}
        for path in (one, other)
    ]
    return f"{len(names[1] - names[0])} of {len(names[1])}"


def stage(name: str, *arguments: object) -> None:
    """A stage of our own, not measured, in a process that leaves no memory behind."""
    call = [sys.executable, __file__, "--stage", name, *map(str, arguments)]
    subprocess.run(call, check=True)  # noqa: S603


def make(home: Path, pupils: str) -> None:
    """A campaign, its part and its roll, straight into the database."""
    from ardoise import authority

    authority.setup(home)
    from django.conf import settings
    from django.db import transaction

    from ardoise.authority.campaigns.models import Campaign, Part
    from ardoise.authority.registry.labels import set_label
    from ardoise.authority.registry.models import ClassGroup, Pupil, School
    from ardoise.clock import system_clock

    key = settings.KEYRING.add_campaign(CAMPAIGN)
    now = system_clock()
    campaign = Campaign.objects.create(
        id=CAMPAIGN, title="Cohorte", level="6e", file="", created_at=now,
        opens_at=now - timedelta(hours=1), closes_at=now + timedelta(days=1),
    )  # fmt: skip
    Part.objects.create(
        campaign=campaign, part=PART, position=0, title="Français", minutes=50, writer="pupil",
        package=package(), package_name=PART, digest="0" * 64,
    )  # fmt: skip
    left, school = int(pupils), 0
    while left > 0:
        with transaction.atomic():
            for _ in range(20):
                held = School.objects.create(uai=f"{school:07d}A", name=f"Collège {school}")
                school += 1
                for number in range(CLASSES_IN_SCHOOL):
                    size = min(IN_CLASS, left)
                    left -= size
                    if size == 0:
                        continue
                    group = ClassGroup(campaign=campaign, school=held, level="6e")
                    set_label(key, group, f"6e {number}").save(force_insert=True)
                    Pupil.objects.bulk_create(pupil(key, group) for _ in range(size))


def pupil(key: Any, group: Any) -> Any:
    """One synthetic pupil."""
    from ardoise.authority.registry.identity import Identity, seal_identity, seal_time
    from ardoise.authority.registry.models import Pupil
    from ardoise.seal.randomness import reference

    name = reference()
    identity = Identity(family_name=name, first_name="Élève", birth_date=date(2015, 3, 4))
    return Pupil(
        id=name,
        campaign_id=CAMPAIGN,
        class_group=group,
        identity=seal_identity(key, name, identity),
        ine_index=key.index("registry/ine", name),
        person_index=key.index("registry/person", name),
        working_time=seal_time(key, name, 100),
    )


def package() -> bytes:
    """Sixty choices of four options as a zipped QTI package."""
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        listed = []
        for number in range(ITEMS):
            name = f"item-{number:02d}"
            archive.writestr(f"{name}.xml", item_xml(name))
            listed.append(
                f'<resource identifier="{name}" type="imsqti_item_xmlv3p0" href="{name}.xml">'
                f'<file href="{name}.xml"/></resource>'
            )
        archive.writestr(
            "imsmanifest.xml",
            '<manifest xmlns="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1" identifier="m">'
            "<metadata><schema>QTI Package</schema><schemaversion>3.0.0</schemaversion></metadata>"
            f"<organizations/><resources>{''.join(listed)}</resources></manifest>",
        )
    return packed.getvalue()


def item_xml(name: str) -> str:
    """One choice."""
    options = "".join(
        f'<qti-simple-choice identifier="{option}">{option}</qti-simple-choice>'
        for option in "ABCD"
    )
    template = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"
    return (
        f'<qti-assessment-item xmlns="{NAMESPACE}" identifier="{name}" title="" adaptive="false" '
        'time-dependent="false"><qti-response-declaration identifier="RESPONSE" '
        'cardinality="single" base-type="identifier"><qti-correct-response><qti-value>B</qti-value>'
        "</qti-correct-response></qti-response-declaration><qti-outcome-declaration "
        'identifier="SCORE" cardinality="single" base-type="float"/><qti-item-body>'
        '<qti-choice-interaction response-identifier="RESPONSE" max-choices="1">'
        f"<qti-prompt>?</qti-prompt>{options}</qti-choice-interaction></qti-item-body>"
        f'<qti-response-processing template="{template}"/></qti-assessment-item>'
    )


def fabricate(home: Path, out: str) -> None:
    """A file of returns: one sealed sheet for each pupil's seat, in a random order of seats."""
    from ardoise import authority

    authority.setup(home)
    from django.conf import settings

    from ardoise.authority.campaigns.models import Part
    from ardoise.authority.enrolment.forms import keymaps_of
    from ardoise.authority.enrolment.models import Seat
    from ardoise.contract.returns import End, frame

    key = settings.KEYRING.campaign_key(CAMPAIGN)
    keys = keymaps_of(Part.objects.get())[1]
    names = {
        item: {response: tuple(held.options or ()) for response, held in inside.responses.items()}
        for item, inside in keys.items.items()
    }
    seats = Seat.objects.filter(role="pupil", spare=False).order_by("pk")
    place = 0
    with (
        Path(out).open("wb") as file,
        ProcessPoolExecutor(mp_context=get_context("spawn")) as pool,
    ):
        for share in batches(seats):
            work = [(names, key.secret, *seat) for seat in share]
            for made in pool.map(sealed_sheet, work, chunksize=200):
                number, sealed = made
                place += 1
                file.write(frame(head(FIRST_SEQ + (place << 5), number), sealed))
        file.write(frame(End(FIRST_SEQ + (place << 5), more=False)))


def batches(seats: Any) -> Iterator[list[tuple[str, bytes, bytes]]]:
    """Number, sealed code and sealed root of the seats, some at a time."""
    last = ""
    while some := list(seats.filter(pk__gt=last)[:BATCH]):
        last = some[-1].pk
        yield [(s.number, bytes(s.code), bytes(getattr(s, "root", b""))) for s in some]


def head(seq: int, number: str) -> Any:
    """As delivery would have it."""
    from ardoise.contract.returns import Record

    return Record(seq, number, PART, number, 1, 57, 1_790_000_000_000 + seq % 10_000_000)


def sealed_sheet(work: tuple[Any, ...]) -> tuple[str, bytes]:
    """A sheet as a pupil's browser would seal it: some items left out, times to the tenth."""
    import msgspec
    import numpy as np

    from ardoise.authority.keyring import CampaignKey
    from ardoise.contract.sheet import Sheet
    from ardoise.seal.derive import SeatKeys
    from ardoise.seal.envelope import seal, sheet_context

    names, secret, number, code, root = work
    key, rng = CampaignKey(secret), np.random.default_rng(int(number))
    if root:
        keys = SeatKeys(key.unseal("enrolment_seat", number, "root", root))
    else:
        plain = key.unseal("enrolment_seat", number, "code", code).decode()
        keys = SeatKeys.from_code(code=plain, campaign=CAMPAIGN, number=number)
    reached = list(names)[: ITEMS if rng.random() < 0.75 else int(rng.integers(1, ITEMS + 1))]
    chosen, given = rng.integers(0, 4, ITEMS).tolist(), (rng.random(ITEMS) > 0.03).tolist()
    seconds = rng.exponential(40, ITEMS).round(1).tolist()
    sheet = Sheet(
        "ardoise-sheet/2", CAMPAIGN, number, PART, 57, "pupil", reached[-1], tuple(reached),
        {
            item: {response: (options[one],) for response, options in names[item].items()}
            for item, one, answered in zip(reached, chosen, given, strict=False)
            if answered
        },
        dict(zip(reached, seconds, strict=False)),
    )  # fmt: skip
    context = sheet_context(campaign=CAMPAIGN, number=number, part=PART, version=57)
    return number, seal(keys.sheet_key(PART), context, msgspec.json.encode(sheet))


def machine() -> dict[str, Any]:
    """What it ran on, when, and at which commit."""
    from ardoise.clock import system_clock

    named = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    said = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent,
    )  # fmt: skip
    return {
        "date": system_clock().isoformat(timespec="seconds"),
        "commit": said.stdout.strip(),
        "processor": named[0] if named else "unknown",
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


STAGES = {"make": make, "fabricate": fabricate}

if __name__ == "__main__":
    main()
