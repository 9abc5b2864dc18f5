#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Mixers of live RTP: CPU of kms and of the best gst-launch line for the same, in turns, as a ratio; and delay.

    bench/graph/mix.py pictures|room|many|levels|delay|joins [--runs N] [--seconds S]

pictures  Nine times VP8 of 640x360 at 30 pictures a second become one of 1280x720, encoded once.
room      Thirty send Opus and hear the others; three of them make a noise. By hand these three are mixed once for all, and
          once without each of them: four encoders.
many      Two hundred send noise in Opus, the loudest three are heard. Told as a part of one core; by hand there is no such line.
          Their packets do not say how loud they are, so all of them are decoded: the most that it can cost.
levels    As many, but packets say how loud they are (RFC 6464): the three that are heard are decoded, and nobody else.
delay     Nine times VP8 of 640x360 into one of 1280x720: from a picture that is encoded at the sender to the mixed one that is
          decoded at the receiver with the last of the nine in it, through jitter buffers of 100 ms: what comes in order does not
          wait in them. From RTP in to RTP out it is less than that by one encoder and one decoder.
joins     Eight of these stay, a ninth comes and goes ten times: pictures that are left out at once, by the time stamps of the RTP
          that goes out (at most one), and how far apart they come.
"""
import argparse
import pathlib
import statistics
import subprocess
import tempfile
import threading
import time

import live
import mix_joins
import server

BARS = {"pictures": 1.10, "room": 1.30, "many": 0.50, "levels": 0.50, "delay": 0.150, "joins": 1}
PATIENCE_MS = live.PATIENCE_MS
CONFIG = "rtp:\n  bind: 127.0.0.1\nlimits:\n  elements_per_session: 1000\n  links_per_session: 4000\n"
VP8ENC = ("vp8enc deadline=1 cpu-used=8 threads=1 end-usage=cbr target-bitrate=1500000 keyframe-max-dist=240 "
          "error-resilient=default")


def clients(ports):
    return ",".join(f"127.0.0.1:{port}" for port in ports)


def opus_peer(kms, port, level_id=0):
    audio = {"codec": "OPUS", "payload_type": 97, "remote_address": "127.0.0.1", "remote_port": port,
             "audio_level_id": level_id}
    return kms.ElementSpec("RtpEndpoint", audio=audio, jitter_buffer_ms=PATIENCE_MS)


def noise(ports, wave="pink-noise", level_id=0):
    level = f'application/x-rtp,extmap-{level_id}=(string)<"",urn:ietf:params:rtp-hdrext:ssrc-audio-level,"vad=on">'
    return (f"audiotestsrc is-live=true samplesperbuffer=960 wave={wave} volume=0.2 ! audio/x-raw,rate=48000,channels=1 ! "
            f"level audio-level-meta=true post-messages=false ! opusenc bitrate=64000 ! rtpopuspay pt=97 ! "
            f"{level if level_id else 'application/x-rtp'} ! multiudpsink clients={clients(ports)} ")


class Pictures:
    kind, inputs = "video", 9

    def __init__(self, folder, ports):
        self._clip, self._out = folder / "clip.webm", ports.sink()
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=30:duration=10",
                        "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k", "-g", "60",
                        folder / "once.webm"], check=True)
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-stream_loop", "60", "-i", folder / "once.webm", "-c", "copy",
                        self._clip], check=True)

    def feed(self, targets):
        return (f"filesrc location={self._clip} ! matroskademux ! rtpvp8pay pt=96 mtu=1200 picture-id-mode=2 ! "
                f"multiudpsink clients={clients(targets)}")

    def by_hand(self):
        ports = live.Ports.free(self.inputs)
        places = [f"sink_{i}::xpos={i % 3 * 426} sink_{i}::ypos={i // 3 * 240} sink_{i}::width=426 sink_{i}::height=240"
                  for i in range(self.inputs)]
        inputs = [f"udpsrc address=127.0.0.1 port={port} caps={live.VP8} ! rtpjitterbuffer latency={PATIENCE_MS} ! "
                  f"rtpvp8depay ! vp8dec ! queue ! c.sink_{i}" for i, port in enumerate(ports)]
        return (f"compositor name=c background=black {' '.join(places)} ! "
                f"video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! queue ! {VP8ENC} ! "
                f"rtpvp8pay picture-id-mode=2 mtu=1200 ! udpsink host=127.0.0.1 port={self._out} sync=false async=false "
                + " ".join(inputs)), ports

    def in_kms(self, kms, session):
        names = [f"p{i}" for i in range(self.inputs)]
        video = {"codec": "VP8", "payload_type": 96, "remote_address": "127.0.0.1"}
        elements = {"room": kms.ElementSpec("Composite", ports=[{"port_id": name} for name in names])}
        for name in names:
            elements[name] = kms.ElementSpec("RtpEndpoint", video={**video, "remote_port": 9}, jitter_buffer_ms=PATIENCE_MS)
        elements["out"] = kms.ElementSpec("RtpEndpoint", video={**video, "remote_port": self._out})
        links = [kms.Link(name, "room", "video", sink_port=name) for name in names] + [kms.Link("room", "out", "video")]
        session.apply_graph(elements, links)
        return [session.element(name).get_local_ports().video_port for name in names]


class Room:
    kind, inputs, speakers = "audio", 30, 3

    def __init__(self, _, ports):
        self._out = [ports.sink() for _ in range(self.inputs)]

    def feed(self, targets):
        quiet = targets[self.speakers:]
        return noise(targets[:self.speakers]) + (noise(quiet, "silence") if quiet else "")

    def by_hand(self):
        ports, speakers = live.Ports.free(self.speakers), range(self.speakers)
        lines = [f"udpsrc address=127.0.0.1 port={port} caps={live.OPUS} ! rtpjitterbuffer latency={PATIENCE_MS} ! "
                 f"rtpopusdepay ! opusdec plc=true ! tee name=t{i}" for i, port in enumerate(ports)]
        mixes = [(list(speakers), self._out[self.speakers:])]
        mixes += [([other for other in speakers if other != me], [self._out[me]]) for me in speakers]
        for number, (heard, listeners) in enumerate(mixes):
            lines.append(f"audiomixer name=m{number} ! audio/x-raw,rate=48000,channels=1 ! opusenc bitrate=64000 ! "
                         f"rtpopuspay pt=97 ! multiudpsink clients={clients(listeners)} sync=false async=false")
            lines += [f"t{i}. ! queue ! m{number}." for i in heard]
        return " ".join(lines), ports

    def in_kms(self, kms, session):
        names = [f"p{i}" for i in range(self.inputs)]
        elements = {"mixer": kms.ElementSpec("AudioMixer", ports=[{"port_id": name} for name in names])}
        elements.update({name: opus_peer(kms, port) for name, port in zip(names, self._out)})
        links = [kms.Link(name, "mixer", "audio", sink_port=name) for name in names]
        links += [kms.Link("mixer", name, "audio", source_port=name) for name in names]
        session.apply_graph(elements, links)
        return [session.element(name).get_local_ports().audio_port for name in names]


class Many:
    kind, inputs, level_id = "audio", 200, 0

    def __init__(self, _, ports):
        self._out = ports.sink()

    def feed(self, targets):
        return noise(targets, level_id=self.level_id)

    def in_kms(self, kms, session):
        names = [f"p{i}" for i in range(self.inputs)]
        elements = {"mixer": kms.ElementSpec("AudioMixer", ports=[{"port_id": name} for name in names]),
                    "ear": opus_peer(kms, self._out)}
        elements.update({name: opus_peer(kms, 9, self.level_id) for name in names})
        links = [kms.Link(name, "mixer", "audio", sink_port=name) for name in names] + [kms.Link("mixer", "ear", "audio")]
        session.apply_graph(elements, links)
        return [session.element(name).get_local_ports().audio_port for name in names]


class Levels(Many):
    level_id = 1


def gstreamer():
    import gi
    gi.require_version("Gst", "1.0")
    from gi.repository import Gst
    Gst.init(None)
    return Gst


class Delay(Pictures):
    """Inputs whose pictures turn from black to white and back, all at once."""

    def __init__(self, folder, ports):
        super().__init__(folder, ports)
        self._gst, self._out = gstreamer(), live.Ports.free(1)[0]

    def _start(self, line, places):
        pipeline = self._gst.parse_launch(line)
        change = Change(self._gst, pipeline, places)
        pipeline.set_state(self._gst.State.PLAYING)
        return pipeline, change

    def measure(self, kms, session, changes):
        """Seconds from a change of colour at the encoder to that change in all cells at the receiver, who hears the first key
        frame."""
        middles = [1280 * (240 * row + 120) + 426 * column + 213 for row in range(3) for column in range(3)]
        receiver, came = self._start(f"udpsrc address=127.0.0.1 port={self._out} caps={live.VP8} ! rtpvp8depay ! vp8dec ! "
                                     f"identity name=seen ! fakesink sync=false", middles)
        targets = self.in_kms(kms, session)
        sender, sent = self._start(
            f"videotestsrc name=camera is-live=true pattern=black ! video/x-raw,format=I420,width=640,height=360,"
            f"framerate=30/1 ! identity name=seen ! {VP8ENC} ! rtpvp8pay pt=96 mtu=1200 picture-id-mode=2 ! "
            f"multiudpsink clients={clients(targets)}", [640 * 180 + 320])
        live.for_a_while(live.WARM_UP)
        delays = []
        for change in range(changes):
            sender.get_by_name("camera").set_property("pattern", "white" if change % 2 == 0 else "black")
            delays.append(came.wait(change % 2 == 0) - sent.wait(change % 2 == 0))
        for pipeline in (sender, receiver):
            pipeline.set_state(self._gst.State.NULL)
        return delays


class Joins(Pictures):
    """All but one stay."""
    inputs = 8

    def __init__(self, folder, ports):
        super().__init__(folder, ports)
        self._gst, self._watch = gstreamer(), mix_joins.Watch()
        self._out = self._watch.port

    def measure(self, kms, session):
        line = self.feed(self.in_kms(kms, session)) + " name=out"
        video = {"codec": "VP8", "payload_type": 96, "remote_address": "127.0.0.1", "remote_port": 9}
        sender = self._gst.parse_launch(line)
        sender.set_state(self._gst.State.PLAYING)
        live.for_a_while(live.WARM_UP)
        with self._watch.open():
            mix_joins.come_and_go(kms, session, kms.ElementSpec("RtpEndpoint", video=video, jitter_buffer_ms=PATIENCE_MS),
                                  sender.get_by_name("out"))
        sender.set_state(self._gst.State.NULL)
        return mix_joins.told(self._watch)


class Change:
    """Notes when all of some places of the pictures that go through an identity called "seen" turned bright or dark; a place is
    one of the luma, which comes first in I420."""

    def __init__(self, gst, pipeline, places):
        self._gst, self._times, self._changed, self._bright = gst, {False: 0, True: 0}, threading.Condition(), False
        self._places = places
        pipeline.get_by_name("seen").get_static_pad("src").add_probe(gst.PadProbeType.BUFFER, self._look)

    def _look(self, _, info):
        buffer = info.get_buffer()
        bright = [buffer.extract_dup(place, 1)[0] > 128 for place in self._places]
        with self._changed:
            if self._bright not in bright:
                self._bright = not self._bright
                self._times[self._bright] = time.monotonic()
                self._changed.notify_all()
        return self._gst.PadProbeReturn.OK

    def wait(self, bright):
        with self._changed:
            if not self._changed.wait_for(lambda: self._bright == bright, 10):
                raise SystemExit("no picture of the other colour came")
            return self._times[bright]


def hand_cpu(work, seconds):
    line, targets = work.by_hand()
    with live.gst_launch(line) as process, live.gst_launch(work.feed(targets)):
        return live.cpu_over(process.pid, seconds)


def kms_cpu(work, seconds, folder):
    import kms
    with server.running(folder, CONFIG) as (pid, address), kms.connect(address) as client, \
            client.create_session() as session, live.gst_launch(work.feed(work.in_kms(kms, session))):
        used = live.cpu_over(pid, seconds)
        live.check_flow(session, work.kind)
        return used


def measured(work, folder, *more):
    import kms
    with server.running(folder, CONFIG) as (_, address), kms.connect(address) as client, client.create_session() as session:
        return work.measure(kms, session, *more)


def one_run(what, work, seconds, folder):
    """The figure of a run, and what to say of it."""
    if what == "delay":
        all_of_them = measured(work, folder, 20)
        middle = statistics.median(all_of_them)
        return middle, f"{middle * 1000:.0f} ms (median of 20; {max(all_of_them) * 1000:.0f} at most)"
    if what == "joins":
        return measured(work, folder)
    used = kms_cpu(work, seconds, folder)
    if what in ("many", "levels"):
        return used / seconds, f"{used:.2f} s of CPU in {seconds:.0f} s"
    hand = hand_cpu(work, seconds)
    return used / hand, f"by hand {hand:.2f} s, kms {used:.2f} s of CPU in {seconds:.0f} s, ratio {used / hand:.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=list(BARS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20)
    args = parser.parse_args()
    subprocess.run([server.ROOT / "client-samples/python/generate"], check=True)
    with tempfile.TemporaryDirectory(dir=server.ROOT / "build") as name:
        folder = pathlib.Path(name)
        work = {"pictures": Pictures, "room": Room, "many": Many, "levels": Levels, "delay": Delay,
                "joins": Joins}[args.what](folder, live.Ports())
        figures = []
        for run in range(args.runs):
            figure, said = one_run(args.what, work, args.seconds, folder)
            figures.append(figure)
            print(f"run {run + 1}: {said}", flush=True)
        print(f"{args.what}: {statistics.median(figures):.3f} (median of {args.runs}; bar {BARS[args.what]:.2f})")


if __name__ == "__main__":
    main()
