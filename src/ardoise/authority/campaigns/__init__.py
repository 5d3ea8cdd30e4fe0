"""The campaign file, its parts and its life

Who may import it:  draft to closed.
It must never know registry, enrolment and every later stage import it.:a pupil.
"""
