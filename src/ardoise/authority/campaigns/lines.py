"""Where in a TOML text each key and array element stands: tomllib gives values without lines.

Reads only text that tomllib has already accepted, so it need not judge syntax, only follow it.
"""

Path = tuple[str | int, ...]
_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def lines_of(text: str) -> dict[Path, int]:
    """Path of each table, key and array element → its line, from 1.

    Tables of an array carry their index: `("parts", 0, "id")`.
    """
    return _Scanner(text.replace("\r\n", "\n")).scan()


def line_at(lines: dict[Path, int], path: Path) -> int | None:
    """The line of a path, or of the nearest thing around it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip(newlines=True):
            if self._peek("["):
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _peek(self, token: str) -> bool:
        return self._text.startswith(token, self._at)

    def _step(self, count: int = 1) -> None:
        self._line += self._text.count("\n", self._at, self._at + count)
        self._at += count

    def _skip(self, *, newlines: bool) -> bool:
        """Pass spaces, comments and, if asked, line ends. False at the end of the text."""
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == "#":
                end = self._text.find("\n", self._at)
                self._step((end if end >= 0 else len(self._text)) - self._at)
            elif char in " \t" or (newlines and char in "\n\r"):
                self._step()
            else:
                return True
        return False

    def _header(self) -> Path:
        brackets = 2 if self._peek("[[") else 1
        line = self._line
        self._step(brackets)
        *outer, last = self._key("]")
        self._step(brackets)
        path: Path = ()
        for name in outer:
            path = self._latest((*path, name))
        path = (*path, last)
        if brackets == 2:
            index = self._counts.get(path, 0)
            self._counts[path] = index + 1
            self._lines.setdefault(path, line)
            path = (*path, index)
        self._lines.setdefault(path, line)
        return path

    def _latest(self, path: Path) -> Path:
        """The path, or its last element so far if it is an array of tables."""
        return (*path, self._counts[path] - 1) if path in self._counts else path

    def _key(self, end: str) -> list[str]:
        names: list[str] = []
        while self._skip(newlines=False) and not self._peek(end):
            char = self._text[self._at]
            if char in "\"'":
                start = self._at
                self._string()
                names.append(self._text[start + 1 : self._at - 1])
            elif char in _BARE:
                start = self._at
                while self._at < len(self._text) and self._text[self._at] in _BARE:
                    self._step()
                names.append(self._text[start : self._at])
            else:
                self._step()
        return names

    def _pair(self, table: Path) -> None:
        line = self._line
        path = (*table, *self._key("="))
        for length in range(len(table) + 1, len(path) + 1):
            self._lines.setdefault(path[:length], line)
        self._step()
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip(newlines=False)
        if self._peek("["):
            self._array(path)
        elif self._peek("{"):
            self._inline(path)
        elif self._peek('"') or self._peek("'"):
            self._string()
        else:
            while self._at < len(self._text) and self._text[self._at] not in ",]}\n#":
                self._step()

    def _array(self, path: Path) -> None:
        self._step()
        index = 0
        while self._skip(newlines=True) and not self._peek("]"):
            if self._peek(","):
                self._step()
                continue
            self._lines.setdefault((*path, index), self._line)
            self._value((*path, index))
            index += 1
        self._step()

    def _inline(self, path: Path) -> None:
        self._step()
        while self._skip(newlines=True) and not self._peek("}"):
            if self._peek(","):
                self._step()
                continue
            self._pair(path)
        self._step()

    def _string(self) -> None:
        quote = self._text[self._at]
        fence = quote * 3 if self._peek(quote * 3) else quote
        self._step(len(fence))
        while self._at < len(self._text) and not self._peek(fence):
            self._step(2 if quote == '"' and self._peek("\\") else 1)
        self._step(len(fence))
        # A multi-line string may end in one or two quotes of its own.
        while len(fence) == 3 and self._peek(quote):
            self._step()
