#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every reason that the documents list is met by a test of a real server, over gRPC, over HTTP or at its start."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "docs/errors.md", *sorted(ROOT.glob("elements/*/README.md")), *sorted(ROOT.glob("filters/*/README.md"))]
TESTS = sorted((ROOT / "tests/integration").glob("*.cpp"))
# Reasons that no test of a real server can bring about, each with why.
EXCEPTIONS = {
    "NO_IPSEC_MB": "the build that is tested has it",
    "DTLS_NO_SRTP_PROFILE": "tests of kms-core/rtc",
    "DTLS_TIMEOUT": "takes 30 s: tested in kms-core/rtc, where time is given",
    "SCTP_FAILED": "takes half a minute: tested in kms-core/rtc, where time is given",
    "DTLS_HANDSHAKE_FAILED": "what OpenSSL refuses of a peer, for whatever reason",
}

TABLE = re.compile(r"^(\|.* reasons? \|.*)\n\|[-|]+\n((?:\|.*\n)+)", re.MULTILINE)
WORD = re.compile(r"`([A-Z][A-Z0-9_]+)`")
# As a test names it: "NOT_FOUND/SESSION_NOT_FOUND", "SESSION_NOT_FOUND" or "VP8 to raw video: SINK_TAKES_RAW".
EXPECTED = re.compile(r'[/" ]([A-Z][A-Z0-9_]+)"')


def reasons_of(document):
    """Of its tables that have a column of reasons, what that column names."""
    reasons = set()
    for head, rows in TABLE.findall(document.read_text()):
        column = next(i for i, title in enumerate(head.split("|")) if title.strip() in ("reason", "reasons"))
        reasons.update(word for row in rows.splitlines() for word in WORD.findall(row.split("|")[column]))
    return reasons


class Reasons(unittest.TestCase):
    met = {reason for test in TESTS for reason in EXPECTED.findall(test.read_text())}

    def test_every_reason_is_met_by_a_test_of_a_real_server(self):
        for document in DOCUMENTS:
            with self.subTest(document=str(document.relative_to(ROOT))):
                self.assertEqual(reasons_of(document) - self.met - EXCEPTIONS.keys(), set())

    def test_exceptions_are_none_any_more_when_a_test_has_come(self):
        self.assertEqual(EXCEPTIONS.keys() & self.met, set())

    def test_the_lists_are_found(self):
        self.assertIn("SDP_EMPTY", reasons_of(ROOT / "elements/webrtc/README.md"))
        self.assertGreater(len(reasons_of(ROOT / "docs/errors.md")), 80)
        self.assertIn("NOT_SEEKABLE", reasons_of(ROOT / "elements/player/README.md"))


if __name__ == "__main__":
    unittest.main()
