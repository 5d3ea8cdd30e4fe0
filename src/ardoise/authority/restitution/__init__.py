"""Results by name, for those who may see them, while a page is being made.

Who may import it: the site's addresses import it, nobody else.
It must never know how to keep a name together with a score.
"""
