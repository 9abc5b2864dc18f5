# SPDX-License-Identifier: Apache-2.0
"""One gRPC channel, called by the names in the protos: Python values in and out, KmsError when it fails."""
import collections
import re
import threading
import time
import uuid

import grpc

from .decode import from_message
from .encode import to_message
from .errors import KmsError, closed, from_grpc, invalid
from .protos import message_class, service

_ATTEMPTS = 3
_FIRST_PAUSE = 0.1  # seconds
_MOST_WRITTEN = 16  # messages of a Sink that wait for gRPC


class Rpc:
    """Safe to use from any thread, as the channel is."""

    def __init__(self, target, credentials, timeout):
        _refuse_url(target)
        self._target, self._timeout, self._closed = target, timeout, False
        self._channel = grpc.secure_channel(target, credentials) if credentials else grpc.insecure_channel(target)

    def wait_until_ready(self, seconds):
        try:
            grpc.channel_ready_future(self._channel).result(timeout=seconds)
        except grpc.FutureTimeoutError:
            text = f"no kms server answers at {self._target} within {seconds} s"
            raise KmsError("UNAVAILABLE", "NO_SERVER", text) from None

    @property
    def closed(self):
        return self._closed

    def call(self, service_name, method_name, fields, timeout=None, more=None):
        """`fields` are the library's; `more` are the caller's, who may not set the same. A request that has a request_id gets
        one, and may therefore be sent again when the connection broke."""
        method = self._method(service_name, method_name)
        repeatable = "request_id" in method.input_type.fields_by_name
        if repeatable:
            fields = {"request_id": str(uuid.uuid4()), **fields}
        request = to_message(method.input_type.full_name, fields)
        request.MergeFrom(to_message(method.input_type.full_name, more or {}, reserved=fields))
        return from_message(self._send(method, request, timeout, _ATTEMPTS if repeatable else 1))

    def stream(self, service_name, method_name, fields):
        """The server's messages, as gRPC gives them; cancel() ends it."""
        method = self._method(service_name, method_name)
        return self._channel.unary_stream(*_codecs(method))(to_message(method.input_type.full_name, fields))

    def streamed(self, service_name, method_name, fields, more=None):
        """A streaming command, under way. `fields` and `more` as in call()."""
        method = self._method(service_name, method_name)
        request = to_message(method.input_type.full_name, fields)
        request.MergeFrom(to_message(method.input_type.full_name, more or {}, reserved=fields))
        return Stream(self._channel.unary_stream(*_codecs(method))(request))

    def written(self, service_name, method_name, fields):
        """A command that takes a stream, under way; `fields` go with its first message."""
        method = self._method(service_name, method_name)
        name = method.input_type.full_name
        return Sink(self._channel.stream_unary(*_codecs(method)), lambda more: to_message(name, more, reserved=fields),
                    to_message(name, fields))

    def close(self):
        self._closed = True
        self._channel.close()

    def _method(self, service_name, method_name):
        if self._closed:
            raise closed(method_name)
        return service(service_name).methods_by_name[method_name]

    def _send(self, method, request, timeout, attempts):
        send = self._channel.unary_unary(*_codecs(method))
        for attempt in range(1, attempts + 1):
            try:
                return send(request, timeout=timeout or self._timeout)
            except grpc.RpcError as error:
                failure = from_grpc(error)
                if failure.reason == "DEADLINE_EXCEEDED":  # gRPC's own words say neither which call nor how long
                    raise KmsError(failure.code, failure.reason, f"{method.name} was not answered within "
                                   f"{timeout or self._timeout} s") from error
                if attempt == attempts or failure.reason != "UNAVAILABLE":
                    raise failure
                time.sleep(_FIRST_PAUSE * attempt)
        raise AssertionError("not reached")


class Stream:
    """What a streaming command tells, as an iterator. The call begins at once; the server holds back while nobody reads.
    Ends when the server ends it, after cancel(), from whatever thread, and with its `with` block."""

    def __init__(self, call):
        self._call, self._cancelled = call, False

    def wait_until_started(self):
        """Until the server misses nothing for us, or refuses; the iteration raises why."""
        self._call.initial_metadata()

    def cancel(self):
        self._cancelled = True
        self._call.cancel()

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return from_message(next(self._call))
        except grpc.RpcError as error:
            if self._cancelled:
                raise StopIteration from None
            raise from_grpc(error) from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cancel()


class Sink:
    """What a command that takes a stream is given, message by message, at the server's pace; one thread at a time. Its `with`
    block cancels what end() has not ended."""

    def __init__(self, call, encode, first):
        self._encode, self._first = encode, first
        self._waiting, self._ended, self._over = collections.deque(), False, False
        self._changed = threading.Condition()
        self._call = call.future(self._messages())
        self._call.add_done_callback(self._end)

    def write(self, **fields):
        """Waits until more may be written. Raises what has ended the call, which a message before this one may have done."""
        message = self._encode(fields)
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < _MOST_WRITTEN or self._over)
            if not self._over:
                self._waiting.append(message)
                return self._changed.notify_all()
        return self._result()

    def end(self):
        """The server's answer, when it has taken all messages."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        return self._result()

    def cancel(self):
        self._call.cancel()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cancel()

    def _result(self):
        try:
            return from_message(self._call.result())
        except grpc.FutureCancelledError:
            raise KmsError("CANCELLED", "CANCELLED", "the call was cancelled") from None
        except grpc.RpcError as error:
            raise from_grpc(error) from None

    def _messages(self):
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended or self._over)
                if not self._waiting or self._over:
                    return
                message = self._waiting.popleft()
                self._changed.notify_all()
            if self._first is not None:
                message.MergeFrom(self._first)
                self._first = None
            yield message

    def _end(self, _):
        with self._changed:
            self._over = True
            self._changed.notify_all()


def _refuse_url(target):
    """A web address, as of a server that speaks JSON over a WebSocket, would be looked up as a name until `wait` is over."""
    found = re.match(r"(?:https?|wss?)://([^/]*)", target, re.IGNORECASE)
    if found:
        raise invalid("INVALID_OPTIONS", f'"{target}" is a web address; kms speaks gRPC: give host and port of grpc_listen alone, '
                                         f'as "{found[1]}" or "127.0.0.1:50051"', field="target")


def _codecs(method):
    path = f"/{method.containing_service.full_name}/{method.name}"
    return path, message_class(method.input_type.full_name).SerializeToString, message_class(method.output_type.full_name).FromString
