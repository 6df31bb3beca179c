#!/usr/bin/env bash
# Safetensors saves a numpy view with the wrong numbers and the right shape.
#
# Packages: safetensors 0.8.0, numpy 2.4.6
# Expected: `safetensors.numpy.save_file` writes the array that it is given, or refuses one that is not contiguous, as
#           its counterpart for torch does.
# Really:   it writes the memory from the array's first number on. What is not in C order comes back with its shape and
#           other numbers: columns, every second row, a transpose, Fortran order. So: `np.ascontiguousarray` around
#           everything that is saved.
#
# Seen (Python 3.11; an array of shape (3, 2) that holds 0 to 5):
#   whole: saved right
#   rows 1 and 2: saved right
#   first column: saved WRONG: [[0], [2], [4]] came back as [[0], [1], [2]]
#   every second row: saved WRONG: [[0, 1], [4, 5]] came back as [[0, 1], [2, 3]]
#   transposed: saved WRONG: [[0, 2, 4], [1, 3, 5]] came back as [[0, 1, 2], [3, 4, 5]]
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
views = {
    "whole": vectors,
    "rows 1 and 2": vectors[1:],
    "first column": vectors[:, :1],
    "every second row": vectors[::2],
    "transposed": vectors.T,
}
wrong = []
for name, view in views.items():
    save_file({"view": view}, "view.safetensors")
    loaded = load_file("view.safetensors")["view"]
    assert loaded.shape == view.shape
    if np.array_equal(loaded, view):
        print(f"{name}: saved right")
    else:
        wrong.append(name)
        print(f"{name}: saved WRONG: {view.astype(int).tolist()} came back as {loaded.astype(int).tolist()}")

if wrong != ["first column", "every second row", "transposed"]:
    sys.exit("no longer so")
PYTHON
