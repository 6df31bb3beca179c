"""What an administrator asks of a site: the doctor, readiness, backup and restore.

Begin in `doctor.py`. Called by commands, pages and health checks.
"""
