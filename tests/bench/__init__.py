"""The load kit: its figures, its ledger, and pupils played against the real server."""
