#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""WebRTC peers made of GStreamer's own webrtcbin, many in one process: those that publish a clip, or the lines that a good
hand would write to record what they publish.

    webrtc_peers.py publish COUNT CLIP     (VP8 and Opus in WebM, at its own pace; the peers offer)
    webrtc_peers.py record COUNT FOLDER    (into hand-0.webm, hand-1.webm, ... as it comes; the peers answer)

Descriptions are lines of JSON, {"peer": 0, "sdp": "..."}, on standard input and output; all candidates stand in them. A
publisher says {"peer": 0, "connected": true} when its media runs. The end of the input is the end: files are final when
the process is gone. Nothing of Python runs while media does.
"""
import json
import os
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC  # noqa: E402 (versions first)

PATIENCE = 20  # seconds
JITTER_BUFFER_MS = 100  # as kms has

# As of a browser: with congestion control by transport-cc, so whoever receives has its feedback to make.
EXTENSION = "extmap-1=http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
VP8 = f"application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96,{EXTENSION}"
OPUS = ("application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,sprop-stereo=(string)0,"
        f"sprop-maxcapturerate=(string)48000,payload=97,{EXTENSION}")  # all of it: webmmux takes no change of caps
PUBLISHER = """
    webrtcbin name=peer bundle-policy=max-bundle
    filesrc name=file location={clip} ! matroskademux name=clip
    clip.video_0 ! queue ! clocksync ! rtpvp8pay pt=96 mtu=1200 picture-id-mode=2 ssrc=1111 !
      {vp8},ssrc=(uint)1111 ! peer.
    clip.audio_0 ! queue ! clocksync ! rtpopuspay pt=97 ssrc=2222 !
      {opus},ssrc=(uint)2222 ! peer.
"""

# No queue: webrtcbin has a thread for each track already.
RECORDING = """
    webrtcbin name=peer bundle-policy=max-bundle latency={latency}
    rtpvp8depay name=video wait-for-keyframe=true ! file.video_0
    rtpopusdepay name=audio ! file.audio_0
    webmmux name=file ! filesink location={folder}/hand-{number}.webm
"""

output = threading.Lock()


def tell(**what):
    with output:
        print(json.dumps(what), flush=True)


def description(kind, text):
    _, message = GstSdp.SDPMessage.new_from_text(text)
    return GstWebRTC.WebRTCSessionDescription.new(kind, message)


class Peer:
    def __init__(self, number, line):
        self.number, self.pipeline = number, Gst.parse_launch(line)
        self.peer = self.pipeline.get_by_name("peer")
        self._gathered = self._event("ice-gathering-state", GstWebRTC.WebRTCICEGatheringState.COMPLETE)
        self._ice = self.peer.get_property("ice-agent")  # kept: what it gives away is webrtcbin's own reference
        self._ice.set_property("ice-tcp", False)
        self._ice.get_property("agent").set_property("upnp", False)
        self._ice.emit("add-local-ip-address", "127.0.0.1")

    def _event(self, name, wanted):
        """Set once a property has that value."""
        event = threading.Event()
        self.peer.connect(f"notify::{name}", lambda peer, _: peer.get_property(name) == wanted and event.set())
        return event

    def wait(self, event, what):
        if not event.wait(PATIENCE):
            raise SystemExit(f"peer {self.number} waits for {what} in vain")

    def set(self, which, what):
        promise = Gst.Promise.new()
        self.peer.emit(f"set-{which}-description", what, promise)
        promise.wait()

    def make(self, which):
        """Makes an offer or an answer, and tells it when it has all candidates."""
        promise = Gst.Promise.new()
        self.peer.emit(f"create-{which}", None, promise)
        promise.wait()
        reply = promise.get_reply()  # what is in it lives as long as it
        self.set("local", reply.get_value(which))
        self.wait(self._gathered, "candidates")
        tell(peer=self.number, sdp=self.peer.get_property("local-description").sdp.as_text())


class Publisher(Peer):
    def __init__(self, number, clip):
        super().__init__(number, PUBLISHER.format(clip=clip, vp8=VP8, opus=OPUS))
        self._connected = self._event("connection-state", GstWebRTC.WebRTCPeerConnectionState.CONNECTED)
        for at in range(2):
            self.peer.emit("get-transceiver", at).set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
        self._clip = [self.pipeline.get_by_name(name) for name in ("clip", "file")]
        for element in self._clip:
            element.set_locked_state(True)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.make("offer")

    def take(self, sdp):
        self.set("remote", description(GstWebRTC.WebRTCSDPType.ANSWER, sdp))
        self.wait(self._connected, "a connection")
        self._begin()
        tell(peer=self.number, connected=True)

    def _begin(self):
        """Media begins now, and not in a burst of what was due before, as if its clock ran too fast."""
        now = self.pipeline.get_current_running_time()
        self._clip[0].connect("pad-added", lambda _, pad: pad.set_offset(now))
        for element in self._clip:
            element.set_locked_state(False)
            element.sync_state_with_parent()
        self.pipeline.recalculate_latency()  # without it, sender reports are a frame wrong

    def end(self):
        self.pipeline.set_state(Gst.State.NULL)


class Recording(Peer):
    def __init__(self, number, folder):
        super().__init__(number, RECORDING.format(latency=JITTER_BUFFER_MS, folder=folder, number=number))
        self.peer.connect("pad-added", self._link)
        for codec in (VP8, OPUS):
            self.peer.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(codec))
        self.pipeline.set_state(Gst.State.PLAYING)

    def _link(self, _, pad):
        if pad.direction == Gst.PadDirection.SRC:
            pad.link(self._way_in(pad.get_current_caps().get_structure(0).get_string("media")))

    def _way_in(self, kind):
        return self.pipeline.get_by_name(kind).get_static_pad("sink")

    def take(self, sdp):
        self.set("remote", description(GstWebRTC.WebRTCSDPType.OFFER, sdp))
        self.make("answer")

    def end(self):
        """The second end of stream comes back when the file is final."""
        for kind in ("video", "audio"):
            self._way_in(kind).send_event(Gst.Event.new_eos())
        self.pipeline.set_state(Gst.State.NULL)


def main():
    what, count, place = sys.argv[1:]
    Gst.init(None)
    peers = [{"publish": Publisher, "record": Recording}[what](number, place) for number in range(int(count))]
    for line in sys.stdin:
        told = json.loads(line)
        peers[told["peer"]].take(told["sdp"])
    for peer in peers:
        peer.end()
    os._exit(0)  # what Python would let go of now, webrtcbin has let go of already


if __name__ == "__main__":
    main()
