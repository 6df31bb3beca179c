"""Measuring this machine: text queries, and the parts and limits of indexing."""
