# SPDX-License-Identifier: Apache-2.0
"""kms-server of the build under test (KMS_BUILD), on free ports of loopback."""
import os
import pathlib
import re
import subprocess
import tempfile
import threading

_BUILD = pathlib.Path(os.environ.get("KMS_BUILD", pathlib.Path(__file__).resolve().parents[3] / "build/release"))
_LONGEST_START = 30  # seconds


class KmsProcess:
    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="kms-negotiation-")
        config = pathlib.Path(self._folder.name) / "kms.yaml"
        config.write_text("rtc:\n  announced: [127.0.0.1]\n")
        self._process = subprocess.Popen([_BUILD / "kms-server", "--config", config, "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        watchdog = threading.Timer(_LONGEST_START, self._process.kill)
        watchdog.start()
        line = self._process.stdout.readline()
        watchdog.cancel()
        found = re.search(r" grpc=(\S+)", line)
        if not found:
            raise RuntimeError(f"kms-server did not say where it listens, but {line!r}")
        self.target = found[1]

    def stop(self):
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()
