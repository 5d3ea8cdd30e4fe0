r"""Regular expressions of XML Schema (Part 2, Appendix F), which QTI's pattern-match names.

They fit a whole text; `^` and `$` are ordinary characters. They are run as a set of states that
moves through the text once, so no pattern, however nested, takes more than linear time; Python's
own `re` would let one pattern of an untrusted item stop a cohort.
"""

import unicodedata
from collections.abc import Callable, Iterable

from ardoise.content.markup import words
from ardoise.scoring.operators.blocks import block

PATTERN_LIMIT = 2_000
STATES_LIMIT = 10_000
TEXT_LIMIT = 20_000
KEPT_LIMIT = 200_000
"""States in the sets that one pattern keeps, and steps between; beyond, it finds them anew."""

Test = Callable[[str], bool]
"""Whether one character fits."""
_SPECIAL = frozenset(".\\?*+{}()[]|")
_SINGLE = {"n": "\n", "r": "\r", "t": "\t"}


class PatternFault(Exception):
    """A pattern that XML Schema does not know, or that is too large."""


class _State:
    __slots__ = ("ahead", "target", "test")

    def __init__(self) -> None:
        self.test: Test | None = None
        self.target: _State | None = None
        self.ahead: list[_State] = []
        """Reached without a character."""


class _Piece:
    """A part of the automaton: where it begins and where it ends."""

    __slots__ = ("begin", "end")

    def __init__(self, begin: _State, end: _State) -> None:
        self.begin = begin
        self.end = end


def compile_pattern(pattern: str, *, sensitive: bool = True) -> Callable[[str], bool]:
    """A function that says whether a whole text fits. Raises PatternFault.

    Not `sensitive`: a character fits if it does in upper or in lower case.
    """
    if len(pattern) > PATTERN_LIMIT:
        raise PatternFault(f"is longer than {PATTERN_LIMIT} characters")
    return _Walk(_Parser(pattern).whole(), sensitive=sensitive).fits


class _Set:
    """States that hold together, and where each character met so far leads from them."""

    __slots__ = ("final", "states", "steps")

    def __init__(self, states: frozenset[_State], *, final: bool) -> None:
        self.states = states
        self.final = final
        self.steps: dict[str, _Set] = {}


class _Walk:
    """A pattern's sets of states, found as texts ask for them, and kept for the next text."""

    def __init__(self, whole: _Piece, *, sensitive: bool) -> None:
        self._whole = whole
        self._sensitive = sensitive
        self._sets: dict[frozenset[_State], _Set] = {}
        self._kept = 0

    def fits(self, text: str) -> bool:
        """Whether the whole text fits."""
        held = self._set(_closed([self._whole.begin]))
        for character in text[:TEXT_LIMIT]:
            following = held.steps.get(character)
            if following is None:
                following = held.steps[character] = self._set(self._after(held, character))
            held = following
            if not held.states:
                return False
        return held.final

    def _after(self, held: _Set, character: str) -> set[_State]:
        spellings = (character,) if self._sensitive else _cases(character)
        return _closed(
            state.target
            for state in held.states
            if state.test is not None
            and state.target is not None
            and any(map(state.test, spellings))
        )

    def _set(self, states: set[_State]) -> _Set:
        frozen = frozenset(states)
        found = self._sets.get(frozen)
        self._kept += 1
        if found is None:
            if self._kept > KEPT_LIMIT:
                self._sets, self._kept = {}, 0
            found = self._sets[frozen] = _Set(frozen, final=self._whole.end in states)
            self._kept += len(frozen)
        return found


def _cases(character: str) -> tuple[str, ...]:
    """The character in either case, where that is one character."""
    spellings = (character, character.lower(), character.upper())
    return tuple(one for one in dict.fromkeys(spellings) if len(one) == 1)


def _closed(states: Iterable[_State]) -> set[_State]:
    """These states and all that are reached from them without a character."""
    found = set(states)
    waiting = list(found)
    while waiting:
        for state in waiting.pop().ahead:
            if state not in found:
                found.add(state)
                waiting.append(state)
    return found


