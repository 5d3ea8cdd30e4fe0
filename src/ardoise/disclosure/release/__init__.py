"""A release, planned and judged: which files and tables, under which bounds, and did they hold.

The authority and the command line may import it; it imports the rest of `disclosure` alone.
It must never know a name; the verdict and its report hold no value of any one row.
"""

from ardoise.disclosure.release.plan import Plan, read_plan
from ardoise.disclosure.release.run import Release, release
from ardoise.disclosure.release.verdict import Check, Verdict

__all__ = ["Check", "Plan", "Release", "Verdict", "read_plan", "release"]
