"""The stream of returns: read in pieces of any size, and known when cut short."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.contract.returns import End, Reader, Record, ReturnsFault, frame

_records = st.lists(
    st.tuples(
        st.builds(
            Record,
            seq=st.integers(1, 2**53),
            number=st.just("123456789"),
            part=st.just("maths"),
            writer=st.just("123456789"),
            epoch=st.integers(0, 99),
            version=st.integers(0, 99),
            received_ms=st.integers(0, 2**50),
            stray=st.sampled_from([None, "late", "replaced"]),
        ),
        st.binary(max_size=300),
    ),
    max_size=6,
)


@given(_records, st.integers(1, 50))
def test_records_come_back_whatever_the_pieces(
    records: list[tuple[Record, bytes]], piece: int
) -> None:
    stream = b"".join(frame(head, body) for head, body in records) + frame(End(7, more=False))
    reader = Reader()
    found = [
        record
        for start in range(0, len(stream), piece)
        for record in reader.feed(stream[start : start + piece])
    ]
    assert found == records
    assert reader.finish() == End(7, more=False)


@given(_records, st.data())
def test_a_stream_cut_anywhere_is_known_to_be_cut(
    records: list[tuple[Record, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(frame(head, body) for head, body in records) + frame(End(7, more=False))
    cut = data.draw(st.integers(0, len(stream) - 1))
    reader = Reader()
    list(reader.feed(stream[:cut]))
    with pytest.raises(ReturnsFault, match="cut short"):
        reader.finish()


@given(st.binary(min_size=1, max_size=400))
def test_noise_is_a_fault_or_an_incomplete_stream(noise: bytes) -> None:
    reader = Reader()
    try:
        list(reader.feed(noise))
        reader.finish()
    except ReturnsFault:
        return
    raise AssertionError("noise passed for a stream")


def test_bytes_after_the_end_are_refused() -> None:
    reader = Reader()
    with pytest.raises(ReturnsFault, match="after the end"):
        list(reader.feed(frame(End(1, more=False)) + b"x"))
