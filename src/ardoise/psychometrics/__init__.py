"""Psychometrics: calibration, linking, abilities and checks for a whole year group.

The authority may import it; it imports nothing else of ours. Pure: arrays in, arrays out.
It must never know whose answers they are: rows have no names here.
"""
