"""How each zone is run for real: configurations, what fills them in, a rehearsal of it all.

Operators run it; tests import it. No part of the product imports it.
It must never know a campaign, a name or a seat.
"""
