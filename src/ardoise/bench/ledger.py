"""What was sent and what was acknowledged, and whether the returns agree.

An acknowledgement is a promise: *this sheet, or a later one of this device, is on disk*. A refusal
that says `kept` is one too. At the end the authority's returns are held against every promise. A
sheet that got no answer may be there or not; anything that was never sent may not.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from msgspec import Struct, field

from ardoise.bench.sheets import mark_of
from ardoise.contract.problems import Kind
from ardoise.contract.returns import Record, StrayReason
from ardoise.seal.envelope import SealError

STRAY_OF: dict[Kind, StrayReason] = {
    "superseded": "superseded",
    "conflict": "conflict",
    "late": "late",
    "unknown-seat": "voided",
}
"""Why a refused sheet is kept, by the kind of the refusal."""
EXAMPLES = 20


class Place(Struct):
    """One sheet's history as its writers know it. Marks stand for sealed bytes (sheets.mark_of)."""

    number: str
    part: str
    version: int = 0
    """Highest acknowledged."""
    mark: bytes = b""
    epoch: int = 0
    open: dict[bytes, int] = field(default_factory=dict)
    """Sent, and no answer that settles it: mark → version. What was refused stays here: an attempt
    before may have been stored."""
    kept: dict[bytes, StrayReason] = field(default_factory=dict)
    """Refused, and said to be kept."""
    replaced: set[bytes] = field(default_factory=set)
    """Acknowledged under an epoch whose place a later one took."""
    acknowledged: int = 0
    """How many saves."""
    untrue: int = 0
    """Acknowledgements that name an older version than the one sent."""

    def sending(self, version: int, mark: bytes) -> None:
        """Before every attempt."""
        self.open[mark] = version

    def saved(self, mark: bytes, version: int, epoch: int, said: int) -> None:
        """An acknowledgement; `said`: the version that it names."""
        if said < version:
            self.untrue += 1
            return
        self.acknowledged += 1
        self.open.pop(mark, None)
        if version > self.version:
            if epoch != self.epoch and self.version:
                self.replaced.add(self.mark)
            self.version, self.mark, self.epoch = version, mark, epoch

    def loaded(self, mark: bytes, version: int) -> None:
        """A device begins with the stored sheet: what is stored needs no answer any more."""
        if version > self.version and self.open.pop(mark, None) is not None:
            self.version, self.mark = version, mark

    def wrote(self, mark: bytes) -> bool:
        """Whether these bytes may be a stray: acknowledged before, or without an answer."""
        return mark == self.mark or mark in self.replaced or mark in self.open

    def strayed(self, mark: bytes, kind: Kind) -> None:
        """A refusal that says `kept`."""
        self.open.pop(mark, None)
        self.kept[mark] = STRAY_OF[kind]


class Findings(Struct):
    """What the comparison says. `sound`: no promise was broken."""

    places: int = 0
    """Sheets with at least one acknowledged save."""
    acknowledged: int = 0
    returned: int = 0
    """Sheets in the returns, each once."""
    bytes: int = 0
    """Of all records that were read."""
    lost: int = 0
    """Acknowledged (or said to be kept), and not there."""
    older: int = 0
    """There, but older than what was acknowledged: the newer answer is lost."""
    torn: int = 0
    """Does not open where it lies: damaged, mixed, or another's."""
    swapped: int = 0
    """Opens, but is not what was acknowledged under this version."""
    unexpected: int = 0
    """Records that nobody sent, or newer than anything sent."""
    untrue: int = 0
    """Acknowledgements of less than what was sent."""
    backwards: int = 0
    """Records whose sequence number did not grow, or sheets that came again in an older version."""
    unanswered: int = 0
    """Sheets newer than acknowledged, stored although their answer was lost: no fault."""
    strays: dict[str, int] = field(default_factory=dict)
    """Expected strays by reason."""
    misnamed: int = 0
    """Strays that were expected for another reason."""
    examples: list[str] = field(default_factory=list)
    """Of faults: what, part, versions. Never a number."""

    @property
    def sound(self) -> bool:
        """Whether every promise was kept."""
        broken = (self.lost, self.older, self.torn, self.swapped, self.unexpected, self.untrue)
        return not any(broken) and not self.backwards and not self.misnamed


