# SPDX-License-Identifier: Apache-2.0
"""A peer connection of aiortc whose lines have names, with media that it makes, and counts of what it gets."""
import asyncio

import aioice.ice
import av
import numpy
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from aiortc.sdp import candidate_from_sdp

# aioice leaves loopback out, where all of the test is.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

COLOURS = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255)}


class Pictures(VideoStreamTrack):
    """Small ones of one colour, in which something moves, 30 per second."""

    def __init__(self, colour):
        super().__init__()
        self._image = numpy.full((120, 160, 3), COLOURS[colour], numpy.uint8)

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        image = self._image.copy()
        image[100:, pts // 750 % 150:][:, :10] = 0
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


async def pass_by(pictures):
    """As long as it takes to make so many."""
    clock = VideoStreamTrack()
    for _ in range(pictures + 1):  # the first one is made at once
        await clock.next_timestamp()


def colour_of(frame):
    """The colour of a picture that another peer made."""
    seen = frame.to_ndarray(format="rgb24")[10:80, 10:150].mean(axis=(0, 1))
    return min(COLOURS, key=lambda name: abs(seen - COLOURS[name]).max())


class Peer:
    def __init__(self, colour):
        self._colour = colour
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._lines = {}  # transceivers by name
        self._counts, self._frames, self._readers = {}, {}, []  # by track
        self._connection.on("track", lambda track: self._readers.append(asyncio.ensure_future(self._read(track))))

    def _made(self, kind, colour=None):
        return AudioStreamTrack() if kind == "audio" else Pictures(colour or self._colour)

    async def _read(self, track):
        while True:
            self._frames[track.id] = await track.recv()
            self._counts[track.id] = self._counts.get(track.id, 0) + 1

    def add(self, line):
        direction = line.get("direction", "sendrecv")
        sends = direction.startswith("send")
        what = self._made(line["kind"], line.get("colour")) if sends else line["kind"]
        self._lines[line["line"]] = self._connection.addTransceiver(what, direction=direction)

    def direct(self, name, to):
        """What was sent goes on: it is for the other side to take it no more."""
        transceiver = self._lines[name]
        if to.startswith("send") and transceiver.sender.track is None:
            transceiver.sender.replaceTrack(self._made(transceiver.kind))
        transceiver.direction = to

    def replace(self, name, colour):
        self._lines[name].sender.replaceTrack(Pictures(colour))

    async def offer(self):
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return self._connection.localDescription.sdp

    async def accept(self, sdp):
        await self._connection.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def answer(self, sdp, fresh):
        """`fresh` are the lines that come with the offer, in their order."""
        known = self._connection.getTransceivers()
        await self._connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        added = [each for each in self._connection.getTransceivers() if each not in known]
        for line, transceiver in zip(fresh, added):
            self._lines[line["line"]] = transceiver
            self.direct(line["line"], line.get("direction", "sendrecv"))
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        return self._connection.localDescription.sdp

    async def add_candidate(self, text, mid):
        candidate = candidate_from_sdp(text.removeprefix("candidate:"))
        candidate.sdpMid = mid
        await self._connection.addIceCandidate(candidate)

    def remote(self):
        return self._connection.remoteDescription.sdp

    def mlines(self):
        return self._connection.localDescription.sdp.count("\nm=")

    def mid(self, name):
        return self._lines[name].mid

    def received(self, name):
        """Frames that were decoded."""
        track = self._lines[name].receiver.track
        return self._counts.get(track.id, 0) if track else 0

    async def next_frame(self, name):
        before = self.received(name)
        while self.received(name) == before:
            await pass_by(1)
        return self._frames[self._lines[name].receiver.track.id]

    async def close(self):
        for reader in self._readers:
            reader.cancel()
        await self._connection.close()
