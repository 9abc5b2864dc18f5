# SPDX-License-Identifier: Apache-2.0
import datetime
import pathlib
import subprocess
import sys
import threading
import traceback
import unittest

from google.protobuf import descriptor_pool

import kms
from tests.fake_server import FakeServer, Refusal, unpacked


class ClientTest(unittest.TestCase):
    def connected(self, handlers=None):
        """A client of a fake server; both end with the test."""
        self.server = FakeServer(handlers)
        self.addCleanup(self.server.stop)
        client = kms.connect(self.server.target)
        self.addCleanup(client.close)
        return client

    def test_connecting_to_nobody_fails_in_the_given_time_and_names_the_address(self):
        with self.assertRaisesRegex(kms.KmsError, "127.0.0.1:1 within 0.2 s") as raised:
            kms.connect("127.0.0.1:1", wait=0.2)
        self.assertEqual(raised.exception.reason, "NO_SERVER")

    def test_a_web_address_is_refused_at_once_with_the_target_that_it_would_be(self):
        for address, target in (("ws://127.0.0.1:8888/kurento", "127.0.0.1:8888"), ("HTTP://kms.example:50051", "kms.example:50051")):
            with self.assertRaisesRegex(kms.KmsError, f'"{address}" is a web address; .* as "{target}" or') as raised:
                kms.connect(address)
            self.assertEqual((raised.exception.code, raised.exception.metadata), ("INVALID_ARGUMENT", {"field": "target"}))

    def test_a_closed_client_says_so(self):
        client = self.connected()
        session = client.create_session("one")
        player = session.create("PlayerEndpoint")
        client.close()

        for work in (lambda: session.create("PlayerEndpoint"), player.play, lambda: client.session("one")):
            with self.assertRaisesRegex(kms.KmsError, "this client was closed; kms.connect.. gives another") as raised:
                work()
            self.assertEqual((raised.exception.code, raised.exception.reason), ("CANCELLED", "CLIENT_CLOSED"))
        self.assertEqual(list(session.events()), [])

    def test_what_is_not_given_by_name_is_refused_with_the_names(self):
        session = self.connected().create_session("one")
        player = session.create("PlayerEndpoint")

        with self.assertRaisesRegex(TypeError, r"seek takes its fields by name \(position, to_key_frame\), not as seek\(2.5\)"):
            player.seek(2.5)
        with self.assertRaisesRegex(TypeError, r"create takes options by name: create\('PlayerEndpoint', uri=...\)"):
            session.create("PlayerEndpoint", {"uri": "file:///clip.mp4"})
        with self.assertRaisesRegex(AttributeError, r"command 'getPosition'; did you mean \"get_position\"\? \(it has: play, "):
            player.getPosition()
        self.assertEqual(self.server.requests("Seek"), [])

    def test_a_python_without_grpc_is_told_what_is_missing(self):
        program = "import sys; sys.modules['grpc'] = None; import kms"
        failed = subprocess.run([sys.executable, "-B", "-c", program], capture_output=True, text=True, check=False,
                                cwd=pathlib.Path(kms.__file__).parents[1])
        self.assertRegex(failed.stderr, r"ImportError: kms needs grpcio and protobuf, which \S+python\S* does not have .*grpc.*/usr/bin/python3")

    def test_options_are_packed_by_the_kind_found_by_its_title(self):
        session = self.connected().create_session("one")
        player = session.create("PlayerEndpoint", "p", tags={"a": "b"}, uri="file:///clip.mp4", unpaced=True)

        [request] = self.server.requests("CreateElement")
        options = unpacked(request.element.options)
        self.assertEqual((request.parent, options.uri, options.unpaced), ("sessions/one", "file:///clip.mp4", True))
        self.assertEqual(dict(request.element.tags), {"a": "b"})
        self.assertEqual(len(request.request_id), 36)
        self.assertEqual((player.id, player.name, player.title), ("p", "sessions/one/elements/p", "PlayerEndpoint"))

    def test_a_session_has_the_options_that_it_was_opened_with(self):
        self.connected().create_session("one", refuse_transcoding=True, max_audible=3)

        [request] = self.server.requests("CreateSession")
        self.assertEqual((request.session_id, request.refuse_transcoding, request.max_audible), ("one", True, 3))

    def test_what_a_crash_left_behind_is_asked_of_the_server_not_of_an_element(self):
        failed = {"element": "sessions/one/elements/r", "failure": "MEDIA_ERROR"}
        client = self.connected({
            ("kms.recorder.v1.RecorderService", "ListRecoveredRecordings"):
                lambda request: {"recordings": [failed], "working": True},
        })

        found = client.recovered_recordings()
        self.assertEqual((found.recordings[0].element, found.recordings[0].failure, found.working),
                         (failed["element"], failed["failure"], True))

    def test_an_unknown_kind_is_refused_with_the_kinds_that_the_server_has(self):
        session = self.connected().create_session()
        with self.assertRaisesRegex(kms.KmsError, r'UNKNOWN_KIND: this server has no element "PlayerEndpont"; '
                                                  r'did you mean "PlayerEndpoint"\? \(it has: PlayerEndpoint\)'):
            session.create("PlayerEndpont")
        with self.assertRaisesRegex(kms.KmsError, r'no element "Camera" \(it has: PlayerEndpoint\)'):
            session.create("Camera")

    def test_an_element_of_another_session_is_not_taken_for_one_of_this(self):
        session = self.connected().create_session("one")
        with self.assertRaisesRegex(kms.KmsError, 'INVALID_NAME: "sessions/two/elements/p" is no element of sessions/one; client.session'):
            session.element("sessions/two/elements/p")
        self.assertEqual(self.server.requests("GetElement"), [])

    def test_commands_are_methods_that_name_their_element(self):
        player_service = "kms.player.v1.PlayerService"
        session = self.connected({
            (player_service, "Seek"): lambda request: {},
            (player_service, "GetPosition"): lambda request: {"position": 1.5, "state": "playing", "seekable": True},
        }).create_session("one")
        player = session.create("PlayerEndpoint", "p")

        player.seek(position=1.5, to_key_frame=True)
        where = player.get_position()

        [seek] = self.server.requests("Seek")
        self.assertEqual((seek.name, seek.position.ToMilliseconds(), seek.to_key_frame), ("sessions/one/elements/p", 1500, True))
        self.assertEqual((where.position, where.duration, where.state), (datetime.timedelta(seconds=1.5), None, "playing"))
        self.assertIn("get_position", dir(player))
        with self.assertRaisesRegex(AttributeError, "PlayerEndpoint has no attribute or command 'record'"):
            player.record()

    def test_a_graph_is_one_call_with_elements_by_id_and_links_by_element_or_id(self):
        session = self.connected().create_session("one")
        taker = session.create("PlayerEndpoint", "taker")

        graph = session.apply_graph(
            {"a": kms.ElementSpec("PlayerEndpoint", uri="file:///a"), "b": kms.ElementSpec("PlayerEndpoint")},
            [("a", "b"), kms.Link("a", taker, "video")])

        [request] = self.server.requests("ApplyGraph")
        self.assertEqual([(each.element_id, unpacked(each.options).uri) for each in request.elements], [("a", "file:///a"), ("b", "")])
        self.assertEqual([(link.source, link.sink, link.kind) for link in request.links],
                         [("a", "b", 0), ("a", "sessions/one/elements/taker", 2)])
        self.assertEqual(graph.elements["b"].name, "sessions/one/elements/b")

    def test_a_failed_call_raises_the_reason_from_the_trailer(self):
        def refuse(_):
            raise Refusal("NOT_FOUND", "NOT_FOUND", "no such file", "sessions/one/elements/p", {"uri": "file:///x"})

        player = self.connected({("kms.player.v1.PlayerService", "Play"): refuse}).create_session().create("PlayerEndpoint")
        with self.assertRaises(kms.KmsError) as raised:
            player.play()
        self.assertEqual({**vars(raised.exception)}, {"code": "NOT_FOUND", "reason": "NOT_FOUND", "message": "no such file",
                                                      "resource": "sessions/one/elements/p", "metadata": {"uri": "file:///x"}})

    def test_a_failed_call_shows_its_reason_and_not_what_grpc_says_of_it(self):
        failures = [Refusal("ALREADY_EXISTS", "FILE_EXISTS", "there is one"), Refusal("UNKNOWN", "", "odd")]

        def refuse(_):
            raise failures.pop(0)

        player = self.connected({("kms.player.v1.PlayerService", "Play"): refuse}).create_session().create("PlayerEndpoint")
        with self.assertRaises(kms.KmsError) as raised:
            player.play()
        shown = "".join(traceback.format_exception(raised.exception))
        self.assertEqual(shown.splitlines()[-1], "kms.errors.KmsError: FILE_EXISTS: there is one")
        self.assertNotIn("grpc", shown)
        with self.assertRaises(kms.KmsError) as raised:
            player.play()
        self.assertEqual(raised.exception.__cause__.details(), "odd")  # no detail of kms: gRPC's own has more

    def test_a_misspelled_choice_is_refused_before_anything_is_sent(self):
        client = self.connected()
        session = client.create_session()
        player = session.create("PlayerEndpoint")
        sent = len(self.server.calls)
        for call in (lambda: player.connect("f", port="video"), lambda: session.connect(player, "f", port="video"),
                     lambda: player.disconnect("f", port="video"), lambda: client.create_session(id="x"),
                     lambda: session.events(since=1), lambda: player.update(name="x"), lambda: client.list_sessions(size=1)):
            with self.assertRaisesRegex(TypeError, "unexpected keyword argument '(port|id|since|name|size)'"):
                call()
        self.assertEqual(len(self.server.calls), sent)

    def test_a_refusal_names_what_the_caller_wrote_not_what_is_made_of_it(self):
        session = self.connected().create_session()
        player = session.create("PlayerEndpoint")
        options = descriptor_pool.Default().FindMessageTypeByName("kms.player.v1.PlayerOptions")
        fields = ", ".join(field.name for field in options.fields)
        refusals = [
            (lambda: session.create("PlayerEndpoint", url="file:///a"), "url",
             f'PlayerOptions has no field "url"; did you mean "uri"? (it has: {fields})'),
            (lambda: session.create("PlayerEndpoint", name="x"), "name",
             f'PlayerOptions has no field "name" (it has: {fields})'),
            (lambda: player.connect("f", "vido"), "kind", "kind must be one of audio, video, data, not 'vido'"),
            (lambda: session.apply_graph({}, [("a", "b", "vido")]), "links[0].kind",
             "links[0].kind must be one of audio, video, data, not 'vido'"),
            (lambda: player.seek(positon=1), "positon",
             'SeekRequest has no field "positon"; did you mean "position"? (it has: position, to_key_frame)'),
        ]
        for call, field, message in refusals:
            with self.subTest(message=message), self.assertRaises(kms.KmsError) as raised:
                call()
            self.assertEqual((raised.exception.metadata, raised.exception.message), ({"field": field}, message))

    def test_a_call_past_its_deadline_fails_as_such(self):
        release = threading.Event()
        self.addCleanup(release.set)
        client = self.connected({("kms.player.v1.PlayerService", "Play"): lambda request: release.wait(10) and {}})
        player = client.create_session().create("PlayerEndpoint")
        with self.assertRaises(kms.KmsError) as raised:
            player.play(timeout=0.1)
        self.assertEqual((raised.exception.reason, raised.exception.message), ("DEADLINE_EXCEEDED", "Play was not answered within 0.1 s"))

    def test_a_create_whose_connection_broke_is_sent_again_with_the_same_request_id(self):
        failures = [Refusal("UNAVAILABLE", "UNAVAILABLE"), Refusal("UNAVAILABLE", "UNAVAILABLE")]

        def create(_):
            if failures:
                raise failures.pop()
            return {"session": {"name": "sessions/late", "lease": 30}}

        client = self.connected({("kms.v1.SessionService", "CreateSession"): create})
        self.assertEqual(client.create_session().id, "late")
        ids = [request.request_id for request in self.server.requests("CreateSession")]
        self.assertEqual((len(ids), len(set(ids))), (3, 1))

    def test_a_draining_server_is_not_asked_again(self):
        def refuse(_):
            raise Refusal("UNAVAILABLE", "DRAINING")

        client = self.connected({("kms.v1.SessionService", "CreateSession"): refuse})
        with self.assertRaisesRegex(kms.KmsError, "DRAINING"):
            client.create_session()
        self.assertEqual(len(self.server.requests("CreateSession")), 1)

    def test_the_lease_is_renewed_until_the_session_is_closed(self):
        renewals = threading.Semaphore(0)

        def renew(_):
            renewals.release()
            return {}

        client = self.connected({("kms.v1.SessionService", "KeepAlive"): renew})
        with client.create_session(lease=0.15):
            self.assertTrue(renewals.acquire(timeout=5))
            self.assertTrue(renewals.acquire(timeout=5))
        while renewals.acquire(timeout=0.3):  # at most the one on its way
            self.assertLess(len(self.server.requests("KeepAlive")), 100)
        self.assertEqual(len(self.server.requests("DeleteSession")), 1)

    def test_closing_twice_is_no_error(self):
        def refuse(_):
            raise Refusal("NOT_FOUND", "SESSION_NOT_FOUND")

        session = self.connected({("kms.v1.SessionService", "DeleteSession"): refuse}).create_session()
        session.close()
        self.assertEqual(len(self.server.requests("DeleteSession")), 1)
