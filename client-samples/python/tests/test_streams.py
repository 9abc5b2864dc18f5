# SPDX-License-Identifier: Apache-2.0
"""Streaming commands, as a WebRtcEndpoint's receive_data."""
import threading
import unittest

import kms
from tests.fake_server import FakeServer, Refusal

KIND = {"kind": "kms.webrtc.v1.WebRtcOptions", "title": "WebRtcEndpoint", "service": "kms.webrtc.v1.WebRtcService", "available": True}


def message(text):
    return {"message": {"channel": 1, "text": text}}


class WithPeer(unittest.TestCase):
    def peer(self, serve=None, **methods):
        served = {"ReceiveData": serve or (lambda *_: iter(())), **methods}
        server = FakeServer({("kms.v1.ElementService", "ListElementKinds"): lambda _: {"kinds": [KIND]},
                             **{("kms.webrtc.v1.WebRtcService", name): handler for name, handler in served.items()}})
        client = kms.connect(server.target)
        self.addCleanup(server.stop)
        self.addCleanup(client.close)
        return client.create_session("one").create("WebRtcEndpoint", "w")


class StreamsTest(WithPeer):
    def test_a_stream_gives_what_the_server_sends_until_its_end(self):
        asked = []

        def serve(request, _):
            asked.append(request.name)
            yield message("hello")
            yield {"message": {"channel": 1, "binary": b"\1\2"}}

        got = list(self.peer(serve).receive_data())

        self.assertEqual(asked, ["sessions/one/elements/w"])
        self.assertEqual(got[0].message.text, "hello")
        self.assertEqual(got[1].message.binary, b"\1\2")

    def test_what_is_refused_is_raised_by_the_iteration(self):
        def serve(*_):
            raise Refusal("RESOURCE_EXHAUSTED", "SUBSCRIBER_QUOTA")
            yield

        stream = self.peer(serve).receive_data()
        stream.wait_until_started()

        with self.assertRaises(kms.KmsError) as raised:
            next(stream)
        self.assertEqual(raised.exception.reason, "SUBSCRIBER_QUOTA")

    def test_a_stream_ends_with_its_block_and_the_server_hears_of_it(self):
        gone = threading.Event()

        def serve(_, context):
            context.add_callback(gone.set)
            yield message("first")
            gone.wait(40)

        with self.peer(serve).receive_data() as stream:
            self.assertEqual(next(stream).message.text, "first")

        self.assertTrue(gone.wait(40))
        self.assertEqual(list(stream), [])


class SinksTest(WithPeer):
    def test_a_sink_gives_the_server_what_is_written_and_the_first_names_the_element(self):
        taken = []

        def serve(requests):
            taken.extend((request.name, request.channel, request.text) for request in requests)
            return {"messages": len(taken)}

        sink = self.peer(SendDataStream=serve).send_data_stream()
        for number in range(100):
            sink.write(channel=1, text=str(number))

        self.assertEqual(sink.end().messages, 100)
        self.assertEqual(taken, [("sessions/one/elements/w", 1, "0"), *(("", 1, str(number)) for number in range(1, 100))])

    def test_what_ends_the_call_is_raised_by_a_later_write_and_by_the_end(self):
        def serve(requests):
            next(requests)
            raise Refusal("FAILED_PRECONDITION", "DATA_CHANNEL_CLOSED")

        sink = self.peer(SendDataStream=serve).send_data_stream()
        with self.assertRaises(kms.KmsError) as raised:
            while True:
                sink.write(channel=1, text="?")
        self.assertEqual(raised.exception.reason, "DATA_CHANNEL_CLOSED")
        with self.assertRaises(kms.KmsError):
            sink.end()

    def test_a_server_that_reads_nothing_holds_up_who_writes_and_cancel_frees_him(self):
        here, go_on = threading.Event(), threading.Event()

        def serve(_):
            here.set()
            go_on.wait(40)
            return {}

        sink, reasons = self.peer(SendDataStream=serve).send_data_stream(), []

        def write():
            try:
                while True:
                    sink.write(channel=1, binary=bytes(100_000))
            except kms.KmsError as failure:
                reasons.append(failure.reason)

        writer = threading.Thread(target=write)
        writer.start()
        self.assertTrue(here.wait(40))
        sink.cancel()
        writer.join(40)
        go_on.set()

        self.assertEqual(reasons, ["CANCELLED"])


class DataChannelsTest(WithPeer):
    def test_channels_and_messages_come_in_order_and_are_told_by_their_objects(self):
        def serve(*_):
            yield {"channel": {"number": 7, "label": "chat", "state": "open"}}
            yield {"message": {"channel": 7, "text": ""}}
            yield {"message": {"channel": 7, "binary": b"\1"}}
            yield {"channel": {"number": 7, "label": "chat", "state": "closed"}}

        with kms.DataChannels(self.peer(serve)) as channels:
            chat, nothing = next(channels)
            self.assertEqual((chat.label, chat.state, nothing), ("chat", "open", None))
            self.assertIs(channels.find("chat"), chat)
            self.assertEqual([data for _, data in channels], ["", b"\1", None])

        self.assertEqual((chat.state, channels.all), ("closed", []))

    def test_a_channel_sends_texts_and_bytes_and_waits_where_it_finds_no_room(self):
        sent, refusals = [], [Refusal("RESOURCE_EXHAUSTED", "DATA_BUFFER_FULL")]

        def send(request):
            if request.binary and refusals:
                raise refusals.pop()
            sent.append(request.text or request.binary)
            return {}

        def send_stream(requests):
            texts = [request.text or request.binary for request in requests]
            sent.extend(texts)
            return {"messages": len(texts)}

        peer = self.peer(SendData=send, SendDataStream=send_stream,
                         CreateDataChannel=lambda asked: {"channel": {"number": 3, "label": asked.label, "unordered": asked.unordered}})
        channel = kms.DataChannels(peer).create("news", unordered=True)
        channel.send("hello")
        channel.send(b"\1\2")

        self.assertEqual(channel.send_all(["a", "b"]), 2)
        self.assertEqual((sent, channel.unordered), (["hello", b"\1\2", "a", "b"], True))

    def test_what_is_neither_text_nor_bytes_is_no_message(self):
        sent = []
        peer = self.peer(SendData=lambda request: sent.append(request.binary) or {},
                         CreateDataChannel=lambda asked: {"channel": {"number": 3, "label": asked.label}})
        channel = kms.DataChannels(peer).create("news")

        for wrong in (42, None, [1, 2]):
            with self.assertRaisesRegex(TypeError, "a message is a str or bytes, not "):
                channel.send(wrong)
        for data in (bytearray(b"abc"), memoryview(b"abc")):
            channel.send(data)
        self.assertEqual(sent, [b"abc", b"abc"])


if __name__ == "__main__":
    unittest.main()
