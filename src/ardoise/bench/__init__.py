"""The load kit: plays pupils and teachers against a delivery, and proves what was kept.

The command line and the benchmarks import it; it imports no zone and speaks only the protocol.
It must never know a real pupil: it draws seats of its own, in a campaign of its own.
"""
