# SPDX-License-Identifier: Apache-2.0
"""Renewal of a session's lease."""
import threading

from .errors import KmsError


class Lease:
    """Renews three times per lease, on a thread of its own, until it is stopped or the session is gone."""

    def __init__(self, rpc, name, seconds):
        self._rpc, self._name, self._pause = rpc, name, seconds / 3
        self._stopped = threading.Event()
        threading.Thread(target=self._run, name=f"lease of {name}", daemon=True).start()

    @property
    def stopped(self):
        return self._stopped.is_set()

    def stop(self):
        self._stopped.set()

    def _run(self):
        while not self._stopped.wait(self._pause):
            try:
                self._rpc.call("kms.v1.SessionService", "KeepAlive", {"name": self._name}, timeout=self._pause)
            except KmsError as failure:
                if failure.code == "NOT_FOUND" or failure.reason == "CLIENT_CLOSED":  # anything else may pass before the lease ends
                    self.stop()
            except ValueError:  # the channel was closed meanwhile
                self.stop()
