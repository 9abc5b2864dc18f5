# SPDX-License-Identifier: Apache-2.0
"""The data channels of a WebRtcEndpoint as objects."""
import threading

from .errors import KmsError


def _fields_of(data):
    if isinstance(data, str):
        return {"text": data}
    if isinstance(data, (bytes, bytearray, memoryview)):  # bytes(3) would be three zeros
        return {"binary": bytes(data)}
    raise TypeError(f"a message is a str or bytes, not {data!r:.40}")


class DataChannel:
    """One data channel of an endpoint: number, label, protocol, state and the others of `info`, the message of the proto. Any
    thread may send on it."""

    def __init__(self, endpoint, info):
        self._endpoint, self._lock, self.info = endpoint, threading.Lock(), info

    def send(self, data):
        """Sends a str or bytes, after what was sent before, and waits while the channel has no room."""
        message = {"channel": self.number, **_fields_of(data)}
        with self._lock:
            try:
                self._endpoint.send_data(**message)
            except KmsError as failure:
                if failure.reason != "DATA_BUFFER_FULL":
                    raise
                with self._endpoint.send_data_stream() as sink:  # which is answered when there is room
                    sink.write(**message)
                    sink.end()

    def send_all(self, messages):
        """Sends all of an iterable, by one call; returns their number, when all are on their way. Faster than one by one."""
        with self._lock, self._endpoint.send_data_stream() as sink:
            for data in messages:
                sink.write(channel=self.number, **_fields_of(data))
            return sink.end().messages

    def close(self):
        """After what was sent before; its state tells the end."""
        with self._lock:
            self._endpoint.close_data_channel(channel=self.number)

    def __getattr__(self, name):
        return getattr(self.__dict__["info"], name)

    def __repr__(self):
        return f"<DataChannel {self.number} {self.label!r} {self.state}>"


class DataChannels:
    """The data channels of a WebRtcEndpoint, and what comes over them: an iterator of (channel, data), where data is a str or
    bytes, or None when the channel is new or has another state, in the order in which they come. Misses nothing of a peer that
    has not been answered yet. The peer is held up while nobody iterates. A context manager, which cancels.
    """

    def __init__(self, endpoint):
        self._endpoint, self._lock, self._channels = endpoint, threading.Lock(), {}
        self._stream = endpoint.receive_data()
        self._stream.wait_until_started()

    def create(self, label, **choices):
        """Opens a channel to the peer, now or when the connection has an m-line for data. Choices: protocol, unordered,
        max_retransmits, max_packet_life_time, negotiated_id."""
        return self._note(self._endpoint.create_data_channel(label=label, **choices).channel)

    @property
    def all(self):
        """Those that are not closed, as far as the iteration has come."""
        with self._lock:
            return list(self._channels.values())

    def find(self, label):
        """The first of this label that is open; None when there is none."""
        return next((channel for channel in self.all if channel.label == label and channel.state == "open"), None)

    def cancel(self):
        """Reads no more; the channels stay as they are."""
        self._stream.cancel()

    def __iter__(self):
        return self

    def __next__(self):
        got = next(self._stream)
        if got.message is None:
            return self._note(got.channel), None
        with self._lock:
            channel = self._channels[got.message.channel]
        return channel, got.message.text if got.message.text is not None else got.message.binary

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cancel()

    def _note(self, info):
        with self._lock:
            channel = self._channels.setdefault(info.number, DataChannel(self._endpoint, info))
            channel.info = info
            if info.state == "closed":
                del self._channels[info.number]
            return channel
