"""Staff of the office, heads and teachers; who may see what.

Who may import it: the pages import it.
It must never know a pupil's name or an answer.
"""
