"""Who may ask for what: records and tokens of a request, chosen images, rate limits.

Begin in `objects.py`. Shared by pages, API and admin; it renders nothing.
"""
