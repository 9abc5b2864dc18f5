# SPDX-License-Identifier: Apache-2.0
"""A session's events as an iterator that survives a lost stream."""
import dataclasses
import datetime
import threading
import time
import typing

import grpc

from .decode import from_message, type_name_of, unpack
from .errors import KmsError, from_grpc

_FIRST_PAUSE, _LONGEST_PAUSE, _LOOK = 0.1, 2.0, 0.1  # seconds
_LOST = {"UNAVAILABLE", "INTERNAL", "UNKNOWN", "CANCELLED", "DEADLINE_EXCEEDED"}
# The second: no detail, of a reader that was cut off because it did not even read that it was too slow.
_TOO_SLOW = {"SUBSCRIBER_TOO_SLOW", "RESOURCE_EXHAUSTED"}


@dataclasses.dataclass(frozen=True)
class Event:
    """A fact: `data` has the fields of the message named by `type_name`, `type` is the name's last part."""

    sequence: int
    time: datetime.datetime
    source: str  # resource name of the session or element
    type: str
    type_name: str
    data: typing.Any

    @property
    def element_id(self):
        """None for an event of the session itself."""
        parts = self.source.split("/")
        return parts[3] if len(parts) > 3 else None


class EventStream:
    """Each event once and in order, until the session is closed or close() is called, from whatever thread.

    A stream that breaks is opened again after the last event seen. Events that the server no longer has raise KmsError
    EVENTS_LOST. Gives up when the server stays out of reach for as long as the session's lease.
    """

    def __init__(self, rpc, session, after=0):
        self.subscription = _Subscription(rpc, session, after)
        self._events = self.subscription.events()

    def __iter__(self):
        return self

    def __next__(self):
        self.subscription.reader = threading.current_thread()
        return next(self._events)

    def close(self):
        self.subscription.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class _Subscription:
    """What an EventStream's generator works on: apart from it, so that an EventStream that nobody holds any more ends at
    once, and with it the generator and the server's stream."""

    def __init__(self, rpc, session, after):
        self._rpc, self._name, self._lease, self._after = rpc, session.name, session.lease.total_seconds(), after
        self._closed, self._ended, self._call = threading.Event(), threading.Event(), None
        self.reader = None  # the thread that asked for an event last
        self._reached()

    def close(self):
        self._closed.set()
        if self._call:
            self._call.cancel()

    def wait_until(self, deadline):
        """For another thread, as long as it reads, to reach the end."""
        while self.reader not in (None, threading.current_thread()) and self.reader.is_alive():
            left = deadline - time.monotonic()
            if self._closed.is_set() or left <= 0 or self._ended.wait(min(left, _LOOK)):
                return

    def events(self):
        try:
            while not self._over():
                yield from self._until_lost()
                if not self._over():
                    self._closed.wait(self._pause)
                    self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        finally:
            self._ended.set()

    def _over(self):
        return self._closed.is_set() or self._rpc.closed

    def _until_lost(self):
        try:
            yield from self._one_stream()
            self._closed.set()  # the server ends a stream only after SessionClosed
        except grpc.RpcError as error:
            if not self._over():
                self._raise_unless_lost(error)
        except (ValueError, KmsError):  # gRPC's word for a closed channel, and ours
            if not self._rpc.closed:
                raise

    def _reached(self):
        self._lost_since, self._pause = None, _FIRST_PAUSE

    def _one_stream(self):
        fields = {"name": self._name, "after_sequence": self._after}
        self._call = call = self._rpc.stream("kms.v1.SessionService", "SubscribeEvents", fields)
        if self._closed.is_set():  # between the loop's look and here
            call.cancel()
        try:
            call.initial_metadata()  # the server's word that it has the subscription, or the end of the call
            if call.is_active():
                self._reached()
            for message in call:
                self._reached()
                self._after = message.sequence
                yield _present(message)
        finally:
            call.cancel()

    def _raise_unless_lost(self, error):
        failure, now = from_grpc(error), time.monotonic()
        self._lost_since = self._lost_since or now  # not the last event: a session may have nothing to tell for hours
        out_of_reach = now - self._lost_since > self._lease
        if failure.reason not in _TOO_SLOW and (failure.code not in _LOST or out_of_reach):
            raise failure


def _present(message):
    """An element's own event is unpacked and looks like every other."""
    member = message.WhichOneof("payload")
    payload = getattr(message, member) if member else message
    packed = member == "element_event"
    type_name = type_name_of(payload) if packed else payload.DESCRIPTOR.full_name
    when = message.time.ToDatetime(tzinfo=datetime.timezone.utc)
    data = unpack(payload) if packed else from_message(payload)
    return Event(message.sequence, when, message.source, type_name.rpartition(".")[2], type_name, data)
