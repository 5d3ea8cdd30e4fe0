"""The report that a data protection officer signs: a record in, a document of blocks out.

Screen (report_html) and paper (the authority's typst template) draw the same blocks.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from ardoise.disclosure.release.plan import read_plan
from ardoise.disclosure.release.record import Decided, Record, digest_of_record
from ardoise.disclosure.release.report_words import (
    WORDS,
    LanguageCode,
    advice_words,
    check_words,
    estimate_words,
    value_words,
)
from ardoise.disclosure.release.summary import FileSummary, TablesSummary

_NBSP, _THIN = "\u00a0", "\u202f"


class Paragraph(Struct, frozen=True, tag="paragraph"):
    """Text."""

    text: str


class Notice(Struct, frozen=True, tag="notice"):
    """What must not be missed. `kind`: good, warn or stop."""

    kind: str
    text: str


class Points(Struct, frozen=True, tag="points"):
    """A list."""

    items: tuple[str, ...]


class Facts(Struct, frozen=True, tag="facts"):
    """Label and value."""

    rows: tuple[tuple[str, str], ...]


class Grid(Struct, frozen=True, tag="grid"):
    """A table; `marks` (one a row, or none): True where a row holds."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marks: tuple[bool, ...] = ()
    small: bool = False


class Bar(Struct, frozen=True):
    """`value` and `limit` between 0 and 1; `text` says all that the bar shows."""

    label: str
    value: float
    text: str
    limit: float | None = None


class Bars(Struct, frozen=True, tag="bars"):
    """Lengths to look at."""

    caption: str
    bars: tuple[Bar, ...]


class Signatures(Struct, frozen=True, tag="signatures"):
    """Lines to sign on: role, and what is known of it already."""

    header: tuple[str, str, str]
    rows: tuple[tuple[str, str, str], ...]


Block = Paragraph | Notice | Points | Facts | Grid | Bars | Signatures


class Section(Struct, frozen=True):
    """A heading and what stands under it."""

    heading: str
    blocks: tuple[Block, ...]


class Report(Struct, frozen=True):
    """The document."""

    language: LanguageCode
    kind: str
    title: str
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...]


def report(
    record: Record, decisions: Sequence[Decided], language: LanguageCode, *, left: bool = False
) -> Report:
    """`left`: the files have been released."""
    return _Writer(record, decisions, language, left=left).report()


