#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Times of the API as a client sees them (the client's own share included, and told), and what an idle session costs.

The client is plain gRPC. What the Python client library adds of its own is told beside it.
"""
import statistics
import subprocess
import tempfile
import time

import server

LIVES, CALLS, IDLE = 200, 100, 500
NAMES = [f"e{i}" for i in range(10)]


def median_ms(call, count, after=lambda result: None):
    """Of one call in milliseconds; `after` gets its result and is not timed."""
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        result = call()
        times.append((time.perf_counter() - begin) * 1000)
        after(result)
    return statistics.median(times)


def whole_life(plain, face, through):
    session = plain("SessionService.CreateSession").session.name
    elements = [{"element_id": name, "options": through if i % 2 else face} for i, name in enumerate(NAMES)]
    links = [{"source": a, "sink": b} for a, b in zip(NAMES, NAMES[1:])]
    plain("GraphService.ApplyGraph", parent=session, elements=elements, links=links)
    plain("SessionService.DeleteSession", name=session)


def whole_life_by_library(kms, client):
    elements = {name: kms.ElementSpec("PassThrough" if i % 2 else "FaceDetectionFilter") for i, name in enumerate(NAMES)}
    with client.create_session() as session:
        session.apply_graph(elements, [(a, b) for a, b in zip(NAMES, NAMES[1:])])


def lives(kms, client, plain, kinds):
    def life():
        whole_life(plain, kinds["FaceDetectionFilter"], kinds["PassThrough"])

    def life_by_library():
        whole_life_by_library(kms, client)

    def three_calls():
        for _ in range(3):
            plain("SessionService.ListSessions")

    for warm_up in (life, life_by_library, three_calls):
        median_ms(warm_up, 20)
    print(f"CreateSession + ApplyGraph of 10 elements + DeleteSession: median {median_ms(life, LIVES):.2f} ms (bar 5); "
          f"three calls that do nothing: {median_ms(three_calls, LIVES):.2f} ms; "
          f"by the Python client library: {median_ms(life_by_library, LIVES):.2f} ms")


def creates(plain, kinds):
    session = plain("SessionService.CreateSession", lease={"seconds": 3600}).session.name
    for kind, options in kinds.items():
        took = median_ms(lambda: plain("ElementService.CreateElement", parent=session, element={"options": options}), CALLS,
                         lambda made: plain("ElementService.DeleteElement", name=made.element.name))
        print(f"CreateElement {kind}: median {took:.2f} ms (bar 1)")
    nothing = median_ms(lambda: plain("SessionService.GetSession", name=session), CALLS)
    print(f"a call that does nothing: median {nothing:.2f} ms")
    plain("SessionService.DeleteSession", name=session)


def idle_sessions(plain, pid):
    threads, memory = server.threads(pid), server.private_bytes(pid)
    names = [plain("SessionService.CreateSession", lease={"seconds": 3600}).session.name for _ in range(IDLE)]
    print(f"{IDLE} idle sessions: {server.threads(pid) - threads} threads (bar 0), "
          f"{(server.private_bytes(pid) - memory) / IDLE / 1024:.1f} KB each (bar 50)")
    for name in names:
        plain("SessionService.DeleteSession", name=name)


def main():
    subprocess.run([server.ROOT / "client-samples/python/generate"], check=True)
    import kms
    from plain import Plain, options
    with tempfile.TemporaryDirectory() as folder, \
            server.running(folder, "limits:\n  creates_per_second: 1000000\n") as (pid, address), kms.connect(address) as client:
        kinds = {"PassThrough": options("kms.pass_through.v1.PassThroughOptions"),
                 "FaceDetectionFilter": options("kms.face_detection.v1.FaceDetectionOptions"),
                 "GStreamerFilter": options("kms.gstreamer_filter.v1.GStreamerFilterOptions", bin="videobalance saturation=0"),
                 "PlayerEndpoint": options("kms.player.v1.PlayerOptions", uri=f"file://{folder}/a.mp4"),
                 "RecorderEndpoint": options("kms.recorder.v1.RecorderOptions", uri=f"file://{folder}/a.webm")}
        plain = Plain(address)
        lives(kms, client, plain, kinds)
        creates(plain, kinds)
        idle_sessions(plain, pid)


if __name__ == "__main__":
    main()
