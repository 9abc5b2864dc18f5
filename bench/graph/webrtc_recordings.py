# SPDX-License-Identifier: Apache-2.0
"""Recordings of WebRTC, for live.py: the same publishers for both sides, in a process of their own that is not counted."""
import contextlib
import json
import subprocess
import threading

import clips
import server

PICTURES, SOUNDS = 30, 50  # per second
PATIENCE = 60  # seconds


class Peers:
    """A process of webrtc_peers.py, and what is said to it."""

    def __init__(self, what, count, place):
        self._count = count
        self._process = subprocess.Popen(["/usr/bin/python3", server.ROOT / "bench/graph/webrtc_peers.py", what, str(count), place],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Once they have ended by themselves; files are final then."""
        self._process.stdin.close()
        try:
            failed = self._process.wait(PATIENCE)
        finally:
            self._process.kill()
        if failed:
            raise SystemExit(f"WebRTC peers failed: {failed}")

    def say(self, description):
        self._process.stdin.write(json.dumps(description) + "\n")
        self._process.stdin.flush()

    def hear_all(self):
        """A line of each; nothing more is read when one has not come in time."""
        watchdog = threading.Timer(PATIENCE, self._process.kill)
        watchdog.start()
        lines = [self._process.stdout.readline() for _ in range(self._count)]
        watchdog.cancel()
        if not all(lines):
            raise SystemExit(f"WebRTC peers are silent: {len([line for line in lines if line])} of {self._count} spoke")
        return [json.loads(line) for line in lines]


class RecordWebRtc:
    kind = "video"
    config = "rtc:\n  announced: [127.0.0.1]\n"

    def __init__(self, folder, at_once):
        self._folder, self.at_once = folder, at_once or 20
        self._clip = clips.with_sound(folder, clips.pictures(folder))

    @contextlib.contextmanager
    def hand_at_work(self):
        """A process with all lines; as good as one for each, and a little cheaper."""
        with Peers("publish", self.at_once, self._clip) as publishers:
            with Peers("record", self.at_once, self._folder) as lines:
                for offer in publishers.hear_all():
                    lines.say(offer)
                for answer in lines.hear_all():
                    publishers.say(answer)
                publishers.hear_all()  # that they are connected
                yield lines.pid

    @contextlib.contextmanager
    def kms_at_work(self, kms, session):
        with Peers("publish", self.at_once, self._clip) as publishers:
            for offer in publishers.hear_all():
                publishers.say({"peer": offer["peer"], "sdp": self._answer(kms, session, offer)})
            publishers.hear_all()
            yield
            for number in range(self.at_once):
                session.element(f"recorder{number}").stop()

    def _answer(self, kms, session, offer):
        names = [f"peer{offer['peer']}", f"recorder{offer['peer']}"]
        uri = f"file://{self._folder}/kms-{offer['peer']}.webm"
        session.apply_graph({names[0]: kms.ElementSpec("WebRtcEndpoint"),
                             names[1]: kms.ElementSpec("RecorderEndpoint", uri=uri, overwrite=True, autostart=True)},
                            [(*names, None)])
        return session.element(names[0]).process_offer(offer=offer["sdp"]).answer

    def check(self, side, seconds):
        """Of each file, the last seconds; they were measured, all but the last moments."""
        for number in range(self.at_once):
            path = self._folder / f"{side}-{number}.webm"
            for kind, per_second in (("video", PICTURES), ("audio", SOUNDS)):
                times = clips.packet_times(path, kind)
                held, wanted = len([time for time in times if time > times[-1] - seconds]), seconds * per_second
                if times[-1] - times[0] < seconds or abs(held - wanted) > max(5, wanted / 100):
                    raise SystemExit(f"{path.name} has {held} packets of {kind} in {seconds:.0f} s, not {wanted:.0f}, "
                                     f"and {times[-1] - times[0]:.1f} s in all")