class _Writer:
    def __init__(
        self, record: Record, decisions: Sequence[Decided], language: LanguageCode, *, left: bool
    ) -> None:
        self.record, self.decisions, self.language, self.left = record, decisions, language, left
        self.plan = read_plan(record.plan, name="plan.toml")

    def say(self, word: str, **values: object) -> str:
        text = WORDS[self.language][word]
        assert isinstance(text, str)  # noqa: S101 - the one tuple is read apart
        return text.format(**values)

    def share(self, value: float, places: int = 1) -> str:
        return self.number(value * 100, places) + f"{_NBSP}%"

    def number(self, value: float, places: int = 0) -> str:
        text = f"{value:,.{places}f}".replace(",", _THIN)
        return text.replace(".", ",") if self.language == "fr" else text

    def moment(self, at_ms: int) -> str:
        return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"

    def report(self) -> Report:
        sections = [
            self._change(), self._what(), self._bounds(), self._attacks(), self._lost(),
            self._limits(), self._decided(), self._digests(),
        ]  # fmt: skip
        return Report(
            self.language, self.say("title"), self.plan.title, self._head(),
            tuple(one for one in sections if one is not None),
        )  # fmt: skip

    def _head(self) -> tuple[Block, ...]:
        record = self.record
        proposed = f"{self.moment(record.proposed_ms)}, {self.say('by')} {record.proposed_by}"
        facts = Facts(
            (
                (self.say("campaign"), f"{record.campaign_title} ({record.campaign})"),
                (self.say("recipient"), self.plan.recipient),
                (self.say("purpose"), self.plan.purpose),
                (self.say("proposed"), proposed),
                (self.say("software"), record.software),
            )
        )
        if not record.verdict.passed:
            return Notice("stop", self.say("fail")), facts
        if any(not one.confirmed for one in self.decisions):
            return Notice("warn", self.say("declined")), facts
        after = self.say("pass-left" if self.left else "pass-waits")
        return Notice("good", f"{self.say('pass')} {after}"), facts

    def _change(self) -> Section | None:
        failed = self.record.verdict.failed
        if not failed:
            return None
        colon = f"{_NBSP}:" if self.language == "fr" else ":"
        items = tuple(
            f"{one.part}, {check_words(one.promise, self.language)}{colon} "
            f"{advice_words(one.advice, self.language)}."
            for one in failed
        )
        return Section(self.say("change"), (Points(tuple(dict.fromkeys(items))),))

    def _what(self) -> Section:
        rows: list[tuple[str, ...]] = []
        blocks: list[Block] = []
        summary = self.record.summary
        for one in summary.files:
            plan = next(file for file in self.plan.files if file.name == one.name)
            columns = ", ".join((*plan.quasi, *(s.column for s in plan.sensitive), *plan.keep))
            extent = self.say("rows", n=self.number(one.rows), of=self.number(summary.rows))
            rows.append((one.name, self.say("file-kind"), self.say(one.tier), extent, columns))
        for tables in summary.tables:
            for table in tables.tables:
                by = next(t.by for t in self.plan.tables if t.name == table.name)
                extent = self.say(
                    "cells", n=self.number(table.cells), hidden=self.number(table.hidden)
                )
                rows.append(
                    (table.name, self.say("table-kind"), self.say("open"), extent, " × ".join(by))
                )
        for noisy in summary.noisy:
            by = next(p.by for p in self.plan.private if p.name == noisy.name)
            extent = self.say("noise", e=noisy.epsilon)
            rows.append(
                (noisy.name, self.say("noisy-kind"), self.say("open"), extent, " × ".join(by))
            )
        header = tuple(self.say(word) for word in ("part", "kind", "tier", "extent", "columns"))
        blocks.append(Grid(header, tuple(rows)))
        if any(one.tier == "secure" for one in summary.files):
            blocks.append(Notice("warn", self.say("secure-note")))
        return Section(self.say("what"), tuple(blocks))

    def _bounds(self) -> Section:
        checks = self.record.verdict.checks
        rows = tuple(
            (
                one.part,
                check_words(one.promise, self.language),
                value_words(one.bound, self.language),
                value_words(one.found, self.language),
                self.say("holds" if one.passed else "fails"),
            )
            for one in checks
        )
        header = tuple(self.say(w) for w in ("part", "promise", "bound", "found", "verdict"))
        marks = tuple(one.passed for one in checks)
        return Section(
            self.say("bounds"),
            (Paragraph(self.say("bounds-lead")), Grid(header, rows, marks, small=True)),
        )

    def _attacks(self) -> Section | None:
        summary = self.record.summary
        blocks: list[Block] = []
        if summary.files:
            bars = tuple(self._success(one) for one in summary.files)
            blocks.append(Bars(self.say("reid"), bars))
            rows = tuple(
                (
                    f"{one.name}, {guess.column}", self.share(guess.blind),
                    self.share(guess.informed), self.share(guess.certain, 2),
                )
                for one in summary.files
                for guess in one.inferred
            )  # fmt: skip
            words = ("infer-cols", "without", "with", "certain")
            if rows:
                blocks.append(Paragraph(self.say("infer")))
                blocks.append(Grid(tuple(self.say(word) for word in words), rows))
        blocks += [self._tables_found(tables) for tables in summary.tables]
        blocks += [
            Paragraph(
                self.say(
                    "noisy-found", name=one.name, e=one.epsilon, error=self.number(one.error, 1),
                    budget=self.record.budget, left=self.record.budget_left,
                )
            )
            for one in summary.noisy
        ]  # fmt: skip
        return Section(self.say("attacks"), tuple(blocks)) if blocks else None

    def _success(self, one: FileSummary) -> Bar:
        text = self.say(
            "reid-text", name=one.name, success=self.share(one.success), bound=self.share(one.bound)
        )
        # Drawn on a scale that ends well beyond the bound, so that both can be seen.
        top = max(2 * one.bound, one.success, 1e-9)
        return Bar(one.name, min(one.success / top, 1.0), text, one.bound / top)

    def _tables_found(self, tables: TablesSummary) -> Paragraph:
        history = self.say("with-history", n=tables.attacked_with) if tables.attacked_with else ""
        names = ", ".join(one.name for one in tables.tables)
        text = self.say(
            "tables-found", small=self.number(tables.small), others=self.number(tables.for_them),
            programmes=self.number(tables.programmes), history=history,
            recovered=tables.recovered, close=tables.too_close,
        )  # fmt: skip
        if tables.narrowest is not None and tables.middle is not None:
            text += " " + self.say(
                "intervals", narrow=self._width(tables.narrowest), middle=self._width(tables.middle)
            )
        colon = f"{_NBSP}:" if self.language == "fr" else ":"
        return Paragraph(f"{names}{colon} {text}")

    def _width(self, value: float) -> str:
        return self.number(value) if value < 1e15 else "∞"

    def _lost(self) -> Section:
        summary = self.record.summary
        blocks: list[Block] = []
        for one in summary.files:
            bars = tuple(
                Bar(
                    column, share,
                    self.say("kept-text", column=column, share=self.share(share, 0)),
                )
                for column, share in one.kept
            )  # fmt: skip
            blocks.append(Bars(self.say("kept", name=one.name), bars))
            blocks.append(Paragraph(self._rows_lost(one)))
        shown = [table for tables in summary.tables for table in tables.tables]
        if shown:
            bars = tuple(
                Bar(
                    table.name, table.hidden / max(table.cells, 1),
                    self.say(
                        "hidden-text", name=table.name, hidden=self.number(table.hidden),
                        cells=self.number(table.cells),
                        share=self.share(table.hidden / max(table.cells, 1)),
                    ),
                )
                for table in shown
            )  # fmt: skip
            blocks.append(Bars(self.say("hidden"), bars))
        if not blocks:
            blocks.append(Paragraph(self.say("none")))
        return Section(self.say("lost"), tuple(blocks))

    def _rows_lost(self, one: FileSummary) -> str:
        text = self.say(
            "dropped", name=one.name, rows=self.number(one.rows), of=self.number(one.of)
        )
        if one.left_out > 0:
            joint = _NBSP if self.language == "fr" else ""
            text += joint + self.say("left-out", share=self.share(one.left_out, 0))
        moved = self.say(
            "moved",
            name=one.name,
            what=estimate_words(one.most_moved_what, self.language),
            by=self.number(one.most_moved, 3),
        )
        return f"{text}. {moved}" if one.most_moved_what else f"{text}."

    def _limits(self) -> Section:
        texts = WORDS[self.language]["limits-text"]
        return Section(self.say("limits"), (Points(tuple(texts)),))

    def _decided(self) -> Section:
        rows = []
        for one in self.decisions:
            word = self.say("confirmed" if one.confirmed else "refused")
            reason = f" ({one.reason})" if one.reason else ""
            rows.append((one.login, f"{word}{reason}, {self.moment(one.at_ms)}"))
        told: Block = Facts(tuple(rows)) if rows else Paragraph(self.say("nobody"))
        confirmed = [one for one in self.decisions if one.confirmed]
        lines = [
            (
                self.say("officer"),
                confirmed[n].login if n < len(confirmed) else "",
                self.moment(confirmed[n].at_ms) if n < len(confirmed) else "",
            )
            for n in range(2)
        ]
        lines.append((self.say("dpo"), "", ""))
        header = (self.say("name"), self.say("date"), self.say("signature"))
        return Section(self.say("decisions"), (told, Signatures(header, tuple(lines))))

    def _digests(self) -> Section:
        record = self.record
        rows = [
            (self.say("data"), record.verdict.data, ""),
            (self.say("record"), digest_of_record(record), ""),
            *((one.name, one.sha256, self.number(one.size)) for one in record.files),
        ]
        header = (self.say("file"), "SHA-256", self.say("size"))
        return Section(
            self.say("digests"),
            (Paragraph(self.say("digests-text")), Grid(header, tuple(rows), small=True)),
        )
