"""Printed documents: data and one of our typst templates in, a tagged PDF out, all in memory.

Who may import it: enrolment (cards) and restitution (result sheets).
It must never know what the data means, write a file, or fetch one.
"""
