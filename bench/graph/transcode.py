#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""CPU of recording a clip, by kms and by the best gst-launch line for the same, in turns, as a ratio.

Both are measured beyond start-up: the CPU of a long clip minus that of a short one. Usage:

    bench/graph/transcode.py copy|faces [--runs N] [--minutes M]
"""
import argparse
import pathlib
import statistics
import subprocess
import tempfile

import server

SHORT = 1  # clip lengths are given in repetitions of the demo clip (20 s)


def make_clip(folder, repetitions):
    clip = folder / f"clip-{repetitions}.mp4"
    subprocess.run([server.ROOT / "tools/make-demo-clip", server.ROOT / "build/media/demo.mp4"], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-stream_loop", str(repetitions - 1), "-i",
                    server.ROOT / "build/media/demo.mp4", "-c", "copy", clip], check=True)
    return clip


def copy_line(clip, out):
    return (f"filesrc location={clip} ! qtdemux name=d "
            f"d.video_0 ! queue ! m.video_0 d.audio_0 ! queue ! m.audio_0 "
            f"mp4mux name=m fragment-duration=1000 ! filesink location={out}")


# The same detections (every third frame, at a third of the size, the same steps and smallest face, one cascade: those
# of eyes, nose and mouth are in no package), the same encoder and settings.
def faces_line(clip, out):
    return (f"filesrc location={clip} ! qtdemux name=d "
            f"d.video_0 ! queue ! h264parse ! avdec_h264 max-threads=1 ! tee name=t "
            f"t. ! queue ! videorate drop-only=true ! video/x-raw,framerate=10/1 ! videoscale ! "
            f"video/x-raw,width=426,height=240 ! videoconvert ! video/x-raw,format=RGB ! "
            f"facedetect display=false scale-factor=1.2 min-neighbors=4 min-size-width=26 min-size-height=26 "
            f"profile=/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml "
            f"! fakesink sync=false "
            f"t. ! queue ! videoconvert ! x264enc tune=zerolatency speed-preset=veryfast threads=1 bitrate=1500 "
            f"key-int-max=240 ! video/x-h264,profile=constrained-baseline ! h264parse ! m.video_0 "
            f"d.audio_0 ! queue max-size-time=0 max-size-bytes=0 max-size-buffers=0 ! m.audio_0 "
            f"mp4mux name=m fragment-duration=1000 ! filesink location={out}")


def by_hand(line):
    return server.child_cpu(["gst-launch-1.0", "-q"] + line.split())


def play_into_a_file(session, faces, clip, out):
    """Returns when the file is final."""
    import kms
    elements = {
        "player": kms.ElementSpec("PlayerEndpoint", uri=f"file://{clip}", unpaced=True),
        "recorder": kms.ElementSpec("RecorderEndpoint", uri=f"file://{out}", autostart=True,
                                    stop_on_end_of_stream=True, overwrite=True)}
    links = [("player", "recorder", None)]
    if faces:
        elements["faces"] = kms.ElementSpec("FaceDetectionFilter", every_nth_frame=3)
        links = [("player", "faces", None), ("faces", "recorder", None)]
    session.apply_graph(elements, links)
    session.element("player").play(timeout=60)
    for event in session.events():
        if event.type == "ElementError":
            raise SystemExit(f"kms failed: {event.data}")
        if event.type == "RecordingFinished":
            break
    for name in elements:
        session.element(name).delete()


def kms_run(faces, clip, out, folder):
    import kms
    with server.running(folder) as (pid, address), kms.connect(address) as client, client.create_session() as session:
        before = server.cpu_seconds(pid)
        play_into_a_file(session, faces, clip, out)
        return server.cpu_seconds(pid) - before


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["copy", "faces"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=30)
    args = parser.parse_args()
    subprocess.run([server.ROOT / "client-samples/python/generate"], check=True)
    faces = args.what == "faces"
    line = faces_line if faces else copy_line
    with tempfile.TemporaryDirectory(dir=server.ROOT / "build") as name:
        folder = pathlib.Path(name)
        short, long = make_clip(folder, SHORT), make_clip(folder, max(SHORT + 1, round(args.minutes * 3)))
        out = folder / "out.mp4"
        ratios = []
        for run in range(args.runs):
            hand = by_hand(line(long, out)) - by_hand(line(short, out))
            kms = kms_run(faces, long, out, folder) - kms_run(faces, short, out, folder)
            ratios.append(kms / hand)
            print(f"run {run + 1}: by hand {hand:.2f} s, kms {kms:.2f} s of CPU, ratio {ratios[-1]:.2f}", flush=True)
        print(f"{args.what}: ratio {statistics.median(ratios):.2f} (median of {args.runs}; bar 1.10)")


if __name__ == "__main__":
    main()
