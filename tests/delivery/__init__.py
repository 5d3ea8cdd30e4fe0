"""Delivery's tests: rules, store, and the real server process over loopback."""
