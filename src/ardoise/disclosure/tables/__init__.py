"""Tables of counts and sums: which cells must be hidden, which others with them, and the attack.

The authority and the command line may import it; it imports `disclosure.faults` alone.
It must never know who a contributor is: units are numbers inside one call.
"""

from ardoise.disclosure.tables.auditor import Audit, Interval, audit
from ardoise.disclosure.tables.build import Dimension, TableSpec, build, read_aggregated
from ardoise.disclosure.tables.protection import Protected, protect
from ardoise.disclosure.tables.sensitivity import Policy, Sensitivity, find_sensitive
from ardoise.disclosure.tables.system import System

__all__ = [
    "Audit",
    "Dimension",
    "Interval",
    "Policy",
    "Protected",
    "Sensitivity",
    "System",
    "TableSpec",
    "audit",
    "build",
    "find_sensitive",
    "protect",
    "read_aggregated",
]
