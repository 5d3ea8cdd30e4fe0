"""SQLite encrypted with SQLCipher, under Django's own backend; many rows at once.

Django imports it through the setting ENGINE; stages that write a year group import `rows`.
It must never see the key anywhere but in the connection's options.
"""
