"""Scores each distinct response once; marks by order number.

Who may import it: restitution imports it.
It must never know a name.
"""
