"""Operations of an administrator: the doctor, readiness, backup and restore.

Begin in `doctor.py`. Called by commands, pages and health checks.
"""
