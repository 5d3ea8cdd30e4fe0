"""The whitelist: which elements and attributes of an item's body may reach a screen.

HTML as QTI 3 allows it without anything that acts, and MathML's presentation elements in full.
"""

import re


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set: how lists of names read best."""
    return frozenset(text.split())


_INLINE = (
    "strong em b i u s small sub sup span code br wbr bdi bdo ruby rb rt rp rtc cite dfn abbr q "
    "kbd samp var mark time"
)
_BLOCK = (
    "h1 h2 h3 h4 h5 h6 p ul ol li dl dt dd table caption colgroup col thead tbody tfoot tr th td "
    "blockquote figure figcaption hr div section article header footer aside main nav hgroup "
    "address pre details summary"
)
_INTERACTIONS = (
    "choice order match associate gap-match graphic-gap-match hotspot hottext select-point slider "
    "media extended-text set bank spot"
)
BLOCKS = words(_BLOCK + " " + _INTERACTIONS + " rubric prompt option stimulus")
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
RENAMED = {
    **dict.fromkeys(
        ("section", "article", "header", "footer", "aside", "main", "nav", "hgroup", "address"),
        "div",
    ),
    "time": "span",
    "rtc": "rt",
}
"""Landmarks of an item would mislead among those of the page: they become plain blocks."""
UNWRAPPED = words("a qti-content-body tt big font center label acronym")
"""Only what they hold is kept."""
WHITE_SPACE_FREE = words(
    "ul ol dl table colgroup thead tbody tfoot tr figure mrow mfrac msup msub mtable mtr math"
)
"""Elements in which white space between children means nothing."""

_EVERYWHERE = frozenset({"class", "lang", "dir", "aria-label", "aria-hidden"})
_OWN: dict[str, frozenset[str]] = {
    "img": frozenset({"src", "alt", "width", "height"}),
    "audio": frozenset({"src", "loop"}),
    "video": frozenset({"src", "loop", "width", "height"}),
    "details": frozenset({"open"}),
    "abbr": frozenset({"title"}),
    "dfn": frozenset({"title"}),
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
_SILENT = words(
    "id style title role tabindex xmlns controls preload border cellspacing cellpadding label "
    "datetime loading decoding summary aria-level aria-live aria-roledescription"
)
"""Dropped without a word. `id` and `title` can name a key; `style` is the runner's to decide."""
_VOCABULARY = re.compile(
    r"^qti-(?:align|valign|bordered|well|underline|italic|bold|layout|offset|orientation|choices|"
    r"labels|input|height|width|counter|selections|unselected|match|header|fullwidth|visually|"
    r"display|float|margin|padding|text|list|writing|table|prompt|stimulus|rubric|hidden|block|"
    r"overflow|hyphenate|fraction|statement|directions|keyword|control)"
    r"(?:-[a-z0-9]{1,12}){0,5}\Z"
)
_OWN_CLASS = re.compile(r"^-?[A-Za-z_][\w-]{0,60}\Z", re.ASCII)
_TELLING = re.compile(r"correct|wrong|answer|right-?answer|solution|distract|key(?!word|board)")
VALUE_LIMIT = 2_000
CLASSES_LIMIT = 20


def vocabulary(name: str) -> bool:
    """Whether a class is of QTI's shared vocabulary: kept as it is, for it only says how."""
    return bool(_VOCABULARY.match(name)) and not _TELLING.search(name)


def classes(value: str) -> str:
    """The classes that a style sheet could mean, or QTI's shared vocabulary does."""
    kept = [name for name in value.split() if _OWN_CLASS.match(name)]
    return " ".join(dict.fromkeys(kept[:CLASSES_LIMIT]))


def silent(name: str) -> bool:
    """Whether an attribute is dropped without a word."""
    return name in _SILENT or name.startswith(("data-", "aria-", "{"))


def attribute(element: str, name: str, *, math: bool) -> bool | None:
    """True: keep it; None: drop it without a word; False: drop it and say so."""
    if math and name in _MATH_ATTRIBUTES:
        return True
    if name in _EVERYWHERE or (not math and name in _OWN.get(element, ())):
        return True
    if name in _SILENT or name.startswith("data-") or name.endswith("}base"):
        return None
    return False


def fits(value: str) -> bool:
    """Whether an attribute's value is short enough to be one."""
    return len(value) <= VALUE_LIMIT
