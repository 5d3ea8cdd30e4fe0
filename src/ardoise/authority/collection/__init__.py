"""Pulls the returns, opens and checks the sheets, keeps them sealed.

Who may import it: marking and the pages import it.
It must never know a name.
"""
