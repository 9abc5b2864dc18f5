#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every file says its licence; nothing is left to do; nothing belongs to one machine."""
import re
import unittest

import source_tree as tree

LICENCE = "SPDX-License-Identifier: Apache-2.0"
CARRIES_LICENCE = re.compile(r"\.(cpp|hpp|c|h|py|js|mjs|ts|cmake|proto|sh|css|html|in|ya?ml|txtpb)$|(^|/)CMakeLists\.txt$|(^|/)\.clang-\w+$")
FIRST_LINES = 3  # after a #! and an encoding

LEFT_OVER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:work|home|root|mnt)/\w|\b[A-Z]:\\\\\w"),
    "a package registry": re.compile(r"\bregis" + r"try\.\w+\.\w|\bnpm" + r"js\.|\bpypi\.\w|\bproxy\.golang\.|\bdeb\.deb" + r"ian\."),
    "an include guard where #pragma once is the rule": re.compile(r"^#ifndef \w+_(?:H|HPP|H_|HPP_)$", re.MULTILINE),
}
OWN = "tests/structure/"


def carries_licence(name):
    return bool(CARRIES_LICENCE.search(name)) or tree.text(name).startswith("#!")


def forbidden(name, source):
    return [f"{place} ({what})" for what, pattern in FORBIDDEN.items() for place in tree.places(name, source, pattern)]


class Hygiene(unittest.TestCase):
    def check(self, found):
        self.assertEqual(found, [], f"{len(found)} found:\n" + "\n".join(found))

    def test_every_file_says_its_licence(self):
        self.check([name for name in tree.files() if carries_licence(name) and
                    LICENCE not in "\n".join(tree.text(name).splitlines()[:FIRST_LINES])])

    def test_headers_are_read_once(self):
        self.check([name for name in tree.cpp_files() if name.endswith(".hpp") and "\n#pragma once\n" not in tree.text(name)])

    def test_nothing_is_left_to_do(self):
        self.check([place for name in tree.files() for place in tree.places(name, tree.text(name), LEFT_OVER)])

    def test_nothing_belongs_to_one_machine(self):
        self.check([place for name in tree.files() if not name.startswith(OWN) for place in forbidden(name, tree.text(name))])


class TheRulesThemselves(unittest.TestCase):
    def test_find_what_belongs_to_one_machine(self):
        for source in ["cd /home/someone/kms", 'path = "/work/x"', "https://regis" + "try.example.org/x", "#ifndef KMS_A_HPP"]:
            self.assertEqual(len(forbidden("a.md", source)), 1, source)
        for source in ["build/work/x", "https://example.org/home/x", "see /homework"]:
            self.assertEqual(forbidden("a.md", source), [], source)

    def test_find_what_is_left_to_do(self):
        self.assertTrue(LEFT_OVER.search("// TO" + "DO: more"))
        self.assertFalse(LEFT_OVER.search("todo lists are a sample"))


if __name__ == "__main__":
    unittest.main()
