# SPDX-License-Identifier: Apache-2.0
"""The library and its sample against the real server."""
import datetime
import os
import pathlib
import subprocess
import sys
import threading
import unittest
import unittest.mock

import kms
from tests_server.kms_server import CLIP, KmsServer, probe

_HERE = pathlib.Path(__file__).resolve().parents[1]


class ServerTest(unittest.TestCase):
    def setUp(self):
        self.server = KmsServer()
        self.addCleanup(self.server.stop)

    def session(self, **options):
        client = kms.connect(self.server.target)
        self.addCleanup(client.close)
        return client.create_session(**options)

    def assert_reason(self, code, reason, call, *arguments, **options):
        with self.assertRaises(kms.KmsError) as raised:
            call(*arguments, **options)
        self.assertEqual((raised.exception.code, raised.exception.reason), (code, reason))
        return raised.exception

    def test_the_fifteen_lines_record_the_clip_also_over_an_older_recording_and_tell_of_its_face(self):
        (self.server.folder / "fifteen.mp4").write_text("of the last time")
        command = [sys.executable, _HERE / "samples/fifteen_lines.py", self.server.target, CLIP.as_uri(), self.server.uri("fifteen.mp4")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(_HERE)})

        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("faces FacesDetected", done.stdout)
        self.assertIn("recorder RecordingFinished", done.stdout.splitlines()[-1])
        (made, seconds), (original, original_seconds) = probe(self.server.folder / "fifteen.mp4"), probe(CLIP)
        self.assertEqual(made["video"], original["video"])
        self.assertGreater(made["audio"], 0)
        self.assertAlmostEqual(seconds, original_seconds, delta=0.2)

    def test_options_and_names_come_back_as_they_were_given(self):
        session = self.session(session_id="mine", display_name="Mine", tags={"room": "7"})
        player = session.create("PlayerEndpoint", "p", uri=CLIP.as_uri(), unpaced=True)
        self.assertEqual((player.name, player.options.uri), ("sessions/mine/elements/p", CLIP.as_uri()))
        self.assertEqual(sorted((port.direction, port.kind) for port in player.ports), [("source", "audio"), ("source", "video")])
        self.assertEqual((session.get().tags, session.get().element_count), ({"room": "7"}, 1))
        self.assertEqual(player.update(set_tags={"a": "b"}).tags, {"a": "b"})

    def test_what_a_face_filter_draws_is_changed_by_a_command(self):
        faces = self.session().create("FaceDetectionFilter", drawing={"boxes": {}})
        faces.set_drawing(drawing={"blur": {"strength": 0.5}})
        self.assert_reason("INVALID_ARGUMENT", "INVALID_OPTIONS", faces.set_drawing, drawing={"blur": {"strength": 2}})
        self.assert_reason("PERMISSION_DENIED", "URI_NOT_ALLOWED", faces.set_drawing,
                           drawing={"overlay": {"uri": "file:///etc/passwd"}})
        self.assert_reason("INVALID_ARGUMENT", "IMAGE_INVALID", faces.set_drawing, drawing={"overlay": {"uri": CLIP.as_uri()}})

    def test_errors_say_the_reason_the_resource_and_the_field(self):
        session = self.session(session_id="mine")
        missing = self.assert_reason("NOT_FOUND", "ELEMENT_NOT_FOUND", session.element, "nobody")
        self.assertEqual(missing.resource, "sessions/mine/elements/nobody")
        self.assert_reason("PERMISSION_DENIED", "URI_NOT_ALLOWED", session.create, "PlayerEndpoint", uri="file:///etc/passwd")
        wrong = self.assert_reason("INVALID_ARGUMENT", "INVALID_OPTIONS", session.create, "FaceDetectionFilter", smoothing=2.0)
        self.assertEqual(wrong.metadata, {"field": "smoothing"})

    def test_links_are_made_listed_drawn_and_removed(self):
        session = self.session()
        elements, links = session.apply_graph(
            {"player": kms.ElementSpec("PlayerEndpoint", uri=CLIP.as_uri()), "through": kms.ElementSpec("PassThrough")},
            [("player", "through", "video")])
        self.assertEqual([(link.sink, link.kind) for link in links], [(elements["through"].name, "video")])
        self.assertEqual(len(session.links()), 1)
        self.assertIn("digraph", session.graph().graphviz)
        self.assertEqual(elements["player"].disconnect(elements["through"]), 1)
        self.assertEqual(session.links(), [])

    def test_a_player_tells_where_it_is_and_events_arrive_while_it_plays(self):
        session = self.session()
        player = session.create("PlayerEndpoint", uri=CLIP.as_uri(), unpaced=True)
        player.connect(session.create("PassThrough"))
        player.play()
        self.assertGreater(player.get_position().duration, datetime.timedelta(seconds=1))
        with session.events() as events:
            watchdog = threading.Timer(40, events.close)
            watchdog.start()
            self.assertIn("EndOfStream", (event.type for event in events))
            watchdog.cancel()

    def test_a_thread_that_reads_events_sees_its_session_closed(self):
        seen, playing = [], threading.Event()

        def read(session):
            for event in session.events():
                seen.append((event.type, getattr(event.data, "reason", None)))
                playing.set()

        patience = unittest.mock.patch("kms.session._LONGEST_READING", 60)  # the reader may get no processor for a while
        with patience, kms.connect(self.server.target) as client, client.create_session() as session:
            reader = threading.Thread(target=read, args=(session,))
            reader.start()
            player = session.create("PlayerEndpoint", uri=CLIP.as_uri(), unpaced=True)
            player.play()
            self.assertTrue(playing.wait(40))
        self.assertEqual(seen[-1], ("SessionClosed", "CLIENT_DELETED"))
        reader.join(40)
        self.assertFalse(reader.is_alive())

    def test_a_session_that_is_closed_is_gone_and_closing_it_twice_is_no_error(self):
        session = self.session()
        session.close()
        session.close()
        self.assert_reason("NOT_FOUND", "SESSION_NOT_FOUND", session.get)
