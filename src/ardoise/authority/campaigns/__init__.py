"""The campaign file, the campaign made from it, and its life from draft to closed.

Who may import it: registry, enrolment and every later stage.
It must never know a pupil, a seat or an answer.
"""
