"""Delivery: a store of sealed sheets with a clock, run by a contractor on somebody's cloud.

Nobody imports it; it imports contract, clock and seal's fields, numbers, randomness, signing.
It must never know a name, a school, a question, an answer, or a key that opens one.
"""
