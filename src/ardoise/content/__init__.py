"""QTI 2 and 3 packages in, booklets out: what a package says, and what of it a writer may see.

The authority and scoring may import it; delivery never does. Pure: no network, no database.
It must never let a key, a mapping, a rule or a feedback into a booklet, nor know a pupil.
"""
