"""Length-prefixed fields: no two different lists of fields give the same bytes."""


def joined(*fields: str | bytes) -> bytes:
    """Each field as its length (2 bytes, big-endian) and its bytes (text as UTF-8).

    Raises ValueError for a field of more than 65,535 bytes.
    """
    out = bytearray()
    for field in fields:
        raw = field.encode() if isinstance(field, str) else field
        if len(raw) > 0xFFFF:
            raise ValueError(f"a field of {len(raw)} bytes is too long (65,535 at most)")
        out += len(raw).to_bytes(2, "big") + raw
    return bytes(out)
