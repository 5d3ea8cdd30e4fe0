"""Files of persons: how far one can be picked out of them, and methods that bound it.

The authority and the command line may import it; it imports `disclosure.faults` alone.
It must never know a name or an order number: such columns are refused.
"""
