# SPDX-License-Identifier: Apache-2.0
"""The servers that are measured, each started afresh for every run and pinned to core 0."""
import contextlib
import os
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HTTP_PORT = 18480
BASE = f"http://127.0.0.1:{HTTP_PORT}"

# Debian's Janus with its video room and nothing else; {loops} is empty for a thread per peer.
JANUS = {
    "janus.jcfg": """general: {{ configs_folder = "{folder}"
  debug_level = 3
  {loops} }}
media: {{ ipv6 = false }}
nat: {{ ice_enforce_list = "lo" }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
""",
    "janus.plugin.videoroom.jcfg": "general: {{ }}\n",
    "janus.transport.http.jcfg": """general: {{ json = "compact"
  base_path = "/janus"
  http = true
  port = {port}
  ip = "127.0.0.1"
  https = false }}
admin: {{ admin_http = false }}
""",
}
UNUSED_PLUGINS = ("sip nosip audiobridge streaming recordplay voicemail videocall textroom echotest lua duktape").split()
UNUSED_TRANSPORTS = "websockets mqtt nanomsg rabbitmq pfunix".split()


def libraries(names):
    return ",".join(f"libjanus_{name}.so" for name in names)


def answers():
    try:
        urllib.request.urlopen(BASE + "/", timeout=1)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def wait_for(server, seconds=20):
    end = time.monotonic() + seconds
    while not answers():
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise SystemExit(f"the server left with {server.wait(0.05)}")
        if time.monotonic() > end:
            raise SystemExit(f"{BASE} does not answer")


def threads_of(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def pinned(chosen, core, command):
    nice = ["nice", "-n", str(chosen.nice)] if chosen.nice else []
    return [*nice, "taskset", "-c", str(core), *command]


@contextlib.contextmanager
def running(chosen, command, extra_environment=None):
    """The process id of a server, once it answers."""
    environment = dict(os.environ, **(extra_environment or {}))
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(pinned(chosen, 0, command), stdout=log, stderr=subprocess.STDOUT, cwd=ROOT,
                                  env=environment)
        try:
            wait_for(server)
            yield server.pid
        except SystemExit:
            log.seek(0)
            print(log.read()[-2000:])
            raise
        finally:
            server.terminate()
            server.wait()


class Kms:
    """kms-server with bench/kms.yaml, of which single values are replaced."""

    signalling = ["-sig", "whip", "-whip", BASE + "/whip/{room}", "-whep", BASE + "/whep/{room}"]

    def __init__(self, name, **values):
        self.name = name
        self.values = values

    def configuration(self, chosen):
        with open(f"{ROOT}/bench/kms.yaml", encoding="utf-8") as file:
            lines = file.read().splitlines()
        for key, value in {"max_padding": chosen.padding, **self.values}.items():
            at = next(i for i, line in enumerate(lines) if line.startswith(f"  {key}:"))
            lines[at] = f"  {key}: {value}"
        return "\n".join(lines) + "\n"

    @contextlib.contextmanager
    def running(self, chosen):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(self.configuration(chosen))
            file.flush()
            command = [chosen.kms, "--config", file.name, "--http", f"127.0.0.1:{HTTP_PORT}", "--grpc", "127.0.0.1:0"]
            with running(chosen, command) as pid:
                yield pid


class Sfu:
    """The example rtc_sfu: the RTP plane without sessions."""

    signalling = Kms.signalling

    def __init__(self, name):
        self.name = name

    @contextlib.contextmanager
    def running(self, chosen):
        with running(chosen, [chosen.sfu, f"127.0.0.1:{HTTP_PORT}"]) as pid:
            yield pid


class Janus:
    """Debian's Janus; `loops` event loops, or a thread per peer."""

    signalling = ["-sig", "janus", "-url", BASE + "/janus"]

    def __init__(self, name, loops):
        self.name = name
        self.loops = f"event_loops = {loops}" if loops else ""

    @contextlib.contextmanager
    def running(self, chosen):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in JANUS.items():
                with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                    file.write(text.format(folder=folder, loops=self.loops, port=HTTP_PORT,
                                           plugins=libraries(UNUSED_PLUGINS),
                                           transports=libraries(UNUSED_TRANSPORTS)))
            with running(chosen, [chosen.janus, "-F", folder], {"LD_PRELOAD": chosen.janus_preload}) as pid:
                yield pid
