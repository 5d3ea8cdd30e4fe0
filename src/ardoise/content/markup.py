"""The whitelist: which elements and attributes of an item's body may reach a screen.

HTML as QTI 3 allows it without anything that acts, and MathML's presentation elements in full.
"""

import re


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set: how lists of names read best."""
    return frozenset(text.split())


_INLINE = (
    "strong em b i u small sub sup span code br bdi bdo ruby rb rt rp cite dfn abbr q kbd samp var"
)
_BLOCK = (
    "h1 h2 h3 h4 h5 h6 p ul ol li dl dt dd table caption colgroup col thead tbody tfoot tr th td "
    "blockquote figure figcaption hr div section article header footer pre img audio"
)
BLOCKS = words(_BLOCK + " choice extended-text rubric prompt option") - {"img", "audio"}
"""Nodes beside which white space means nothing."""
HTML = words(_INLINE + " " + _BLOCK)
MATH = words(
    "math mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle merror mpadded mphantom menclose "
    "msub msup msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr "
    "mlabeledtr mtd maligngroup malignmark maction mglyph mstack mlongdiv msgroup msrow mscarries "
    "mscarry msline mfenced semantics"
)
DROPPED = words(
    "script style iframe frame frameset embed applet form input button textarea select link meta "
    "base noscript template canvas annotation annotation-xml"
)
"""Left out with all they hold, with a warning."""
FEEDBACK = frozenset({"qti-feedback-block", "qti-feedback-inline", "qti-modal-feedback"})
"""Left out without a word: they belong to the key."""
RENAMED = {"section": "div", "article": "div", "header": "div", "footer": "div"}
"""Landmarks of an item would mislead among those of the page: they become plain blocks."""
UNWRAPPED = frozenset({"a", "qti-content-body", "tt", "big", "font", "center", "label", "mark"})
"""Only what they hold is kept."""
WHITE_SPACE_FREE = words(
    "ul ol dl table colgroup thead tbody tfoot tr figure mrow mfrac msup msub mtable mtr math"
)
"""Elements in which white space between children means nothing."""

_EVERYWHERE = frozenset({"class", "lang", "dir", "title", "aria-label", "aria-hidden"})
_OWN: dict[str, frozenset[str]] = {
    "img": frozenset({"src", "alt", "width", "height"}),
    "audio": frozenset({"src"}),
    "ol": frozenset({"start", "reversed", "type"}),
    "li": frozenset({"value"}),
    "th": frozenset({"colspan", "rowspan", "scope", "abbr"}),
    "td": frozenset({"colspan", "rowspan"}),
    "col": frozenset({"span"}),
    "colgroup": frozenset({"span"}),
    "bdo": frozenset({"dir"}),
}
_MATH_ATTRIBUTES = words(
    "display displaystyle scriptlevel mathvariant mathsize mathcolor mathbackground dir form fence "
    "separator lspace rspace stretchy symmetric maxsize minsize largeop movablelimits accent "
    "accentunder linethickness numalign denomalign bevelled width height depth voffset notation "
    "open close separators rowalign columnalign columnspacing rowspacing columnlines rowlines "
    "frame framespacing rowspan columnspan columnwidth side align alttext intent arg "
    "subscriptshift superscriptshift lquote rquote stackalign charalign charspacing longdivstyle "
    "position shift crossout length leftoverhang rightoverhang mslinethickness location"
)
_SILENT = frozenset({"id", "style", "role", "tabindex", "xmlns", "controls", "preload", "border"})
"""Dropped without a word. `id` can name a key; `style` is the runner's to decide."""
_CLASS = re.compile(r"^qti-[a-z0-9-]{1,60}$")
_VALUE_LIMIT = 2_000


def classes(value: str) -> str:
    """The classes that are kept: QTI's shared vocabulary."""
    return " ".join(name for name in value.split() if _CLASS.match(name))


def attribute(element: str, name: str, *, math: bool) -> bool | None:
    """True: keep it; None: drop it without a word; False: drop it and say so."""
    if math and name in _MATH_ATTRIBUTES:
        return True
    if name in _EVERYWHERE or (not math and name in _OWN.get(element, ())):
        return True
    if name in _SILENT or name.startswith("data-"):
        return None
    return False


def fits(value: str) -> bool:
    """Whether an attribute's value is short enough to be one."""
    return len(value) <= _VALUE_LIMIT
