"""QTI processing: what responses are worth. Compiled once an item, into closures.

The authority may import it (marking, statistics, release); it imports content alone. Pure.
It must never know whose response it scores, nor draw without a seed that it is given.
"""

from ardoise.scoring.instantiate import TemplateValues, instantiate
from ardoise.scoring.scorer import ItemScore, Scorer, compile_item

__all__ = ["ItemScore", "Scorer", "TemplateValues", "compile_item", "instantiate"]
