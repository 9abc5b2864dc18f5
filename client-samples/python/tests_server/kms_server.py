# SPDX-License-Identifier: Apache-2.0
"""The real server (KMS_SERVER) on free ports, with a folder of its own to write to; plays from the folder of KMS_CLIP."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading

_ROOT = pathlib.Path(__file__).resolve().parents[3]
CLIP = pathlib.Path(os.environ.get("KMS_CLIP", _ROOT / "build/media/demo.mp4"))
_BINARY = os.environ.get("KMS_SERVER", str(_ROOT / "build/release/kms-server"))
_LONGEST_START = 30  # seconds


class KmsServer:
    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="kms-client-")
        self.folder = pathlib.Path(self._folder.name)
        config = self.folder / "kms.yaml"
        config.write_text(f'files:\n  read: ["{CLIP.parent}"]\n  write: ["{self.folder}"]\n')
        self._process = subprocess.Popen([_BINARY, "--config", config, "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        watchdog = threading.Timer(_LONGEST_START, self._process.kill)
        watchdog.start()
        self.target = self._listening()
        watchdog.cancel()

    def uri(self, name):
        return (self.folder / name).as_uri()

    def stop(self):
        """Exit code after SIGTERM."""
        self._process.terminate()
        code = self._process.wait()
        self._process.stdout.close()
        self._folder.cleanup()
        return code

    def _listening(self):
        """The server's one line on stdout says where it listens."""
        line = self._process.stdout.readline()
        found = re.search(r" grpc=(\S+)", line)
        if not found:
            raise RuntimeError(f"kms-server did not say where it listens, but {line!r}")
        return found[1]


def probe(path):
    """Frames of each kind and duration in seconds, by decoding all of a file."""
    entries = "stream=codec_type,nb_read_frames:format=duration"
    done = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-of", "json", "-show_entries", entries, path],
                          check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    frames = {stream["codec_type"]: int(stream["nb_read_frames"]) for stream in found["streams"]}
    return frames, float(found["format"]["duration"])
