#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kms-loadtest against the WHIP and WHEP door of a real kms-server: what it reports is what it did."""
import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ.get("KMS_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build/release"))
CONFIG = "rtc: { announced: [127.0.0.1], threads: 1, whip: true }\n"


class Server:
    """A kms-server on free ports."""

    def __init__(self, folder):
        config = pathlib.Path(folder) / "kms.yaml"
        config.write_text(CONFIG)
        with open(config.with_suffix(".log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([BUILD / "kms-server", "--config", config, "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"],
                                            stdout=subprocess.PIPE, stderr=log, text=True)
        words = dict(word.split("=") for word in self.process.stdout.readline().split() if "=" in word)
        self.url = f"http://{words['http']}"

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.process.stdout.close()


class LoadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        resources = contextlib.ExitStack()
        cls.addClassCleanup(resources.close)
        folder = resources.enter_context(tempfile.TemporaryDirectory())
        cls.server = resources.enter_context(contextlib.closing(Server(folder)))

    def run_tool(self, *options, url=None):
        """Exit code and outcome."""
        command = [BUILD / "kms-loadtest", "--url", url or self.server.url, "--json", "--warm-up", "0.5", "--duration", "3",
                   "--room-prefix", self._testMethodName.replace("_", "-") + "-", *options]
        run = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
        self.assertIn(run.returncode, (0, 1), run.stderr)
        return run.returncode, json.loads(run.stdout)

    def check_all_is_well(self, outcome):
        for fault in ("misrouted", "unopened", "unknown", "not_sent"):
            self.assertEqual(outcome["counts"][fault], 0, fault)
        self.assertEqual(outcome["participants"]["reasons"], {})
        self.assertEqual(outcome["broken"], [])

    def test_two_rooms_with_loss_and_churn(self):
        code, outcome = self.run_tool("--rooms", "2", "--viewers", "3", "--loss-up", "3", "--loss-down", "3", "--churn", "80",
                                      "--server-pid", str(self.server.process.pid), "--max-failures", "0")

        self.assertEqual(code, 0)
        self.check_all_is_well(outcome)
        people = outcome["participants"]
        self.assertEqual(people["publishers"], 2)
        self.assertGreater(people["left"], 0)
        self.assertGreaterEqual(people["viewers"], 6)
        counts = outcome["counts"]
        for what in ("sent_packets", "received_packets", "dropped_up", "dropped_down", "nacks_of_server", "nacks_of_viewers",
                     "repeated_packets", "feedback_of_server"):
            self.assertGreater(counts[what], 0, what)
        video, audio = outcome["video"], outcome["audio"]
        self.assertGreater(video["repaired"], 0)
        self.assertLess(video["lost"], video["repaired"], "pictures are repaired")
        self.assertGreater(audio["lost"], 0, "sound is not")
        self.assertLess(outcome["loss_percent"], outcome["loss_before_repair_percent"])
        self.assertGreater(outcome["latency_ms"]["video"]["count"], 0)
        self.assertGreater(outcome["latency_ms"]["audio"]["count"], outcome["latency_ms"]["video"]["count"])
        setup = outcome["setup_ms"]
        self.assertEqual(setup["publisher"]["total"]["count"], 2)
        for step in ("post", "ice", "dtls", "first_packet", "first_key_frame", "total"):
            self.assertGreaterEqual(setup["viewer"][step]["count"], 6, step)
        self.assertGreater(outcome["server"]["threads"], 0)

    def test_simulcast_whose_publishers_are_replaced(self):
        code, outcome = self.run_tool("--viewers", "2", "--simulcast", "3", "--republish", "60", "--max-failures", "0")

        self.assertEqual(code, 0)
        self.check_all_is_well(outcome)
        self.assertGreater(outcome["participants"]["publishers"], 1)
        self.assertGreater(outcome["participants"]["left"], 0)
        self.assertEqual(outcome["viewers_without_media"], 0)
        sent, expected = outcome["counts"]["sent_packets"], outcome["video"]["expected"]
        self.assertGreater(sent, expected / 2, "more layers are sent than a viewer gets")

    def test_three_hundred_joins_and_leaves_a_minute_disturb_nobody(self):
        code, outcome = self.run_tool("--viewers", "10", "--churn", "300", "--max-failures", "0", "--max-loss", "0")

        self.assertEqual(code, 0, outcome["broken"])
        self.check_all_is_well(outcome)
        self.assertGreater(outcome["participants"]["left"], 10)
        self.assertGreater(outcome["video"]["received"], 0)

    def test_pictures_alone_and_sound_alone(self):
        for option, there, missing in (("--no-audio", "video", "audio"), ("--no-video", "audio", "video")):
            with self.subTest(option):
                code, outcome = self.run_tool("--viewers", "1", option)
                self.assertEqual(code, 0)
                self.assertGreater(outcome[there]["received"], 0)
                self.assertEqual(outcome[missing]["expected"], 0)
                self.assertEqual(outcome["viewers_without_media"], 0)

    def test_a_broken_bound_is_an_exit_code(self):
        code, outcome = self.run_tool("--viewers", "1", "--loss-down", "30", "--max-loss", "0.5", "--max-setup", "60000")

        self.assertEqual(code, 1)
        self.assertEqual(len(outcome["broken"]), 1)
        self.assertIn("loss", outcome["broken"][0])

    def test_says_why_nobody_could_join(self):
        code, outcome = self.run_tool("--no-publishers", "--viewers", "2")
        self.assertEqual(code, 1)
        self.assertFalse(outcome["measured"])
        self.assertEqual(sum(outcome["participants"]["reasons"].values()), 2)
        self.assertTrue(all(reason.startswith("HTTP_4") for reason in outcome["participants"]["reasons"]), outcome)

        code, outcome = self.run_tool("--viewers", "2", url="http://127.0.0.1:1")
        self.assertEqual(code, 1)
        self.assertEqual(outcome["participants"]["reasons"], {"HTTP_UNREACHABLE": 1})


if __name__ == "__main__":
    unittest.main()
