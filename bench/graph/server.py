# SPDX-License-Identifier: Apache-2.0
"""Starts kms-server for a measurement, and reads what the kernel knows of a process."""
import collections
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "client-samples/python"))
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a running process, all threads, seconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def thread_names(pid):
    """How many threads have which name, without numbers and what is behind them."""
    names = (path.read_text().strip() for path in pathlib.Path(f"/proc/{pid}/task").glob("*/comm"))
    return collections.Counter(re.sub(r"\d+", "", name).split("--")[0].rstrip("-") for name in names)


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def private_bytes(pid):
    """Memory of the process's own, bytes."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(kib) * 1024 for kib in re.findall(r"Private_(?:Clean|Dirty):\s+(\d+)", text))


@contextlib.contextmanager
def running(folder, extra=""):
    """A kms-server that may read and write in `folder`; gives its pid and gRPC address."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write(f'files:\n  read: ["{folder}"]\n  write: ["{folder}"]\n{extra}')
        config.flush()
        server = subprocess.Popen(
            [ROOT / "build/release/kms-server", "--config", config.name, "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            yield server.pid, re.search(r"grpc=(\S+)", server.stdout.readline()).group(1)
        finally:
            server.terminate()
            server.wait(60)


def child_cpu(command):
    """Runs a command to its end; its CPU seconds."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
