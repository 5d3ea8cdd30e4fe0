"""Release without re-identification: risk measured, bounded by a method, checked by an attack.

The authority may import it; it imports nothing of ours. Tables in, tables and a verdict out.
It must never know a name or an order number, nor where its tables are kept.
"""
