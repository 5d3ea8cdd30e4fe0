"""SQLite encrypted with SQLCipher, under Django's own backend.

Django imports it through the setting ENGINE; nobody else does.
It must never see the key anywhere but in the connection's options.
"""
