"""FAISS as a peer: an exact (flat) index of inner products. One JSON request a line, one JSON line back.

usage: faiss_peer.py THREADS

{"vectors": FILE, "queries": FILE, "dimensions": 384, "nearest": 10}
    -> {"seconds": [...], "rows": [[...], ...]}, one a query; the queries are asked one by one
The files hold little-endian f32, one vector after the other.
"""

import json
import sys
import time

import faiss
import numpy as np

WARM_UP = 20


def search(request):
    def read(file):
        return np.fromfile(file, "<f4").reshape(-1, request["dimensions"])

    index = faiss.IndexFlatIP(request["dimensions"])
    index.add(read(request["vectors"]))
    queries = read(request["queries"])
    for query in queries[:WARM_UP]:
        index.search(query[None], request["nearest"])
    seconds, rows = [], []
    for query in queries:
        begun = time.perf_counter()
        _, found = index.search(query[None], request["nearest"])
        seconds.append(time.perf_counter() - begun)
        rows.append(found[0].tolist())
    return {"seconds": seconds, "rows": rows}


def main(threads):
    faiss.omp_set_num_threads(int(threads))
    print(json.dumps({"name": f"FAISS {faiss.__version__} flat"}), flush=True)
    for line in sys.stdin:
        print(json.dumps(search(json.loads(line))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
