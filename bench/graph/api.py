#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Times of the API as a client sees them (this client's own share included), and what an idle session costs."""
import statistics
import subprocess
import tempfile
import time

import server


def timed(call):
    begin = time.perf_counter()
    result = call()
    return result, (time.perf_counter() - begin) * 1000


def chain_of_ten(kms):
    names = [f"e{i}" for i in range(10)]
    elements = {name: kms.ElementSpec("PassThrough" if i % 2 else "FaceDetectionFilter") for i, name in enumerate(names)}
    return elements, [(a, b, None) for a, b in zip(names, names[1:])]


def whole_life(kms, client):
    elements, links = chain_of_ten(kms)
    begin = time.perf_counter()
    session = client.create_session()
    session.apply_graph(elements, links)
    session.close()
    return (time.perf_counter() - begin) * 1000


def main():
    subprocess.run([server.ROOT / "client-samples/python/generate"], check=True)
    import kms
    with tempfile.TemporaryDirectory() as folder, server.running(folder) as (pid, address), kms.connect(address) as client:
        for _ in range(20):
            whole_life(kms, client)
        lives = [whole_life(kms, client) for _ in range(200)]
        print(f"CreateSession + ApplyGraph of 10 elements + DeleteSession: median {statistics.median(lives):.2f} ms (bar 5)")
        with client.create_session() as session:
            for kind in ("PassThrough", "FaceDetectionFilter", "PlayerEndpoint", "RecorderEndpoint"):
                options = {"PlayerEndpoint": {"uri": f"file://{folder}/a.mp4"},
                           "RecorderEndpoint": {"uri": f"file://{folder}/a.webm"}}.get(kind, {})
                times = []
                for _ in range(50):
                    element, took = timed(lambda: session.create(kind, **options))
                    times.append(took)
                    element.delete()
                print(f"CreateElement {kind}: median {statistics.median(times):.2f} ms (bar 1)")
        threads, memory = server.threads(pid), server.private_bytes(pid)
        stub_sessions = [client.create_session(lease=3600) for _ in range(500)]
        print(f"500 idle sessions: {server.threads(pid) - threads} threads (bar 0), "
              f"{(server.private_bytes(pid) - memory) / 500 / 1024:.1f} KB each (bar 50)")
        for session in stub_sessions:
            session.close()


if __name__ == "__main__":
    main()
