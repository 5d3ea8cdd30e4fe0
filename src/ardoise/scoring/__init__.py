"""QTI response processing: what a response is worth. Compiled once an item.

The authority may import it (marking, statistics); it imports content alone. Pure.
It must never know whose response it scores.
"""

from ardoise.scoring.scorer import ItemScore, Scorer, compile_item

__all__ = ["ItemScore", "Scorer", "compile_item"]
