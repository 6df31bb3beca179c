"""The points of a map as one compact binary: "CSM1", count, bounds, then 16-bit x and y planes, little endian."""

from __future__ import annotations

import struct

import numpy as np

from search.values import Float32Array

MAGIC = b"CSM1"
STEPS = 65535
"""Quantisation steps on each axis: at forty-fold zoom on 1,200 pixels one step is 0.7 pixels."""


def encode_points(coordinates: Float32Array) -> bytes:
    """Header (4 bytes, uint32, 4 float32) and two uint16 planes for coordinates of shape (n, 2)."""
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    quantised = np.rint((coordinates - low) / span * STEPS).astype("<u2")
    high = low + span
    header = struct.pack("<4sI4f", MAGIC, len(coordinates), low[0], low[1], high[0], high[1])
    planes: bytes = quantised[:, 0].tobytes() + quantised[:, 1].tobytes()
    return header + planes
