"""For every test: properties are judged by what holds, never by how long an example took."""

from hypothesis import settings

settings.register_profile("ardoise", deadline=None)
settings.load_profile("ardoise")
