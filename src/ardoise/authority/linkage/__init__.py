"""The only place where a pupil and an order number meet.

Who may import it: only enrolment, collection and restitution import it.
It must never know an answer or a score.
"""
