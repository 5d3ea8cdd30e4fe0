"""The wipe: portal shut, campaign key destroyed, delivery purged, a certificate of all that.

Who may import it: the site's addresses and the command line import it, nobody else.
It must never know a pupil's name, an order number or an answer: it counts and deletes.
"""
