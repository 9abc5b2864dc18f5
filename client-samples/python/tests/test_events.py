# SPDX-License-Identifier: Apache-2.0
import datetime
import threading
import time
import unittest
import unittest.mock

import kms
from kms.encode import pack
from tests.fake_server import FakeServer, Refusal

TIME = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
STAY = object()
QUIET_THEN_GONE = object()
LEASE = 30  # seconds


class Clock:
    """That of kms.events, which a test puts forward."""

    ahead = 0

    def monotonic(self):
        return time.monotonic() + self.ahead


def end(sequence):
    return {"sequence": sequence, "time": TIME, "source": "sessions/one/elements/p", "end_of_stream": {}}


def closed(sequence):
    return {"sequence": sequence, "time": TIME, "source": "sessions/one", "session_closed": {"reason": "CLIENT_DELETED"}}


def broken():
    return Refusal("UNAVAILABLE", "UNAVAILABLE")


class EventsTest(unittest.TestCase):
    def setUp(self):
        self.clock = self.patch("kms.events.time", Clock())
        self.openings, self.opened = 0, threading.Condition()
        self.patch("kms.events._Subscription._reached", autospec=True, side_effect=self.counted(kms.events._Subscription._reached))

    def counted(self, reached):
        def and_count(*arguments):
            reached(*arguments)
            with self.opened:
                self.openings += 1
                self.opened.notify_all()
        return and_count

    def patch(self, *what, **how):
        patch = unittest.mock.patch(*what, **how)
        self.addCleanup(patch.stop)
        return patch.start()

    def scripted(self, *scripts, lease=LEASE):
        """A session whose n-th event stream is the n-th script: events to send, then a Refusal, STAY,
        QUIET_THEN_GONE for a server that has nothing to tell for longer than the lease and then is gone, or nothing to end."""
        left, self.cancelled = list(scripts), threading.Event()

        def subscribe(_, context):
            steps = left.pop(0) if left else [Refusal("NOT_FOUND", "SESSION_NOT_FOUND")]
            if STAY in steps:
                context.add_callback(self.cancelled.set)  # before the first event: its reader may leave at once
            for step in steps:
                if isinstance(step, Refusal):
                    raise step
                if step is QUIET_THEN_GONE:
                    self.open_and_wait(context)
                    raise broken()
                if step is STAY:
                    self.cancelled.wait(60)
                    return
                yield step

        self.server = FakeServer({("kms.v1.SessionService", "SubscribeEvents"): subscribe})
        self.addCleanup(self.server.stop)
        self.client = kms.connect(self.server.target)
        self.addCleanup(self.client.close)
        return self.client.create_session("one", lease=lease)

    def open_and_wait(self, context):
        """For longer than the lease, by the clock; and until the reader has seen it open: one whose end is there already is not."""
        with self.opened:
            before = self.openings
            context.send_initial_metadata(())
            self.opened.wait_for(lambda: self.openings > before, 30)
        self.clock.ahead += 2 * LEASE

    def test_events_come_in_order_and_unpacked_until_the_session_is_closed(self):
        faces = pack("kms.face_detection.v1.FacesDetected", {"frame": 7, "frame_time": 0.25, "faces": [{"x": 0.5, "track_id": 3}]})
        session = self.scripted([end(1), {"sequence": 2, "time": TIME, "source": "sessions/one/elements/f", "element_event": faces}, closed(3)])

        seen = list(session.events())

        self.assertEqual([(event.sequence, event.type, event.element_id) for event in seen],
                         [(1, "EndOfStream", "p"), (2, "FacesDetected", "f"), (3, "SessionClosed", None)])
        self.assertEqual(seen[1].type_name, "kms.face_detection.v1.FacesDetected")
        self.assertEqual((seen[1].data.frame, seen[1].data.faces[0].track_id), (7, 3))
        self.assertEqual((seen[0].time, seen[2].data.reason), (TIME, "CLIENT_DELETED"))

    def test_a_stream_that_breaks_is_resumed_after_the_last_event_seen(self):
        session = self.scripted([end(1), end(2), broken()], [broken()], [end(3), closed(4)])
        self.assertEqual([event.sequence for event in session.events()], [1, 2, 3, 4])
        self.assertEqual([request.after_sequence for request in self.server.requests("SubscribeEvents")], [0, 2, 2])

    def test_a_stream_that_was_quiet_for_longer_than_the_lease_is_resumed_like_any_other(self):
        session = self.scripted([QUIET_THEN_GONE], [broken()], [end(1), closed(2)])
        self.assertEqual([event.sequence for event in session.events()], [1, 2])

    def test_a_stream_that_opens_ends_the_time_out_of_reach_though_it_tells_nothing(self):
        session = self.scripted([broken()], [QUIET_THEN_GONE], [broken()], [closed(1)])
        self.assertEqual([event.sequence for event in session.events()], [1])

    def test_a_server_that_stays_out_of_reach_for_longer_than_the_lease_is_an_error(self):
        session = self.scripted(*[[broken()]] * 100, lease=1)
        with self.assertRaisesRegex(kms.KmsError, "UNAVAILABLE"):
            list(session.events())
        self.assertGreater(len(self.server.requests("SubscribeEvents")), 1)

    def test_a_reader_that_was_too_slow_is_resumed_too(self):
        session = self.scripted([end(1), Refusal("RESOURCE_EXHAUSTED", "SUBSCRIBER_TOO_SLOW")], [closed(2)])
        self.assertEqual(len(list(session.events())), 2)

    def test_a_reader_that_was_cut_off_without_a_detail_is_resumed_and_one_too_many_is_not(self):
        session = self.scripted([end(1), Refusal("RESOURCE_EXHAUSTED", "")], [end(2), Refusal("RESOURCE_EXHAUSTED", "SUBSCRIBER_QUOTA")])
        seen = []
        with self.assertRaisesRegex(kms.KmsError, "SUBSCRIBER_QUOTA"):
            for event in session.events():
                seen.append(event.sequence)
        self.assertEqual(seen, [1, 2])

    def test_events_that_are_lost_and_a_session_that_is_gone_are_errors(self):
        session = self.scripted([Refusal("OUT_OF_RANGE", "EVENTS_LOST", metadata={"oldest": "9"})])
        with self.assertRaises(kms.KmsError) as raised:
            list(session.events(after=4))
        self.assertEqual((raised.exception.reason, raised.exception.metadata), ("EVENTS_LOST", {"oldest": "9"}))
        with self.assertRaisesRegex(kms.KmsError, "SESSION_NOT_FOUND"):
            list(session.events())

    def test_closing_the_stream_ends_the_iteration_and_the_subscription(self):
        session = self.scripted([end(1), STAY])
        with session.events() as events:
            self.assertEqual(next(events).sequence, 1)
            threading.Timer(0.05, events.close).start()
            self.assertEqual(list(events), [])
        self.assertTrue(self.cancelled.wait(30))

    def read_on_a_thread(self, session, heard):
        """Event types as a thread hears them, with what it failed with last; `heard` is told of each."""
        seen = []

        def read():
            try:
                for event in session.events():
                    seen.append(event.type)
                    heard(event)
            except Exception as failure:  # of whatever kind: nobody but the test would see it
                seen.append(failure)

        reader = threading.Thread(target=read)
        reader.start()
        self.addCleanup(reader.join)
        return seen, reader

    def test_a_thread_that_reads_events_sees_the_session_closed_before_the_client_is(self):
        deleted, late, playing = threading.Event(), threading.Event(), threading.Event()

        def delete(_):
            deleted.set()
            return {}

        def subscribe(*_):
            yield end(1)
            deleted.wait(60)
            late.wait(0.3)  # the answer is there before the event is
            yield closed(2)

        server = FakeServer({("kms.v1.SessionService", "SubscribeEvents"): subscribe, ("kms.v1.SessionService", "DeleteSession"): delete})
        self.addCleanup(server.stop)
        patience = unittest.mock.patch("kms.session._LONGEST_READING", 60)  # the reader may get no processor for a while
        with patience, kms.connect(server.target) as client, client.create_session("one") as session:
            seen, reader = self.read_on_a_thread(session, lambda _: playing.set())
            self.assertTrue(playing.wait(30))
        self.assertEqual(seen, ["EndOfStream", "SessionClosed"])
        reader.join(30)
        self.assertFalse(reader.is_alive())

    def test_closing_a_session_waits_for_readers_for_some_seconds_only(self):
        session, playing = self.scripted([end(1), STAY]), threading.Event()
        seen, reader = self.read_on_a_thread(session, lambda _: playing.set())
        self.assertTrue(playing.wait(30))
        begin = time.monotonic()
        session.close()
        self.assertLess(time.monotonic() - begin, 20)  # the reader stays for 60 s
        self.client.close()
        reader.join(30)
        self.assertEqual(seen, ["EndOfStream"])

    def test_a_closed_client_ends_the_iteration_quietly(self):
        for script in ([end(1), STAY], [end(1), broken()]):  # while it reads, and while it tries again
            session, playing = self.scripted(script, *[[broken()]] * 100), threading.Event()
            seen, reader = self.read_on_a_thread(session, lambda _: playing.set())
            self.assertTrue(playing.wait(30))
            self.client.close()
            reader.join(30)
            self.assertEqual((seen, reader.is_alive()), (["EndOfStream"], False))
            self.assertEqual(list(session.events()), [])

    def test_closing_a_session_does_not_wait_for_who_reads_no_more(self):
        session = self.scripted([end(1), STAY], [end(1), STAY])
        own = session.events()
        next(own)
        threads = [threading.Thread(target=next, args=(session.events(),))]
        threads[0].start()
        threads[0].join()
        begin = time.monotonic()
        with unittest.mock.patch("kms.session._LONGEST_READING", 60):
            session.close()
        self.assertLess(time.monotonic() - begin, 30)  # it waits 60 s for who reads

    def test_leaving_the_loop_ends_the_subscription(self):
        session = self.scripted([end(1), STAY])
        for event in session.events():
            if event.type == "EndOfStream":
                break
        self.assertTrue(self.cancelled.wait(30))
