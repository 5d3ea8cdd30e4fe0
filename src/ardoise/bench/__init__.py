"""The load kit: plays a year group's pupils against a delivery, and proves that nothing was lost.

Imported by the command line alone; imports the contract, sealing and the clock, never a zone.
It must never know a real pupil: it makes a rehearsal campaign of its own and purges it.
"""
