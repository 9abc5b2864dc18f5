#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""CPU of live media over RTP and WebRTC, by kms and by the best gst-launch line for the same, in turns, as a ratio.

    bench/graph/live.py mirror|call|record|record-webrtc [--runs N] [--seconds S] [--at-once N]

mirror  VP8 of 640x480 comes, is decoded, filtered, encoded with the same settings and goes back.
call    G.711 and Opus, transcoded both ways; several calls at once, for figures that mean something.
record  VP8 of 1280x720 and Opus, twenty of them, each into a WebM file of its own as they come. Threads are told too.
record-webrtc  The same from WebRTC (ICE, DTLS, SRTP, transport-cc): what publishes, in a process that is not counted, and the
        lines, all in one process, are GStreamer's webrtcbin (webrtc_peers.py). What the files have of the time measured is
        checked.

Both get the same packets at the same pace, and CPU is counted over the same time of running, without start-up.
"""
import argparse
import contextlib
import pathlib
import socket
import statistics
import subprocess
import tempfile
import threading

import clips
import server
from webrtc_recordings import RecordWebRtc

WARM_UP = 3  # seconds, more than from key frame to key frame
PATIENCE_MS = 100  # of the jitter buffers, ours and by hand
BARS = {"mirror": 1.10, "call": 1.15, "record": 1.10, "record-webrtc": 1.10}

VP8 = "application/x-rtp,media=video,clock-rate=90000,encoding-name=VP8,payload=96"
PCMU = "application/x-rtp,media=audio,clock-rate=8000,encoding-name=PCMU,payload=0"
OPUS = "application/x-rtp,media=audio,clock-rate=48000,encoding-name=OPUS,payload=97"
TWENTY_MS = "min-ptime=20000000 max-ptime=20000000"


class Ports:
    """UDP ports that somebody listens at: what is sent to them goes nowhere, and nothing is told of it."""

    def __init__(self):
        self._sockets = []

    def sink(self):
        self._sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self._sockets[-1].bind(("127.0.0.1", 0))
        return self._sockets[-1].getsockname()[1]

    @staticmethod
    def free(count):
        """Some that nobody has now."""
        held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
        for each in held:
            each.bind(("127.0.0.1", 0))
        numbers = [each.getsockname()[1] for each in held]
        for each in held:
            each.close()
        return numbers


@contextlib.contextmanager
def gst_launch(line):
    process = subprocess.Popen(["gst-launch-1.0", "-q"] + line.split(), stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def cpu_over(pid, seconds):
    """CPU of a process over the next seconds, once it is warm."""
    for_a_while(WARM_UP)
    before = server.cpu_seconds(pid)
    for_a_while(seconds)
    return server.cpu_seconds(pid) - before


def for_a_while(seconds):
    threading.Event().wait(seconds)  # the time itself is what is measured over


class OverRtp:
    """A line for gst-launch by hand, a graph in kms, and a line that feeds either. `at_once` of them."""

    config = "rtp:\n  bind: 127.0.0.1\n"

    @contextlib.contextmanager
    def hand_at_work(self):
        line, targets = self.by_hand()
        with gst_launch(line) as process, gst_launch(self.feed(targets)):
            yield process.pid

    @contextlib.contextmanager
    def kms_at_work(self, kms, session):
        with gst_launch(self.feed(self.in_kms(kms, session))):
            yield

    def check(self, side, seconds):
        """Nothing is left to look at."""


class Mirror(OverRtp):
    kind, at_once = "video", 1

    def __init__(self, folder, _):
        self._ports = Ports()
        self._clip, self._out = folder / "clip.webm", self._ports.sink()
        subprocess.run([server.ROOT / "tools/make-demo-clip", server.ROOT / "build/media/demo.mp4"], check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", server.ROOT / "build/media/demo.mp4", "-an", "-vf",
                        "scale=640:480,setsar=1,fps=30", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8",
                        "-b:v", "1.5M", "-g", "30", folder / "once.webm"], check=True)
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-stream_loop", "30", "-i", folder / "once.webm", "-c", "copy",
                        self._clip], check=True)

    def feed(self, targets):
        return (f"filesrc location={self._clip} ! matroskademux ! rtpvp8pay pt=96 mtu=1200 ! "
                f"udpsink host=127.0.0.1 port={targets[0]}")

    def by_hand(self):
        """The line, and where it listens."""
        port, = Ports.free(1)
        return (f"udpsrc address=127.0.0.1 port={port} caps={VP8} ! rtpjitterbuffer latency={PATIENCE_MS} ! rtpvp8depay ! "
                f"vp8dec ! videoconvert ! videobalance saturation=0.5 ! videoconvert ! "
                f"vp8enc deadline=1 cpu-used=8 threads=1 end-usage=cbr target-bitrate=1500000 keyframe-max-dist=240 "
                f"error-resilient=default ! rtpvp8pay picture-id-mode=2 mtu=1200 ! "
                f"udpsink host=127.0.0.1 port={self._out} sync=false async=false"), [port]

    def in_kms(self, kms, session):
        """Makes the graph; where it listens."""
        video = {"codec": "VP8", "payload_type": 96, "remote_address": "127.0.0.1", "remote_port": self._out}
        session.apply_graph(
            {"peer": kms.ElementSpec("RtpEndpoint", video=video, jitter_buffer_ms=PATIENCE_MS),
             "filter": kms.ElementSpec("GStreamerFilter", bin="videobalance saturation=0.5")},
            [("peer", "filter", None), ("filter", "peer", None)])
        return [session.element("peer").get_local_ports().video_port]


class Call(OverRtp):
    kind = "audio"

    def __init__(self, _, at_once):
        self._ports, self.at_once = Ports(), at_once or 10
        self._out = [(self._ports.sink(), self._ports.sink()) for _ in range(self.at_once)]

    def feed(self, targets):
        def clients(kind):
            return ",".join(f"127.0.0.1:{port}" for port in targets[kind::2])
        return (f"audiotestsrc is-live=true samplesperbuffer=160 wave=pink-noise volume=0.2 ! "
                f"audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay {TWENTY_MS} ! multiudpsink clients={clients(0)} "
                f"audiotestsrc is-live=true samplesperbuffer=960 wave=pink-noise volume=0.2 ! "
                f"audio/x-raw,rate=48000,channels=1 ! opusenc bitrate=64000 ! rtpopuspay pt=97 ! "
                f"multiudpsink clients={clients(1)}")

    def by_hand(self):
        ports, lines = Ports.free(2 * self.at_once), []
        for (phone, browser), g711, opus in zip(self._out, ports[::2], ports[1::2]):
            lines.append(
                f"udpsrc address=127.0.0.1 port={g711} caps={PCMU} ! rtpjitterbuffer latency={PATIENCE_MS} ! rtppcmudepay ! "
                f"mulawdec ! audioconvert ! audioresample ! opusenc bitrate=64000 ! rtpopuspay pt=97 mtu=1200 ! "
                f"udpsink host=127.0.0.1 port={browser} sync=false async=false "
                f"udpsrc address=127.0.0.1 port={opus} caps={OPUS} ! rtpjitterbuffer latency={PATIENCE_MS} ! rtpopusdepay ! "
                f"opusdec plc=true use-inband-fec=true ! audioconvert ! audioresample ! audio/x-raw,rate=8000,channels=1 ! "
                f"mulawenc ! rtppcmupay {TWENTY_MS} mtu=1200 ! "
                f"udpsink host=127.0.0.1 port={phone} sync=false async=false")
        return " ".join(lines), ports

    def in_kms(self, kms, session):
        targets = []
        for number, (phone, browser) in enumerate(self._out):
            names = [f"phone{number}", f"browser{number}"]
            elements = {}
            for name, codec, payload_type, port in zip(names, ("PCMU", "OPUS"), (0, 97), (phone, browser)):
                audio = {"codec": codec, "payload_type": payload_type, "remote_address": "127.0.0.1", "remote_port": port}
                elements[name] = kms.ElementSpec("RtpEndpoint", audio=audio, jitter_buffer_ms=PATIENCE_MS)
            session.apply_graph(elements, [(*names, None), (*reversed(names), None)])
            targets += [session.element(name).get_local_ports().audio_port for name in names]
        return targets


class Record(OverRtp):
    kind = "video"

    def __init__(self, folder, at_once):
        self._folder, self.at_once = folder, at_once or 20
        self._clip = clips.pictures(folder)

    def feed(self, targets):
        def clients(kind):
            return ",".join(f"127.0.0.1:{port}" for port in targets[kind::2])
        return (f"filesrc location={self._clip} ! matroskademux ! rtpvp8pay pt=96 mtu=1200 picture-id-mode=2 ! "
                f"multiudpsink clients={clients(0)} "
                f"audiotestsrc is-live=true samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 ! "
                f"opusenc bitrate=32000 ! rtpopuspay pt=97 ! multiudpsink clients={clients(1)}")

    def by_hand(self):
        ports, lines = Ports.free(2 * self.at_once), []
        for number, (video, audio) in enumerate(zip(ports[::2], ports[1::2])):
            lines.append(
                f"udpsrc address=127.0.0.1 port={video} caps={VP8} ! rtpjitterbuffer latency={PATIENCE_MS} ! rtpvp8depay ! "
                f"queue ! m{number}.video_0 "
                f"udpsrc address=127.0.0.1 port={audio} caps={OPUS} ! rtpjitterbuffer latency={PATIENCE_MS} ! rtpopusdepay ! "
                f"capssetter caps=audio/x-opus,rate=48000,channels=1 ! queue ! m{number}.audio_0 "
                f"webmmux name=m{number} ! filesink location={self._folder}/hand-{number}.webm")
        return " ".join(lines), ports

    def in_kms(self, kms, session):
        targets = []
        for number in range(self.at_once):
            names = [f"peer{number}", f"recorder{number}"]
            video = {"codec": "VP8", "payload_type": 96, "remote_address": "127.0.0.1", "remote_port": 9}
            audio = {"codec": "OPUS", "payload_type": 97, "remote_address": "127.0.0.1", "remote_port": 9}
            uri = f"file://{self._folder}/kms-{number}.webm"
            session.apply_graph(
                {names[0]: kms.ElementSpec("RtpEndpoint", video=video, audio=audio, jitter_buffer_ms=PATIENCE_MS),
                 names[1]: kms.ElementSpec("RecorderEndpoint", uri=uri, overwrite=True, autostart=True)},
                [(*names, None)])
            ports = session.element(names[0]).get_local_ports()
            targets += [ports.video_port, ports.audio_port]
        return targets


def by_hand(work, seconds):
    """CPU, and how many threads there are of each name."""
    with work.hand_at_work() as pid:
        measured = cpu_over(pid, seconds), server.thread_names(pid)
    work.check("hand", seconds)
    return measured


def by_kms(work, seconds, folder):
    """The same, and how many threads there were before."""
    import kms
    with server.running(folder, work.config) as (pid, address), kms.connect(address) as client:
        idle = server.threads(pid)
        with client.create_session() as session, work.kms_at_work(kms, session):
            used, names = cpu_over(pid, seconds), server.thread_names(pid)
            check_flow(session, work.kind)
    work.check("kms", seconds)
    return used, names, idle


def check_flow(session, kind):
    """A graph that stands still costs nothing, and proves nothing."""
    links = [link for link in session.stats().links if link.link.kind == kind]
    if not links or not all(link.frames + link.packets > 0 for link in links):
        raise SystemExit(f"no {kind} at a link: {links}")


def name_threads(names, idle, at_once):
    """Of kms, where it has more than one for each track beside those that it has anyway."""
    if names.total() > idle + 2 * at_once:
        print("kms has more than a thread a track: " + ", ".join(f"{count} {name}" for name, count in names.most_common()))


WORKS = {"mirror": Mirror, "call": Call, "record": Record, "record-webrtc": RecordWebRtc}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=list(BARS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--at-once", type=int, help="calls (default 10) or recordings (20)")
    args = parser.parse_args()
    subprocess.run([server.ROOT / "client-samples/python/generate"], check=True)
    with tempfile.TemporaryDirectory(dir=server.ROOT / "build") as name:
        folder = pathlib.Path(name)
        work = WORKS[args.what](folder, args.at_once)
        ratios = []
        for run in range(args.runs):
            hand, hand_threads = by_hand(work, args.seconds)
            kms, kms_threads, idle = by_kms(work, args.seconds, folder)
            ratios.append(kms / hand)
            print(f"run {run + 1}: by hand {hand:.2f} s, kms {kms:.2f} s of CPU in {args.seconds:.0f} s, ratio {ratios[-1]:.2f}; "
                  f"{hand_threads.total()} and {kms_threads.total()} threads ({idle} of them without work)", flush=True)
        name_threads(kms_threads, idle, work.at_once)
        print(f"{args.what}: ratio {statistics.median(ratios):.2f} (median of {args.runs}; bar {BARS[args.what]:.2f})")


if __name__ == "__main__":
    main()
