#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Includes point down:
base <- {rtc, gst} <- bridge <- graph <- {elements, filters, rpc} <- {http, server}; server alone knows http.
graph <- mix: pictures and sound of many, for elements that mix.
base <- web <- storage: what kms asks of other servers, for all from graph on.

rtc and gst do not know each other, elements never include each other, and of an element only its service sees rpc."""
import re
import unittest

import source_tree as tree

MAY_INCLUDE = {
    "base": {"base"},
    "rtc": {"base", "rtc"},
    "gst": {"base", "gst"},
    "bridge": {"base", "rtc", "gst", "bridge"},
    "web": {"base", "web"},
    "storage": {"base", "web", "storage"},
    "graph": {"base", "rtc", "gst", "bridge", "storage", "graph"},
    "rpc": {"base", "rtc", "gst", "bridge", "graph", "rpc"},
    "mix": {"base", "rtc", "gst", "bridge", "graph", "mix"},
    "element": {"base", "rtc", "gst", "bridge", "web", "storage", "mix", "graph"},
    "http": {"base", "rtc", "gst", "bridge", "graph", "rpc", "http"},
    "server": {"base", "rtc", "gst", "bridge", "web", "storage", "graph", "rpc", "http", "server"},
}
# What comes from outside, and who may see it.
OUTSIDE = [
    ("gRPC", re.compile(r"^grpc(pp)?/|\.grpc\.pb\.h$"), {"rpc", "server", "service"}),
    ("GStreamer", re.compile(r"^gst/"), {"gst", "bridge", "mix", "graph", "element", "service", "rpc", "http",
                                          "server"}),
    ("messages of the API", re.compile(r"^kms/.*\.pb\.h$"), {"graph", "mix", "element", "service", "rpc", "http", "server"}),
    ("libsoup", re.compile(r"^libsoup/"), {"http", "web", "element"}),
    ("what mixers are made with", re.compile(r"^(libyuv|opus|pango)(/|\.h$)"), {"mix"}),
    ("OpenCV", re.compile(r"^opencv2/"), {"element"}),
]


def layer(path):
    """"base", ..., "element" or "service"; "" outside of these."""
    found = re.match(r"kms-core/([^/]+)/", path)
    if found:
        return found[1]
    if re.match(r"(elements|filters)/[^/]+/", path):
        return "service" if path.endswith("_service.cpp") else "element"
    return ""


def folder(path):
    found = re.match(r"(elements|filters)/([^/]+)/", path)
    return found[2] if found else ""


def allowed(of):
    return MAY_INCLUDE["element"] | {"rpc"} if of == "service" else MAY_INCLUDE[of]


def why_not(name, path):
    """What is wrong with a file of ours including another; empty: nothing."""
    source, target = layer(name), layer(path)
    if target in ("element", "service"):
        return "" if folder(path) == folder(name) else f"{source} must not know the element {folder(path)}"
    if target:
        return "" if target in allowed(source) else f"{source} must not know {target}"
    return "" if not re.match(r"(tests|bench)/", path) else "what is shipped must not include tests"


def why_not_outside(name, path):
    source = layer(name)
    for what, pattern, layers in OUTSIDE:
        if pattern.search(path) and source not in layers:
            return f"{source} must not see {what}"
    element = re.match(r"kms/([a-z_]+)/v1/", path)
    if element and element[1] != folder(name):
        return f"{folder(name) or source} must not know the messages of {element[1]}"
    return ""


def violations(name, included):
    if not layer(name) or tree.is_test(name):
        return []
    checked = ((number, path, why_not(name, path) or why_not_outside(name, path)) for number, path, _ in included)
    return [f"{name}:{number}: includes {path}: {why}" for number, path, why in checked if why]


class Layers(unittest.TestCase):
    def test_includes_point_down(self):
        found = [line for name in tree.cpp_files() for line in violations(name, tree.includes(name))]
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_every_folder_of_the_core_has_its_layer(self):
        self.assertEqual({layer(name) for name in tree.cpp_files() if name.startswith("kms-core/")} - set(MAY_INCLUDE), set())

    def test_what_points_up_or_aside_is_found(self):
        for name, path in [("kms-core/base/x.cpp", "kms-core/gst/ref.hpp"), ("kms-core/rtc/x.cpp", "kms-core/gst/ref.hpp"),
                           ("kms-core/gst/x.cpp", "kms-core/rtc/peer.hpp"), ("kms-core/graph/x.cpp", "kms-core/rpc/put.hpp"),
                           ("elements/a/x.cpp", "elements/b/b.hpp"), ("elements/a/x.cpp", "kms-core/rpc/command.hpp"),
                           ("kms-core/graph/x.cpp", "elements/a/a.hpp"), ("kms-core/http/x.cpp", "kms-core/server/main.hpp"),
                           ("kms-core/graph/x.hpp", "grpcpp/server.h"), ("filters/a/x.cpp", "kms/a/v1/a.grpc.pb.h"),
                           ("filters/a/x.cpp", "kms/b/v1/b.pb.h"), ("kms-core/rtc/x.cpp", "gst/gst.h"),
                           ("kms-core/base/x.cpp", "kms/v1/error.pb.h"), ("kms-core/gst/x.cpp", "tests/support/taker.hpp"),
                           ("kms-core/web/x.cpp", "kms-core/storage/spool.hpp"), ("kms-core/storage/x.cpp", "gst/gst.h")]:
            with self.subTest(name=name, path=path):
                self.assertEqual(len(violations(name, [(1, path, "quoted")])), 1)

    def test_what_points_down_is_left_alone(self):
        for name, path in [("kms-core/bridge/x.cpp", "kms-core/gst/ref.hpp"), ("elements/a/a_service.cpp", "grpcpp/server.h"),
                           ("elements/a/a_service.cpp", "kms-core/rpc/command.hpp"), ("elements/a/x.cpp", "kms/a/v1/a.pb.h"),
                           ("elements/a/a.cpp", "elements/a/a.hpp"), ("kms-core/graph/x.cpp", "kms/v1/event.pb.h"),
                           ("kms-core/gst/x_test.cpp", "tests/support/taker.hpp")]:
            with self.subTest(name=name, path=path):
                self.assertEqual(violations(name, [(1, path, "quoted")]), [])


if __name__ == "__main__":
    unittest.main()
