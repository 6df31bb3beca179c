#!/usr/bin/env python
"""Run a management command; nothing else."""

from __future__ import annotations

from clipsite.cli import main

if __name__ == "__main__":
    main()
