#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The table of offers and answers, between kms and aiortc, a WebRTC stack that shares no code with browsers. What aiortc 1.4
cannot do is skipped with the reason."""
import asyncio
import json
import pathlib
import sys
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[3] / "client-samples/python")]
import kms  # noqa: E402 (found by that path)
from aiortc_peer import Peer, colour_of, pass_by  # noqa: E402
from kms_process import KmsProcess  # noqa: E402

CASES = json.loads((pathlib.Path(__file__).parent / "cases.json").read_text())["cases"]
USUAL = [{"line": "audio", "kind": "audio"}, {"line": "video", "kind": "video"}]
MIRRORED = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
ENOUGH = {"audio": 10, "video": 5}  # packets or frames
LONGEST = 40.0  # seconds until what shall flow flows, and what shall not has stopped
CANNOT = {
    "stop": "aiortc's descriptions have no rejected m-lines",
    "reject": "aiortc neither rejects an m-line nor reads one that was rejected",
    "rollback": "aiortc takes no description back",
    "restart": "aiortc's ICE has one pair of credentials for its life",
}


def why_not(steps, role):
    """Why aiortc cannot play these steps; nothing if it can."""
    for step in steps:
        if step["do"] in CANNOT:
            return CANNOT[step["do"]]
        if any("codec" in line for line in step.get("lines", ())):
            return CANNOT["reject"]
        if step["do"] == "glare" and role == "kms":
            return CANNOT["rollback"]
    return None


def for_kms(line, mid=None):
    wanted = {"kind": line["kind"], "direction": MIRRORED[line.get("direction", "sendrecv")]}
    return {**wanted, "mid": mid} if mid is not None else wanted


class Party:
    """A peer and its endpoint."""

    def __init__(self, session, trickle=False, colour="red"):
        self.endpoint = session.create("WebRtcEndpoint", codecs=["OPUS", "VP8"], trickle=trickle)
        self.peer = Peer(colour)
        self.lines = {}  # what cases say of them, by name
        self.ports, self.linked = {}, set()

    async def peer_offers(self):
        offer = await self.peer.offer()
        answer = await asyncio.to_thread(self.endpoint.process_offer, offer=offer)
        await self.peer.accept(answer.answer)

    async def kms_offers(self, lines, fresh=()):
        made = await asyncio.to_thread(self.endpoint.generate_offer, lines=lines)
        answer = await self.peer.answer(made.offer, fresh)
        await asyncio.to_thread(self.endpoint.process_answer, answer=answer)

    def port_of(self, name):
        """The first line of a kind has its port, others have one by their mid."""
        kind = self.lines[name]["kind"]
        return self.ports.setdefault(name, self.peer.mid(name) if kind in self.ports.values() else kind)

    async def close(self):
        await self.peer.close()
        await asyncio.to_thread(self.endpoint.delete)


class Call:
    """Two peers, of which one is looked at; it gets all that it takes from the other one, which gets its first lines."""

    def __init__(self, session, role):
        self.session, self.role, self.flows = session, role, {}
        self.me = None

    async def play(self, steps):
        self.other = Party(self.session, colour="blue")
        try:
            await self.add_lines(USUAL + [{"line": "green", "kind": "video", "direction": "sendonly", "colour": "lime"}], "peer", self.other)
            for number, step in enumerate(steps, 1):
                await self.step(number, step)
        finally:
            for party in filter(None, [self.me, self.other]):
                await party.close()

    async def step(self, number, step):
        by = "kms" if (step.get("by") == "answerer") == (self.role == "peer") else "peer"
        try:
            await getattr(self, step["do"])(step, by)
            self.flows.update(step.get("flows", {}))
            self.link()
            if "mlines" in step:
                assert self.me.peer.mlines() == step["mlines"], f"{self.me.peer.mlines()} m-lines"
            await self.prove()
        except Exception as failure:
            raise AssertionError(f"step {number}, {step['do']} {step.get('line', '')} by {by}: {failure}") from failure

    # The steps.

    async def open(self, step, by):
        self.me = Party(self.session, trickle=step.get("trickle", False))
        await self.add_lines(step.get("lines", USUAL), by, self.me)
        if step.get("trickle"):
            await self.trickle()

    async def add(self, step, by):
        await self.add_lines([step], by, self.me)

    @staticmethod
    async def add_lines(lines, by, party):
        party.lines.update({line["line"]: line for line in lines})
        if by == "kms":
            return await party.kms_offers([for_kms(line) for line in lines], lines)
        for line in lines:
            party.peer.add(line)
        await party.peer_offers()

    async def direct(self, step, by):
        name, to = step["line"], step["to"]
        if by == "peer":
            self.me.peer.direct(name, to)
            return await self.me.peer_offers()
        await self.me.kms_offers([for_kms({"kind": self.me.lines[name]["kind"], "direction": to}, self.me.peer.mid(name))])

    async def remove(self, step, by):
        await self.direct({**step, "to": "recvonly"}, by)

    async def replace(self, step, by):
        """The one who offers sends something else on a line."""
        seen_by, before = (self.other, "red") if by == "peer" else (self.me, "blue")
        await self.shows(seen_by, step["line"], before)
        if by == "peer":
            self.me.peer.replace(step["line"], "lime")
        else:
            self.connect(self.other, "green", self.me, step["line"])
        await self.shows(seen_by, step["line"], "lime")

    @staticmethod
    async def shows(party, name, colour):
        async with asyncio.timeout(LONGEST):
            while colour_of(await party.peer.next_frame(name)) != colour:
                pass

    async def glare(self, step, by):
        """kms has offered, too, and gives way."""
        assert by == "peer"
        await asyncio.to_thread(self.me.endpoint.generate_offer, lines=[for_kms(step["other"])])
        await self.add_lines([step], "peer", self.me)
        await self.add_lines([step["other"]], "kms", self.me)

    async def trickle(self):
        """aiortc tells its own candidates in its descriptions."""
        assert "a=candidate" not in self.me.peer.remote()
        await asyncio.to_thread(self.me.endpoint.gather_candidates)
        for event in self.session.events():
            if event.element_id != self.me.endpoint.id:
                continue
            if event.type == "IceGatheringDone":
                return
            if event.type == "IceCandidateFound":
                await self.me.peer.add_candidate(event.data.candidate, event.data.sdp_mid)

    # What is linked, and what flows.

    @staticmethod
    def connect(source, name, sink, sink_name):
        source.endpoint.connect(sink.endpoint, sink.lines[sink_name]["kind"], source_port=source.port_of(name), sink_port=sink.port_of(sink_name))

    def link(self):
        for name, line in self.me.lines.items():
            if name in self.me.linked:
                continue
            self.me.linked.add(name)
            if line.get("direction") != "sendonly":
                self.connect(self.other, line["kind"], self.me, name)
            if name in self.other.lines:
                self.connect(self.me, name, self.other, name)

    async def counts(self):
        """Of each line, each way: what was counted, by who counted it."""
        stats = await asyncio.to_thread(self.me.endpoint.get_rtc_stats)
        counts = {}
        for name in self.flows:
            mid = self.me.peer.mid(name)
            counts[name, "sends", "packets from the peer"] = sum(each.packets_received for each in stats.inbound_rtp if each.mid == mid)
            if name in self.other.lines:
                counts[name, "sends", "frames that the other peer has"] = self.other.peer.received(name)
            counts[name, "receives", "packets to the peer"] = sum(each.packets_sent for each in stats.outbound_rtp if each.mid == mid)
            counts[name, "receives", "frames that the peer has"] = self.me.peer.received(name)
        return counts

    async def prove(self):
        """Until all that shall flow has flowed for a while, in which nothing else did."""
        deadline = asyncio.get_running_loop().time() + LONGEST
        before = await self.counts()
        while True:
            now = await self.flowed(before)
            surplus = [key for key in now if not self.shall_flow(key) and now[key] > before[key]]
            if not surplus:
                return
            assert asyncio.get_running_loop().time() < deadline, f"still flows: {surplus}"
            before = now

    async def flowed(self, before):
        deadline = asyncio.get_running_loop().time() + LONGEST
        while True:
            await pass_by(1 if any(flow != "none" for flow in self.flows.values()) else 12)
            now = await self.counts()
            missing = [key for key in now if self.shall_flow(key) and now[key] < before[key] + ENOUGH[self.me.lines[key[0]]["kind"]]]
            if not missing:
                return now
            assert asyncio.get_running_loop().time() < deadline, f"does not flow: {missing}"

    def shall_flow(self, key):
        name, way, _ = key
        return self.flows[name] in ("both", way)


class Negotiation(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        server = KmsProcess()
        cls.addClassCleanup(server.stop)
        client = kms.connect(server.target)
        cls.addClassCleanup(client.close)
        cls.session = client.create_session()
        cls.addClassCleanup(cls.session.close)


def add_test(role, case):
    async def play(self):
        reason = why_not(case["steps"], role)
        if reason:
            self.skipTest(reason)
        await Call(self.session, role).play(case["steps"])

    play.__doc__ = f"{role} offers: {case['name']}"
    words = "".join(letter if letter.isalnum() else "_" for letter in case["name"])
    setattr(Negotiation, f"test_{role}_offers_{words}", play)


for each_role in ("peer", "kms"):
    for each_case in CASES:
        add_test(each_role, each_case)

if __name__ == "__main__":
    unittest.main(verbosity=2)
