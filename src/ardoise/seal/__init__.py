"""Codes, order numbers, key derivation, sealing, signatures; the only randomness in the project.

Anyone may import it, but delivery only `fields`, `numbers`, `randomness`, `signing`: none opens.
It must never know a name, a school or what a sheet says.
"""
