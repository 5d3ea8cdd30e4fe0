"""What crosses between the zones, and nothing else: closed types, each with a format version.

Anyone may import it; delivery may not import `sheet` and `booklet`, which it only sees sealed.
It must never hold a field in which a name could travel: no free text on the way to delivery.
"""
