"""Tests of authority.registry."""