class _Parser:
    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._place = 0
        self._states = 0
        self._depth = 0

    def whole(self) -> _Piece:
        found = self._alternatives()
        if self._place < len(self._text):
            raise PatternFault(f"has a stray {self._text[self._place]!a}")
        return found

    def _state(self) -> _State:
        self._states += 1
        if self._states > STATES_LIMIT:
            raise PatternFault("repeats too often")
        return _State()

    def _peek(self) -> str:
        return self._text[self._place : self._place + 1]

    def _take(self) -> str:
        if self._place >= len(self._text):
            raise PatternFault("ends too early")
        self._place += 1
        return self._text[self._place - 1]

    def _alternatives(self) -> _Piece:
        self._depth += 1
        if self._depth > 50:
            raise PatternFault("is nested too deeply")
        begin, end = self._state(), self._state()
        while True:
            branch = self._branch()
            begin.ahead.append(branch.begin)
            branch.end.ahead.append(end)
            if self._peek() != "|":
                self._depth -= 1
                return _Piece(begin, end)
            self._place += 1

    def _branch(self) -> _Piece:
        begin = end = self._state()
        while self._peek() not in ("", "|", ")"):
            start = self._place
            least, most = self._after(self._atom, start)
            after = self._place
            piece = self._repeated(start, least, most)
            self._place = after
            end.ahead.append(piece.begin)
            end = piece.end
        return _Piece(begin, end)

    def _after(self, atom: Callable[[], _Piece], start: int) -> tuple[int, int | None]:
        """Reads past an atom at `start` for its quantifier."""
        self._place = start
        atom()
        return self._quantity()

    def _repeated(self, start: int, least: int, most: int | None) -> _Piece:
        """The atom at `start` built anew as often as it must, or may, stand."""

        def copy() -> _Piece:
            self._place = start
            return self._atom()

        begin = end = self._state()
        for _ in range(least):
            piece = copy()
            end.ahead.append(piece.begin)
            end = piece.end
        if most is None:
            piece, door = copy(), self._state()
            end.ahead.append(door)
            door.ahead.append(piece.begin)
            piece.end.ahead.append(door)
            return _Piece(begin, door)
        last = self._state()
        for _ in range(most - least):
            end.ahead.append(last)
            piece = copy()
            end.ahead.append(piece.begin)
            end = piece.end
        end.ahead.append(last)
        return _Piece(begin, last)

    def _quantity(self) -> tuple[int, int | None]:
        sign = self._peek()
        fixed: dict[str, tuple[int, int | None]] = {"?": (0, 1), "*": (0, None), "+": (1, None)}
        if sign in fixed:
            self._place += 1
            return fixed[sign]
        if sign != "{":
            return 1, 1
        end = self._text.find("}", self._place)
        least, comma, most = self._text[self._place + 1 : max(end, 0)].partition(",")
        if not least.isdecimal() or not (most.isdecimal() or not most):
            raise PatternFault("has a quantity that is none: write {2}, {2,} or {2,5}")
        self._place = end + 1
        low = int(least)
        high = low if not comma else int(most) if most else None
        if low > 1_000 or (high is not None and not low <= high <= 1_000):
            raise PatternFault("repeats too often")
        return low, high

    def _atom(self) -> _Piece:
        sign = self._take()
        if sign == "(":
            if self._text[self._place : self._place + 2] == "?:":
                self._place += 2
            inner = self._alternatives()
            if self._take() != ")":
                raise PatternFault("lacks a )")
            return inner
        if sign == "[":
            return self._one(self._class())
        if sign == ".":
            return self._one(lambda character: character not in "\n\r")
        if sign == "\\":
            return self._one(self._escape())
        if sign in _SPECIAL:
            raise PatternFault(f"has a stray {sign!a}")
        return self._one(lambda character: character == sign)

    def _one(self, test: Test) -> _Piece:
        begin, end = self._state(), self._state()
        begin.test, begin.target = test, end
        return _Piece(begin, end)

    def _escape(self) -> Test:
        sign = self._take()
        if sign in _SINGLE:
            return _exactly(_SINGLE[sign])
        if sign.lower() in _CLASSES:
            test = _CLASSES[sign.lower()]
            return _negated(test) if sign.isupper() else test
        if sign in "pP":
            return self._property(negative=sign == "P")
        if sign.isalnum():
            raise PatternFault(f"has an escape that is none: {sign!a}")
        return _exactly(sign)

    def _property(self, *, negative: bool) -> Test:
        end = self._text.find("}", self._place)
        if self._peek() != "{" or end < 0:
            raise PatternFault("lacks the name of a property: write \\p{L}")
        name = self._text[self._place + 1 : end]
        self._place = end + 1
        test = _category(name) if name in _CATEGORIES else _block(name)
        return _negated(test) if negative else test

    def _class(self) -> Test:
        """A class of characters, with ranges and the subtraction of another class."""
        self._depth += 1
        if self._depth > 50:
            raise PatternFault("is nested too deeply")
        negative = self._peek() == "^"
        self._place += negative
        tests: list[Test] = []
        without: Test | None = None
        while self._peek() != "]" or not tests:
            if self._text[self._place : self._place + 2] == "-[":
                self._place += 2
                without = self._class()
                break
            tests.append(self._range())
        if self._take() != "]":
            raise PatternFault("lacks a ]")
        self._depth -= 1

        def fits(character: str) -> bool:
            found = any(test(character) for test in tests) is not negative
            return found and (without is None or not without(character))

        return fits

    def _range(self) -> Test:
        first = self._take()
        if first == "\\":
            sign = self._peek()
            test = self._escape()
            if sign in "pP" or sign.lower() in _CLASSES:
                return test
            first = _SINGLE.get(sign, sign)
        following = self._text[self._place : self._place + 2]
        if not following.startswith("-") or following in ("-]", "-[") or len(following) < 2:
            return _exactly(first)
        self._place += 1
        last = self._take()
        if last == "\\":
            last = self._take()
            last = _SINGLE.get(last, last)
        if last < first:
            raise PatternFault(f"has a range that runs backwards: {first}-{last}")
        return lambda character: first <= character <= last


def _exactly(sign: str) -> Test:
    return lambda character: character == sign


def _negated(test: Test) -> Test:
    return lambda character: not test(character)


def _category(name: str) -> Test:
    return lambda character: unicodedata.category(character).startswith(name)


def _block(name: str) -> Test:
    """`IsGreek` and its like. Raises PatternFault for one that is not known."""
    found = block(name.removeprefix("Is")) if name.startswith("Is") else ()
    if not found:
        raise PatternFault(f"names a property that is not known: {name[:20]!a}")
    return lambda character: any(ord(character) in points for points in found)


def _word(character: str) -> bool:
    """XML Schema's \\w: all but punctuation, separators and others."""
    return unicodedata.category(character)[0] not in "PZC"


_CLASSES: dict[str, Test] = {
    "d": lambda character: unicodedata.category(character) == "Nd",
    "w": _word,
    "s": lambda character: character in " \t\n\r",
    "i": lambda character: character.isalpha() or character in "_:",
    "c": lambda character: (
        character.isalnum() or character in "_:.-·" or unicodedata.category(character)[0] == "M"
    ),
}
_CATEGORIES = words(
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp "
    "C Cc Cf Co Cn"
)
