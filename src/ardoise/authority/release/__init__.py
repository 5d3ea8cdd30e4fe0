"""Releases: what leaves the office without names, judged, confirmed by two officers, written.

Who may import it: nothing; the pages and the command line are its callers.
It must never know a name or an order number, nor import linkage: rows come from restitution.
"""
