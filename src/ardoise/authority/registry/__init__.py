"""Schools, class groups and pupils from the ministry's exports, names sealed.

Who may import it: accounts, linkage, enrolment and restitution import it.
It must never know an order number, an answer or a score.
"""
