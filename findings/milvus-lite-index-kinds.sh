#!/usr/bin/env bash
# Milvus Lite accepts any word as the kind of an index and says that it is finished.
#
# Packages: pymilvus 3.0.2, milvus-lite 3.2.2
# Expected: a kind that does not exist is refused, as a Milvus server does; so a test against Milvus Lite proves that
#           the parameters of an index are right.
# Really:   the collection is made, `describe_index` gives the word back with all rows indexed and the state
#           "Finished", and searches answer, by comparing with every vector. The kinds of the server that Lite does not
#           have (DISKANN, SCANN) fare the same. Building fails in the background; a log line is the only sign.
#           So: check kinds against a list of your own, and try them on a real server once.
#
# Seen (Python 3.11):
#   HNSW: index_type HNSW, indexed_rows 200, state Finished; the five nearest found: True
#   DISKANN: index_type DISKANN, indexed_rows 200, state Finished; the five nearest found: True
#   HNWS: index_type HNWS, indexed_rows 200, state Finished; the five nearest found: True
#   log of milvus_lite.engine.collection: background compaction/index build failed; will retry on next flush
#   log of milvus_lite.engine.collection: background compaction/index build failed; will retry on next flush
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check \
    pymilvus==3.0.2 milvus-lite==3.2.2 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import logging
import sys

import numpy as np
from pymilvus import DataType, MilvusClient

COUNT, DIMENSION = 200, 16
logged = []


class Keep(logging.Handler):
    def emit(self, record):
        logged.append((record.name, record.getMessage()))


logging.getLogger().addHandler(Keep())
random = np.random.default_rng(0)
vectors = random.normal(size=(COUNT, DIMENSION)).astype(np.float32)
client = MilvusClient("vectors.db")
nearest = (vectors @ vectors[3]).argsort()[::-1][:5].tolist()
is_so = []
for kind in ("HNSW", "DISKANN", "HNWS"):
    schema = MilvusClient.create_schema(auto_id=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=DIMENSION)
    parameters = MilvusClient.prepare_index_params()
    parameters.add_index("vector", index_type=kind, metric_type="IP")
    client.create_collection(kind, schema=schema, index_params=parameters)
    client.upsert(kind, [{"id": number, "vector": vector} for number, vector in enumerate(vectors)])
    client.flush(kind)
    told = client.describe_index(kind, "vector")
    hits = [hit["id"] for hit in client.search(kind, [vectors[3]], limit=5)[0]]
    print(
        f"{kind}: index_type {told['index_type']}, indexed_rows {told['indexed_rows']}, state {told['state']}; "
        f"the five nearest found: {hits == nearest}"
    )
    is_so.append(told["index_type"] == kind and told["state"] == "Finished" and hits == nearest)
client.close()
for name, message in logged:
    if name.startswith("milvus_lite"):
        print(f"log of {name}: {message}")
if not all(is_so):
    sys.exit("no longer so")
PYTHON
