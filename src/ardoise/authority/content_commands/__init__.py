"""Commands on content alone: check a package, score an item.

The command line mounts it; nothing else imports it. They need no authority's folder.
It must never know a campaign or a pupil.
"""
