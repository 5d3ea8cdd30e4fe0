"""XML is read without trust."""

import pytest

from ardoise.content import documents
from ardoise.content.faults import ContentFault


def refused(payload: bytes) -> ContentFault:
    with pytest.raises(ContentFault) as caught:
        documents.parse(payload, file="a.xml")
    return caught.value


def test_a_document_type_that_declares_nothing_is_passed_over() -> None:
    payload = b'<?xml version="1.0"?>\n\n<!DOCTYPE a SYSTEM "http://example.org/a.dtd">\n<a/>'
    root = documents.parse(payload, file="a.xml")
    assert (documents.local(root), documents.line_of(root)) == ("a", 4)


def test_an_entity_of_a_document_type_elsewhere_is_refused() -> None:
    refused(b'<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a>&secret;</a>')


def test_a_document_type_with_declarations_is_refused_with_its_line() -> None:
    fault = refused(b'<?xml version="1.0"?>\n\n<!DOCTYPE a [<!ELEMENT a ANY>]><a/>')
    assert "document type" in str(fault)
    assert fault.findings[0].line == 3


def test_a_billion_laughs_are_refused() -> None:
    payload = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>'
    assert "entities" in str(refused(payload))


def test_an_encoding_that_could_hide_a_document_type_is_refused() -> None:
    assert "UTF-8" in str(refused("<!DOCTYPE a><a/>".encode("utf-32-le")))


def test_utf_16_hides_nothing() -> None:
    assert documents.text_of(documents.parse("<a>é</a>".encode("utf-16"), file="a.xml")) == "é"
    assert "entities" in str(refused('<!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16")))


@pytest.mark.parametrize("encoding", ["UTF-7", "cp037", "EUC-JP"])
def test_an_odd_declared_encoding_is_refused(encoding: str) -> None:
    payload = f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode()
    assert "UTF-8" in str(refused(payload))


def test_broken_xml_names_the_line() -> None:
    fault = refused(b"<a>\n<b>\n</a>")
    assert fault.findings[0].line == 3


def test_deep_nesting_is_refused() -> None:
    refused(b"<a>" * 5_000 + b"</a>" * 5_000)


def test_comments_and_instructions_vanish() -> None:
    root = documents.parse(b"<a><!-- key: B -->x<?run me?>y</a>", file="a.xml")
    assert documents.text_of(root) == "xy"
    assert len(root) == 0


def test_an_element_with_thousands_of_attributes_is_refused() -> None:
    many = " ".join(f'a{n}="1"' for n in range(documents.ATTRIBUTES_LIMIT + 1))
    fault = refused(f"<a>\n<b {many}/>\n</a>".encode())
    assert fault.findings[0].line == 2
    assert "attributes" in str(fault)
    few = many.rpartition(" ")[0]
    assert len(documents.parse(f"<a {few}/>".encode(), file="a.xml").attrib) == 200
