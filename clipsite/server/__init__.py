"""The processes of the site and what starts them: ASGI, addresses, embedded Valkey, supervisor.

Begin in `stack.py` (which processes there are) and `urls.py`. May call everything.
"""
