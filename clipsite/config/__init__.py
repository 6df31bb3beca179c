"""Settings: Django's in `settings.py`, read from `CLIPSITE_*` variables by the readers of `env/`.

Begin in `settings.py`. Imports only plain values of the applications, since Django loads it before them.
"""
