#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls that have one place: raw GStreamer in kms-core/gst, `new` and `delete` where a foreign interface forces them,
sleeps nowhere, macros almost nowhere, loops over what lives as long as they do."""
import re
import unittest

import source_tree as tree

# References, signals and pads: what RAII and the classes of kms-core/gst are there for. g_* calls on what is no
# GStreamer object (a GSource, libsoup's messages) are another matter.
REFERENCES = r"gst_(?:\w+_)?(?:ref|unref|ref_sink|clear)|g_object_(?:ref|unref|ref_sink)|g_(?:clear|set)_object"
SIGNALS = r"g_signal_\w+"
PADS = r"gst_(?:ghost_)?pad_\w+|gst_element_(?:link|unlink|\w+_pads?|request_pad_simple|get_static_pad)\w*"
PIPELINES = r"gst_bin_\w+|gst_element_(?:set_state|sync_state_with_parent|send_event|seek\w*)|gst_(?:parse|bus)_\w+"
HELD = re.compile(rf"\b(?:{REFERENCES}|{SIGNALS})\s*\(")
RAW = re.compile(rf"\b(?:{REFERENCES}|{SIGNALS}|{PADS}|{PIPELINES})\s*\(")
KNOWS_GSTREAMER = re.compile(r"^(gst/|kms-core/gst/)")

SLEEPS = {
    tree.CPP: re.compile(r"\bthis_thread::sleep_\w+|\b(?:g_usleep|usleep|(?:clock_)?nanosleep)\s*\(|(?<![\w.:>] )(?<![\w.:>])sleep\s*\("),
    (".py",): re.compile(r"\b(?:time|asyncio)\.sleep\s*\("),
    (".js", ".mjs", ".ts"): re.compile(r"timers/promises|new Promise\(\s*\(?\w+\)?\s*=>\s*setTimeout\("),
}
SHELL_SLEEP = re.compile(r"^\s*sleep\s+[\d.$]|[;&|]\s*sleep\s+[\d.$]|\bdo sleep\b", re.MULTILINE)
# Waiting for a time that is meant, not for something to have happened by then.
MAY_WAIT = {
    "client-samples/node/lib/events.js": "pause before it connects again",
    "client-samples/node/lib/rpc.js": "pause before a retry",
    "client-samples/node/samples/progress.mjs": "a line per second",
    "client-samples/python/kms/rpc.py": "pause before a retry",
    "run": "asks every 0.1 s whether the server is there or gone, with a deadline",
}

MOST_MACROS = 5
MACRO = re.compile(r"^\s*#\s*define\b.*", re.MULTILINE)

# An object with a private constructor is born in the hands of its owner: unique_ptr<T>(new T(...)).
RAW_NEW = re.compile(r"(?<!operator )(?<!<)\bnew\b|(?<!= )(?<!operator )\bdelete\b")
OWNED_AT_BIRTH = re.compile(r"\b(?:unique|shared)_ptr<[\w:]+>\s*\w*[({]\s*new\b")
NEW_IS_FORCED = {
    "kms-core/rpc/self_owned.hpp": "gRPC's reactors live until OnDone",
}

# What the call gives is gone before the loop begins, where it is a shared_ptr and nobody else has it; mutable_*() of
# protobuf are plain pointers.
OVER_A_TEMPORARY = re.compile(r"\bfor \([^;{}()]* : \*(?![\w.>-]*\bmutable_)[\w.>-]+\(\)\)")


def raw_gstreamer(name, source, included):
    if name.startswith("kms-core/gst/") or not any(KNOWS_GSTREAMER.search(path) for _, path, _ in included):
        return []
    return tree.places(name, source, HELD if tree.is_test(name) else RAW)  # tests build pipelines of their own


def sleeps(name, source):
    if name in MAY_WAIT or name.startswith("tests/structure/"):
        return []
    for endings, pattern in SLEEPS.items():
        if name.endswith(endings):
            return tree.places(name, source, pattern)
    return tree.places(name, source, SHELL_SLEEP) if source.startswith("#!/bin/bash") else []


def raw_new(name, source):
    if name in NEW_IS_FORCED:
        return []
    return tree.places(name, OWNED_AT_BIRTH.sub(lambda found: found[0].replace("new", "   "), source), RAW_NEW)


class Calls(unittest.TestCase):
    def check(self, found):
        self.assertEqual(found, [], f"{len(found)} found:\n" + "\n".join(found))

    def test_raw_gstreamer_calls_are_in_one_folder(self):
        self.check([place for name in tree.cpp_files()
                    for place in raw_gstreamer(name, tree.code(name), tree.includes(name))])

    def test_nothing_sleeps(self):
        self.check([place for name in tree.files()
                    for place in sleeps(name, tree.code(name) if name.endswith(tree.CPP) else tree.text(name))])

    def test_no_loop_is_over_what_a_temporary_pointer_points_to(self):
        self.check([place for name in tree.cpp_files() for place in tree.places(name, tree.code(name), OVER_A_TEMPORARY)])

    def test_there_are_hardly_any_macros(self):
        found = [place for name in tree.cpp_files() for place in tree.places(name, tree.code(name), MACRO)]
        self.assertLessEqual(len(found), MOST_MACROS, "\n" + "\n".join(found))

    def test_new_and_delete_are_where_they_are_forced(self):
        self.check([place for name in tree.cpp_files() for place in raw_new(name, tree.code(name))])
        self.assertEqual([name for name in NEW_IS_FORCED if not raw_new("", tree.code(name))], [], "no longer needed")


class TheRulesThemselves(unittest.TestCase):
    def test_find_raw_gstreamer_calls(self):
        knows = [(1, "gst/gst.h", "angled")]
        for source in ["gst_object_unref(x);", "gst_caps_unref (x);", "gst_pad_link(a, b);", "g_signal_connect(x, y, z, 0);",
                       "g_object_unref(element);", "gst_bin_add_many(a, b, nullptr);", "gst_element_link(a, b);"]:
            self.assertEqual(len(raw_gstreamer("elements/a/a.cpp", source, knows)), 1, source)
        self.assertEqual(raw_gstreamer("kms-core/gst/a.cpp", "gst_object_unref(x);", knows), [])
        self.assertEqual(raw_gstreamer("kms-core/http/a.cpp", "g_object_unref(x);", []), [])

    def test_find_sleeps(self):
        for name, source in [("a.cpp", "std::this_thread::sleep_for(1s);"), ("a.py", "time.sleep(1)"),
                             ("a.mjs", "await new Promise((done) => setTimeout(done, 5));"), ("walk", "#!/bin/bash\nsleep 1\n")]:
            self.assertEqual(len(sleeps(name, source)), 1, source)

    def test_find_raw_new_and_delete(self):
        for source in ["auto* x = new Thing;", "delete x;", "delete[] x;", "return new (place) Thing;"]:
            self.assertEqual(len(raw_new("a.cpp", source)), 1, source)
        for source in ["Thing(const Thing&) = delete;", "std::unique_ptr<Thing>(new Thing(1))",
                       "const std::unique_ptr<Thing> thing(new Thing);", "#include <new>", tree.code_of("// a new one")]:
            self.assertEqual(raw_new("a.cpp", source), [], source)


if __name__ == "__main__":
    unittest.main()
