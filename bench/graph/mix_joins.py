# SPDX-License-Identifier: Apache-2.0
"""What a Composite sends while somebody comes and goes: how far its pictures are apart, by their time stamps and as they come."""
import contextlib
import socket
import statistics
import struct
import threading
import time

import live

CLOCK = 90_000  # of RTP
PICTURE = CLOCK // 30
GUESTS, STAYS, AWAY = 10, 3, 1  # seconds; clips have a key frame every two


class Watch:
    """Notes when pictures end: their RTP time stamps, and when the packet with the marker was there."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._ends, self._missing, self._last = [], 0, None

    @contextlib.contextmanager
    def open(self):
        done = threading.Event()
        self._socket.settimeout(0.1)
        self._ends, self._missing, self._last = [], 0, None
        thread = threading.Thread(target=self._read, args=(done,))
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _read(self, done):
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                packet = self._socket.recv(2000)
                self._take(packet, time.monotonic())

    def _take(self, packet, now):
        _, second, number, stamp = struct.unpack_from("!BBHI", packet)
        if 200 <= second <= 207:  # RTCP
            return
        if self._last is not None:
            self._missing += (number - self._last - 1) & 0xffff
        self._last = number
        if second & 0x80:
            self._ends.append((stamp, now))

    def gaps(self):
        """The pictures that were left out before each one, by time stamps; and milliseconds between arrivals."""
        if self._missing or len(self._ends) < 2:
            raise SystemExit(f"{self._missing} packets are missing of {len(self._ends)} pictures")
        pairs = list(zip(self._ends, self._ends[1:]))
        left_out = [round(((later[0] - earlier[0]) & 0xffffffff) / PICTURE) - 1 for earlier, later in pairs]
        return left_out, [(later[1] - earlier[1]) * 1000 for earlier, later in pairs]


def come_and_go(kms, session, endpoint, out):
    """A guest: a hub port, an endpoint, a link, pictures; and all of it away again. `out` sends pictures to where it is told."""
    room = session.element("room")
    for _ in range(GUESTS):
        room.create_hub_port(port_id="guest")
        guest = session.apply_graph({"guest": endpoint}, [kms.Link("guest", "room", "video", sink_port="guest")])
        port = guest.elements["guest"].get_local_ports().video_port
        out.emit("add", "127.0.0.1", port)
        live.for_a_while(STAYS)
        room.delete_hub_port(port_id="guest")
        guest.elements["guest"].delete()
        out.emit("remove", "127.0.0.1", port)
        live.for_a_while(AWAY)


def told(watch):
    """The figure, and what to say of it."""
    left_out, apart = watch.gaps()
    return max(left_out), (f"{GUESTS} came and went during {len(left_out) + 1} pictures: {sum(left_out)} left out, "
                           f"{max(left_out)} at most at once; they came {statistics.median(apart):.0f} ms apart (median), "
                           f"{max(apart):.0f} ms at most")
