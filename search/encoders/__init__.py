"""Encoders: pairs of towers that put images and texts into one vector space, found by name."""
