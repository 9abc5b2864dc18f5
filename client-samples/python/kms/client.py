# SPDX-License-Identifier: Apache-2.0
"""The connection to a server."""
from .kinds import Kinds
from .rpc import Rpc
from .session import Session

_SERVICE = "kms.v1.SessionService"


def connect(target="127.0.0.1:50051", *, credentials=None, timeout=30.0, wait=10.0):
    """Opens a connection and returns when the server answers; KmsError NO_SERVER after `wait` seconds.

    credentials  of grpc.ssl_channel_credentials(); default: no encryption
    timeout      seconds until a call fails with DEADLINE_EXCEEDED
    """
    rpc = Rpc(target, credentials, timeout)
    try:
        rpc.wait_until_ready(wait)
    except BaseException:
        rpc.close()
        raise
    return Client(rpc)


class Client:
    """A connection to one server. As a context manager it closes itself."""

    def __init__(self, rpc):
        self._rpc, self._kinds, self._sessions = rpc, Kinds(rpc), []

    def create_session(self, session_id=None, *, display_name=None, tags=None, lease=None, refuse_transcoding=None,
                       max_audible=None):
        """Opens a session and keeps its lease until session.close() or client.close()."""
        fields = {"session_id": session_id, "display_name": display_name, "tags": tags, "lease": lease,
                  "refuse_transcoding": refuse_transcoding, "max_audible": max_audible}
        return self._adopt(self._rpc.call(_SERVICE, "CreateSession", fields).session)

    def session(self, session_id):
        """A session that exists, by id or name; this client keeps its lease, too."""
        name = session_id if session_id.startswith("sessions/") else f"sessions/{session_id}"
        return self._adopt(self._rpc.call(_SERVICE, "GetSession", {"name": name}).session)

    def list_sessions(self, page_size=100):
        token = ""
        while True:
            page = self._rpc.call(_SERVICE, "ListSessions", {"page_size": page_size, "page_token": token})
            yield from page.sessions
            token = page.next_page_token
            if not token:
                return

    def element_kinds(self):
        return self._kinds.all()

    def recovered_recordings(self):
        """What the server has finished of the recordings that a crash of its predecessor, or of its machine, left behind."""
        return self._rpc.call("kms.recorder.v1.RecorderService", "ListRecoveredRecordings", {})

    def close(self):
        """Ends the connection. Sessions that are still open lapse with their lease."""
        for session in self._sessions:
            session.release()
        self._rpc.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _adopt(self, info):
        self._sessions = [session for session in self._sessions if not session.released]
        self._sessions.append(Session(self._rpc, self._kinds, info))
        return self._sessions[-1]
