#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/errors.md lists every reason that the sources use, and no other. An element may list its own in its README."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["kms-core/base", "kms-core/web", "kms-core/storage", "kms-core/gst", "kms-core/graph", "kms-core/mix", "kms-core/bridge", "kms-core/rpc", "kms-core/http",
           "kms-core/server", "elements", "filters"]
# A reason is an upper-case word with underscores in quotes, or any upper-case word where an error is made.
IN_QUOTES = re.compile(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"')
IN_ERROR = re.compile(r'(?:error\(\s*(?:kms::)?StatusCode::k\w+,\s*(?:ErrorInfo)?\{?|ErrorInfo\{|return \{?)"([A-Z][A-Z0-9]{3,})"')
OF_PROTOCOLS = {"GET_PARAMETER"}  # a method of RTSP
ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]*)` \|", re.MULTILINE)


def sources(folder):
    for path in sorted((ROOT / folder).rglob("*.?pp")):
        if not path.stem.endswith("_test"):
            yield path


def reasons_in(path):
    text = path.read_text()
    return (set(IN_QUOTES.findall(text)) | set(IN_ERROR.findall(text))) - OF_PROTOCOLS


def rows_of(path):
    return ROW.findall(path.read_text()) if path.exists() else []


def readme_of(path):
    return ROOT.joinpath(*path.relative_to(ROOT).parts[:2], "README.md")


class Errors(unittest.TestCase):
    listed = rows_of(ROOT / "docs/errors.md")

    def test_every_reason_is_listed(self):
        for path in (path for folder in FOLDERS for path in sources(folder)):
            with self.subTest(path=str(path.relative_to(ROOT))):
                missing = reasons_in(path) - set(self.listed) - set(rows_of(readme_of(path)))
                self.assertEqual(missing, set(), "not in docs/errors.md")

    def test_nothing_is_listed_that_is_not_used(self):
        text = "".join(path.read_text() for folder in [*FOLDERS, "kms-core/rtc"] for path in sources(folder))
        for reason in self.listed:
            with self.subTest(reason=reason):
                self.assertIn(f'"{reason}"', text)

    def test_nothing_is_listed_twice(self):
        self.assertEqual(len(self.listed), len(set(self.listed)))


if __name__ == "__main__":
    unittest.main()
