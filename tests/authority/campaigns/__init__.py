"""Tests of authority.campaigns."""
