"""Ardoise: assessments for a whole country on a platform that cannot know who answered, or what."""

__version__ = "0.1.0"
