"""Order numbers, codes, cards, sealed booklets and the kit.

Who may import it: closure and the pages import it.
It must never know an answer.
"""
