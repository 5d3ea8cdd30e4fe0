"""Small items written as XML, QTI 3 or 2."""

from ardoise.content.scorable import Scorable, scorable_item
from ardoise.scoring import Scorer, compile_item
from ardoise.scoring.values import parse_lexical

QTI3 = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
QTI2 = "http://www.imsglobal.org/xsd/imsqti_v2p2"
CHOICE = """<qti-response-declaration identifier="RESPONSE" cardinality="single"
 base-type="identifier"><qti-correct-response><qti-value>A</qti-value></qti-correct-response>
</qti-response-declaration>"""
SCORE = '<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"/>'


def xml(inside: str, *, adaptive: bool = False, space: str = QTI3) -> bytes:
    """A QTI 3 item around declarations and rules."""
    flag = "true" if adaptive else "false"
    return (
        f'<qti-assessment-item xmlns="{space}" identifier="q1" title="t" adaptive="{flag}"'
        f' time-dependent="false">{inside}</qti-assessment-item>'
    ).encode()


def read(inside: str, *, adaptive: bool = False) -> Scorable:
    """The scorable part. Raises ContentFault."""
    return scorable_item(xml(inside, adaptive=adaptive), file="q1.xml")


def scorer(inside: str, *, adaptive: bool = False) -> Scorer:
    """The compiled item, reading lexical forms. Raises ContentFault."""
    return compile_item(read(inside, adaptive=adaptive), capture=parse_lexical)


def rules(inside: str) -> str:
    """A response processing."""
    return f"<qti-response-processing>{inside}</qti-response-processing>"


def put(name: str, value: str, *, rule: str = "set-outcome-value") -> str:
    """A rule that sets a variable."""
    return f'<qti-{rule} identifier="{name}">{value}</qti-{rule}>'


def number(value: float, base: str = "float") -> str:
    """A base-value."""
    return f'<qti-base-value base-type="{base}">{value}</qti-base-value>'


def outcome(name: str, base: str, inside: str = "", cardinality: str = "single") -> str:
    """An outcome declaration."""
    return (
        f'<qti-outcome-declaration identifier="{name}" cardinality="{cardinality}"'
        f' base-type="{base}">{inside}</qti-outcome-declaration>'
    )
