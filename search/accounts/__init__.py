"""Accounts: the first administrator, invitations, API tokens.

Begin in `tokens.py`.
"""
