"""Both zones on one machine, as two processes, with simulated pupils between them.

The command line imports it; it imports neither zone and speaks to both as a person would.
It must never know a way around an interface: what it does, anyone can do.
"""
