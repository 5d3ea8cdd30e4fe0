"""Analyses a campaign's marks: responses without names or numbers into the psychometric chain.

Who may import it: nothing; the command line calls it.
It must never know a name, nor import linkage: rows come in an order that only the key makes.
"""
