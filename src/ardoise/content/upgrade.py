"""QTI 2.0, 2.1 and 2.2 become QTI 3 without a change of any score.

`citolab-qti-convert` renames elements and attributes; what it leaves open is done here, because
it decides scores: QTI 2's default of `caseSensitive` is true, QTI 3's is false, so it is written
out; names that its table lacks; the source lines, so that a message names the author's own file.
"""

import re

from lxml import etree
from qti_convert import upgrade_qti2_to_qti3

from ardoise.content.documents import line_of, local, namespace
from ardoise.content.faults import ContentFault, Finding

QTI3 = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
_QTI3_SPACES = re.compile(r"imsqtiasi_v3p\d|qtiv3p\d")
_QTI2_SPACES = re.compile(r"imsqti(?:_item|_test|_section)?_v2p\d|qtiv2p\d")
_QTI2_ROOTS = frozenset({
    "assessmentItem", "assessmentTest", "assessmentSection", "assessmentStimulus",
    "responseProcessing", "outcomeProcessing",
})  # fmt: skip
_MARK = "data-source-line"
_MISSING = {
    "randomInteger": "qti-random-integer",
    "randomFloat": "qti-random-float",
    "outcomeProcessingFragment": "qti-outcome-processing-fragment",
    "stimulusBody": "qti-stimulus-body",
    "infoControl": "qti-info-control",
}
"""Names of QTI 2 that the converter passes on as they are."""


def is_qti2(root: etree._Element) -> bool:
    """Whether a document is QTI 2: by its namespace, or by its root's name.

    The name decides under QTI 3's namespace as well: early examples of QTI 3 write QTI 2's names
    there, and hold elements of both.
    """
    space = namespace(root)
    named = local(root) in _QTI2_ROOTS
    early = named and (not space or bool(_QTI3_SPACES.search(space)))
    return early or bool(_QTI2_SPACES.search(space))


def to_qti3(root: etree._Element, *, file: str) -> etree._Element:
    """The root in QTI 3, in its one namespace; one that is QTI 3 already passes unchanged.

    Lines are those of the original file (`documents.line_of`). Raises ContentFault for what the
    converter cannot read.
    """
    if not is_qti2(root):
        return _in_one_namespace(root)
    templates = _templates(root)
    for element in root.iter(etree.Element):
        element.set(_MARK, str(line_of(element) or 0))
        if local(element) == "mapEntry" and element.get("caseSensitive") is None:
            parent = element.getparent()
            inherited = None if parent is None else parent.get("caseSensitive")
            element.set("caseSensitive", inherited or "true")
    try:
        text = upgrade_qti2_to_qti3(etree.tostring(root))
        upgraded = etree.fromstring(
            text.encode(),
            etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True,
                            remove_pis=True),
        )  # fmt: skip
    except (etree.XMLSyntaxError, ValueError, KeyError) as fault:
        message = "cannot be upgraded from QTI 2: export it as QTI 2.2 or QTI 3"
        raise ContentFault(Finding(file, message, element=local(root))) from fault
    _restore_lines(upgraded)
    for element, given in zip(_processings(upgraded), templates, strict=False):
        if given is not None:
            element.set("template", given)
    return upgraded


def _templates(root: etree._Element) -> list[str | None]:
    """The addresses of templates as the author wrote them.

    The converter rewrites them to QTI 3's, where one that ends in .xml or a slash names nothing,
    and the version is lost, on which the meaning of CC2_match depends.
    """
    return [element.get("template") for element in _processings(root)]


def _processings(root: etree._Element) -> list[etree._Element]:
    names = ("responseProcessing", "qti-response-processing")
    return [element for element in root.iter(etree.Element) if local(element) in names]


def _restore_lines(root: etree._Element) -> None:
    line = 0
    for element in root.iter(etree.Element):
        mark = element.get(_MARK)
        # Wrappers that the converter added stand on the line of what they wrap.
        if mark is not None:
            line = int(mark)
            del element.attrib[_MARK]
        element.sourceline = line  # type: ignore[assignment]
        name = local(element)
        if name in _MISSING:
            element.tag = f"{{{QTI3}}}{_MISSING[name]}"


def _in_one_namespace(root: etree._Element) -> etree._Element:
    """QTI 3 under an older or a missing namespace gets the one of the standard."""
    space = namespace(root)
    if space == QTI3 or not local(root).startswith("qti-"):
        return root
    if space and not _QTI3_SPACES.search(space):
        return root
    for element in root.iter(etree.Element):
        if namespace(element) == space:
            element.tag = f"{{{QTI3}}}{local(element)}"
    return root
