#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""CPU of live media over RTP, by kms and by the best gst-launch line for the same, in turns, as a ratio.

    bench/graph/live.py mirror|call|record [--runs N] [--seconds S]

mirror  VP8 of 640x480 comes, is decoded, filtered, encoded with the same settings and goes back.
call    G.711 and Opus, transcoded both ways; several calls at once, for figures that mean something.
record  VP8 of 1280x720 and Opus, twenty of them, each into a WebM file of its own as they come. Threads are told too.

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

import server

WARM_UP = 3  # seconds
CALLS = 10
PATIENCE_MS = 100  # of the jitter buffers, ours and by hand
RECORDINGS = 20
BARS = {"mirror": 1.10, "call": 1.15, "record": 1.10}

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


class Mirror:
    kind = "video"

    def __init__(self, folder, ports):
        self._clip, self._out = folder / "clip.webm", ports.sink()
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


class Call:
    kind = "audio"

    def __init__(self, folder, ports):
        self._out = [(ports.sink(), ports.sink()) for _ in range(CALLS)]

    def feed(self, targets):
        def clients(kind):
            return ",".join(f"127.0.0.1:{port}" for port in targets[kind::2])
        return (f"audiotestsrc is-live=true samplesperbuffer=160 wave=pink-noise volume=0.2 ! "
                f"audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay {TWENTY_MS} ! multiudpsink clients={clients(0)} "
                f"audiotestsrc is-live=true samplesperbuffer=960 wave=pink-noise volume=0.2 ! "
                f"audio/x-raw,rate=48000,channels=1 ! opusenc bitrate=64000 ! rtpopuspay pt=97 ! "
                f"multiudpsink clients={clients(1)}")

    def by_hand(self):
        ports, lines = Ports.free(2 * CALLS), []
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


class Record:
    kind = "video"

    def __init__(self, folder, _):
        self._clip, self._folder = folder / "clip.webm", folder
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30:duration=10",
                        "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1.5M", "-g", "60",
                        folder / "once.webm"], check=True)
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-stream_loop", "60", "-i", folder / "once.webm", "-c", "copy",
                        self._clip], check=True)

    def feed(self, targets):
        def clients(kind):
            return ",".join(f"127.0.0.1:{port}" for port in targets[kind::2])
        return (f"filesrc location={self._clip} ! matroskademux ! rtpvp8pay pt=96 mtu=1200 picture-id-mode=2 ! "
                f"multiudpsink clients={clients(0)} "
                f"audiotestsrc is-live=true samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 ! "
                f"opusenc bitrate=32000 ! rtpopuspay pt=97 ! multiudpsink clients={clients(1)}")

    def by_hand(self):
        ports, lines = Ports.free(2 * RECORDINGS), []
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
        for number in range(RECORDINGS):
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


def hand_cpu(work, seconds):
    line, targets = work.by_hand()
    with gst_launch(line) as process, gst_launch(work.feed(targets)):
        used = cpu_over(process.pid, seconds)
        return used, server.threads(process.pid)


def kms_cpu(work, seconds, folder):
    import kms
    with server.running(folder, "rtp:\n  bind: 127.0.0.1\n") as (pid, address), kms.connect(address) as client, \
            client.create_session() as session, gst_launch(work.feed(work.in_kms(kms, session))):
        used = cpu_over(pid, seconds)
        check_flow(session, work.kind)
        return used, server.threads(pid)


def check_flow(session, kind):
    """A graph that stands still costs nothing, and proves nothing."""
    links = [link for link in session.stats().links if link.link.kind == kind]
    if not links or not all(link.frames + link.packets > 0 for link in links):
        raise SystemExit(f"no {kind} at a link: {links}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=list(BARS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20)
    args = parser.parse_args()
    subprocess.run([server.ROOT / "client-samples/python/generate"], check=True)
    with tempfile.TemporaryDirectory(dir=server.ROOT / "build") as name:
        folder = pathlib.Path(name)
        work = {"mirror": Mirror, "call": Call, "record": Record}[args.what](folder, Ports())
        ratios = []
        for run in range(args.runs):
            hand, threads_by_hand = hand_cpu(work, args.seconds)
            kms, threads = kms_cpu(work, args.seconds, folder)
            ratios.append(kms / hand)
            print(f"run {run + 1}: by hand {hand:.2f} s, kms {kms:.2f} s of CPU in {args.seconds:.0f} s, "
                  f"ratio {ratios[-1]:.2f}; {threads_by_hand} and {threads} threads", flush=True)
        print(f"{args.what}: ratio {statistics.median(ratios):.2f} (median of {args.runs}; bar {BARS[args.what]:.2f})")


if __name__ == "__main__":
    main()
