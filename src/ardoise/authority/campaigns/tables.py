"""Reads typed values out of a TOML table, noting a finding with its line for what is wrong."""

import difflib
import math
import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from ardoise.authority.campaigns.lines import Path, line_at
from ardoise.authority.findings import Findings


class Table:
    """One table of the file. Every reader gives None after noting a finding."""

    def __init__(
        self, values: dict[str, Any], path: Path, lines: dict[Path, int], found: Findings
    ) -> None:
        self._values = values
        self.path = path
        self._lines = lines
        self._found = found
        self._known: list[str] = []

    def line(self, *steps: str | int) -> int | None:
        """The line of something in this table."""
        return line_at(self._lines, (*self.path, *steps))

    def fault(self, kind: str, *steps: str | int, **details: str | int) -> None:
        """Note a finding at something in this table."""
        field = next((str(step) for step in reversed(steps) if isinstance(step, str)), "")
        self._found.add(kind, self.line(*steps), None, field, **details)

    def text(self, key: str, example: str, *, pattern: str = "", limit: int = 200) -> str | None:
        """A string of 1 to `limit` characters, of that pattern if given."""
        value: str | None = self._take(key, str, f'"{example}"')
        if value is None:
            return None
        tidy = " ".join(value.split())
        sound = tidy.isprintable() and (not pattern or re.fullmatch(pattern, value))
        if not sound or not tidy or len(tidy) > limit:
            self.fault("form", key, key=key, example=f'"{example}"')
            return None
        return tidy

    def choice(self, key: str, allowed: Collection[str]) -> str | None:
        """One of some strings."""
        example = next(iter(allowed))
        value: str | None = self._take(key, str, f'"{example}"')
        if value is not None and value not in allowed:
            self.fault("choice", key, key=key, known=", ".join(allowed))
            return None
        return value

    def integer(self, key: str, low: int, high: int, *, default: int | None = None) -> int | None:
        """An integer within bounds; `default` where there is none."""
        if default is not None and key not in self._values:
            self._known.append(key)
            return default
        value: int | None = self._take(key, int, str(default or low))
        if value is not None and not low <= value <= high:
            self.fault("range", key, key=key, low=low, high=high)
            return None
        return value

    def moment(self, key: str) -> datetime | None:
        """An instant with its offset from UTC."""
        example = "2026-11-23T07:00:00+01:00"
        value: datetime | None = self._take(key, datetime, example)
        if value is not None and value.tzinfo is None:
            self.fault("no-zone", key, key=key, example=example)
            return None
        return value

    def texts(
        self, key: str, example: str, low: int, high: int, *, pattern: str
    ) -> tuple[str, ...] | None:
        """A list of different strings of that pattern."""
        values = self._list(key, example, low, high)
        if values is None:
            return None
        first: dict[str, int] = {}
        sound = True
        for index, value in enumerate(values):
            if not isinstance(value, str) or not re.fullmatch(pattern, value):
                self.fault("form", key, index, key=key, example=example)
                sound = False
            elif value in first:
                other = self.line(key, first[value]) or 0
                self.fault("twice", key, index, value=value, other=other)
                sound = False
            else:
                first[value] = index
        return tuple(values) if sound else None

    def numbers(self, key: str, example: str, low: int, high: int) -> tuple[float, ...] | None:
        """A list of finite numbers that ascend."""
        values = self._list(key, example, low, high)
        if values is None:
            return None
        for index, value in enumerate(values):
            if isinstance(value, bool) or not isinstance(value, int | float):
                self.fault("type", key, index, key=key, example=example)
                return None
            if not math.isfinite(value) or abs(value) > 1e6:
                self.fault("range", key, index, key=key, low=-1_000_000, high=1_000_000)
                return None
            if index and value <= values[index - 1]:
                self.fault("thresholds-order", key, index)
                return None
        return tuple(map(float, values))

    def table(self, key: str, example: str) -> "Table | None":
        """A table under this one."""
        value = self._take(key, dict, example)
        if value is None:
            return None
        return Table(value, (*self.path, key), self._lines, self._found)

    def tables(self, key: str, example: str, high: int) -> "list[Table]":
        """A list of one to `high` tables; empty after a finding."""
        values = self._list(key, example, 1, high) or []
        if not all(isinstance(value, dict) for value in values):
            self.fault("type", key, key=key, example=example)
            return []
        return [
            Table(value, (*self.path, key, index), self._lines, self._found)
            for index, value in enumerate(values)
        ]

    def close(self) -> None:
        """Refuse the keys that nobody asked for, with the nearest known one."""
        for key in self._values:
            if key in self._known:
                continue
            shown = "".join(c if c.isprintable() else "?" for c in key)[:40]
            near = difflib.get_close_matches(key, self._known, 1, 0.6)
            if near:
                self.fault("unknown-key-near", key, key=shown, near=near[0])
            else:
                self.fault("unknown-key", key, key=shown, known=", ".join(self._known))

    def _list(self, key: str, example: str, low: int, high: int) -> list[Any] | None:
        values: list[Any] | None = self._take(key, list, example)
        if values is not None and not low <= len(values) <= high:
            self.fault("count", key, key=key, count=len(values), low=low, high=high)
            return None
        return values

    def _take(self, key: str, kind: type, example: str) -> Any:
        self._known.append(key)
        if key not in self._values:
            self.fault("missing", key=key, example=example)
            return None
        value = self._values[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            self.fault("type", key, key=key, example=example)
            return None
        return value
