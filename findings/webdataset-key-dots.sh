#!/usr/bin/env bash
# Webdataset merges samples whose names have a dot in the same place.
#
# Packages: webdataset 1.0.2, numpy 2.4.6
# Expected: the key that TarWriter was given comes back; "holiday.1" and "holiday.2" are two samples.
# Really:   when a tar is read, the key of a member ends at the first dot of its file name and all that follows is the
#           field. Names as phones and downloads have them ("IMG.2024.1", "photo.final") run together into one sample
#           with fields such as "1.txt", and neither writing nor reading says a word. Dots in folders are kept.
#           So: replace the dots in keys before writing.
#
# Seen (Python 3.11; five samples written):
#   3 samples read
#   city: txt
#   v1.5/harbour: txt
#   holiday: 1.txt 2.txt 3.txt
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check webdataset==1.0.2 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import sys

import webdataset

keys = ["city", "v1.5/harbour", "holiday.1", "holiday.2", "holiday.3"]
with webdataset.TarWriter("shard.tar") as writer:
    for key in keys:
        writer.write({"__key__": key, "txt": f"caption of {key}"})

samples = list(webdataset.WebDataset("shard.tar", shardshuffle=False))
print(f"{len(samples)} samples read")
read = {}
for sample in samples:
    read[sample["__key__"]] = sorted(name for name in sample if not name.startswith("__"))
    print(f"{sample['__key__']}: {' '.join(read[sample['__key__']])}")

if read != {"city": ["txt"], "v1.5/harbour": ["txt"], "holiday": ["1.txt", "2.txt", "3.txt"]}:
    sys.exit("no longer so")
PYTHON