Opener = Callable[[Record, bytes], object]
"""Opens a sheet where it lies; raises SealError."""


class Audit:
    """Takes the returns record by record; holds one mark for each sheet."""

    def __init__(self, places: Iterable[Place], opener: Opener) -> None:
        self._places = {(place.number, place.part): place for place in places}
        self._opener = opener
        self._there: dict[tuple[str, str], tuple[int, bytes]] = {}
        self._seq = 0
        self._damaged: set[tuple[str, str]] = set()
        self.findings = Findings()

    def record(self, record: Record, body: bytes) -> None:
        """One record, in the order in which they came."""
        found = self.findings
        found.bytes += len(body)
        if record.seq <= self._seq:
            self._fault("backwards", record, "sequence number")
        self._seq = max(self._seq, record.seq)
        key, mark = (record.number, record.part), mark_of(body)
        place = self._places.get(key)
        try:
            self._opener(record, body)
        except SealError:
            self._fault("torn", record, "does not open in its place")
            self._damaged.add(key)
            return
        if place is None:
            self._fault("unexpected", record, "no sheet was sent for this place")
        elif record.stray is None:
            earlier = self._there.get(key)
            if earlier is not None and record.version < earlier[0]:
                self._fault("backwards", record, f"came after version {earlier[0]}")
            self._there[key] = (record.version, mark)
        else:
            self._stray(place, record, mark)

    def _stray(self, place: Place, record: Record, mark: bytes) -> None:
        reason = record.stray or "?"
        promised = place.kept.pop(mark, None)
        # Bytes that were put aside already are kept once, whatever they are refused for later.
        if promised is not None and reason not in (promised, "replaced"):
            self._fault("misnamed", record, f"kept as {reason}, said to be {promised}")
        # What was put aside for a later device was acknowledged before, or its answer was lost.
        elif promised is None and not place.wrote(mark):
            self._fault("unexpected", record, f"a stray ({reason}) that nobody sent")
        place.replaced.discard(mark)
        self.findings.strays[reason] = self.findings.strays.get(reason, 0) + 1

    def finish(self) -> Findings:
        """Hold every promise against what was there."""
        found = self.findings
        found.returned = len(self._there)
        for key, place in self._places.items():
            found.acknowledged += place.acknowledged
            found.untrue += place.untrue
            found.places += place.version > 0
            self._missing_strays(key, place)
            there = self._there.get(key)
            if key in self._damaged:
                continue
            if there is None:
                if place.version:
                    self._note("lost", place, f"version {place.version} is not there")
            else:
                self._compare(place, *there)
        return found

    def _missing_strays(self, key: tuple[str, str], place: Place) -> None:
        if key in self._damaged:
            return
        for reason in place.kept.values():
            self._note("lost", place, f"a stray ({reason}) is not there")
        for _ in place.replaced:
            self._note("lost", place, "what a later device replaced was not put aside")

    def _compare(self, place: Place, version: int, mark: bytes) -> None:
        if version < place.version:
            self._note("older", place, f"version {version}, acknowledged {place.version}")
        elif version == place.version:
            if mark != place.mark:
                self._note("swapped", place, f"version {version} has other bytes")
        elif place.open.get(mark) == version:
            self.findings.unanswered += 1
        else:
            self._note("unexpected", place, f"version {version} was never sent")

    def _note(self, what: str, place: Place, why: str) -> None:
        setattr(self.findings, what, getattr(self.findings, what) + 1)
        if len(self.findings.examples) < EXAMPLES:
            self.findings.examples.append(f"{what}: {place.part}, {why}")

    def _fault(self, what: str, record: Record, why: str) -> None:
        setattr(self.findings, what, getattr(self.findings, what) + 1)
        if len(self.findings.examples) < EXAMPLES:
            self.findings.examples.append(f"{what}: {record.part} version {record.version}, {why}")


def stray_totals(places: Iterable[Place]) -> dict[str, int]:
    """Strays that writers know of, by reason: those said to be kept, and those replaced."""
    totals: Counter[str] = Counter()
    for place in places:
        totals.update(place.kept.values())
        totals["replaced"] += len(place.replaced)
    return dict(totals)
