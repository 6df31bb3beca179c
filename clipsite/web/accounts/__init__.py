"""Signing in and one's own account: sessions, second factor, invitations, API tokens.

Begin in `urls.py`.
"""
