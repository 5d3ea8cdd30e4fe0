"""The wipe

Who may import it:  portal shut, key destroyed, delivery purged, certificate.
It must never know the command line and the officer's pages import it.:a pupil's name.
"""
