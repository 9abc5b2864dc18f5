# SPDX-License-Identifier: Apache-2.0
"""Streaming commands, as a WebRtcEndpoint's receive_data."""
import threading
import unittest

import kms
from tests.fake_server import FakeServer, Refusal

KIND = {"kind": "kms.webrtc.v1.WebRtcOptions", "title": "WebRtcEndpoint", "service": "kms.webrtc.v1.WebRtcService", "available": True}


def message(text):
    return {"message": {"channel": 1, "text": text}}


class StreamsTest(unittest.TestCase):
    def peer(self, serve):
        server = FakeServer({("kms.v1.ElementService", "ListElementKinds"): lambda _: {"kinds": [KIND]},
                             ("kms.webrtc.v1.WebRtcService", "ReceiveData"): serve})
        client = kms.connect(server.target)
        self.addCleanup(server.stop)
        self.addCleanup(client.close)
        return client.create_session("one").create("WebRtcEndpoint", "w")

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
            gone.wait(20)

        with self.peer(serve).receive_data() as stream:
            self.assertEqual(next(stream).message.text, "first")

        self.assertTrue(gone.wait(20))
        self.assertEqual(list(stream), [])


if __name__ == "__main__":
    unittest.main()
