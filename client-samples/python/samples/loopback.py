# SPDX-License-Identifier: Apache-2.0
"""The least with a browser, in one file: a page sees itself, and a filter between is switched on and off while it looks. Offer and
answer go over plain HTTP, candidates stand in the answer.

    PYTHONPATH=. /usr/bin/python3 samples/loopback.py 127.0.0.1:50051 8095     then http://127.0.0.1:8095/
"""
import http.server
import json
import pathlib
import sys
import threading

import kms

PAGE = pathlib.Path(__file__).resolve().parents[2] / "loopback.html"


class Visits:
    def __init__(self, client):
        self._client = client
        self._peers, self._filters, self._lock = {}, {}, threading.Lock()  # by session id

    def begin(self, offer):
        session = self._client.create_session(display_name="loopback", lease=10)
        try:
            peer = session.create("WebRtcEndpoint")
            peer.connect(peer)
            answer = peer.process_offer(offer=offer).answer
        except kms.KmsError:
            session.close()
            raise
        self._peers[session.id] = peer
        threading.Thread(target=self._end_with_its_page, args=[session], daemon=True).start()
        return json.dumps({"id": session.id, "answer": answer})

    def filter(self, session_id, on):
        """Links may change at any time: a sink that is taken gets the new source in one step, and nothing is negotiated again."""
        with self._lock:  # one switch after the other
            peer = self._peers[session_id]
            if on and session_id not in self._filters:
                grey = self._filters[session_id] = peer.session.create("GStreamerFilter", bin="videobalance saturation=0")
                peer.connect(grey)
                grey.connect(peer)
            elif not on and session_id in self._filters:
                peer.connect(peer)  # sound and pictures, before the filter goes and takes its links with it
                self._filters.pop(session_id).delete()
        return ""

    def _end_with_its_page(self, session):
        """A page that is closed says goodbye; one whose browser died is missed after rtc.failed_after (30 s)."""
        try:
            for event in session.events():
                if event.type == "ConnectionStateChanged" and event.data.state in ("closed", "failed"):
                    break
        finally:
            for each in (self._peers, self._filters):
                each.pop(session.id, None)
            session.close()


class Handler(http.server.BaseHTTPRequestHandler):
    visits = None

    def do_GET(self):
        self._say(200, PAGE.read_text()) if self.path == "/" else self._say(404, f"nothing is at {self.path}")

    def do_POST(self):
        _, command, *given = self.path.split("/")
        try:
            if command == "offer":
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._say(200, self.visits.begin(body))
            else:
                session_id, on = given
                self._say(200, self.visits.filter(session_id, on == "on"))
        except kms.KmsError as failure:
            self._say(400, str(failure))  # REASON: message
        except (KeyError, ValueError):
            self._say(404, f"nothing is at {self.path}")

    def log_message(self, *_):
        pass

    def _say(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if self.path == "/" else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(target="127.0.0.1:50051", port="8095"):
    with kms.connect(target) as client:
        Handler.visits = Visits(client)
        # Browsers give a camera to pages of this machine, and to those with TLS.
        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
