#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A function of a file alone has a name that no other file of its target has for one: several files of a target are
compiled at once, and there two of a name would be overloads of each other, of which any may be taken."""
import collections
import pathlib
import re
import unittest

import source_tree as tree

UNNAMED = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.MULTILINE | re.DOTALL)
# At the margin, as clang-format leaves it; what has a class's name before it is that class's.
FUNCTION = re.compile(r"^(?!using|return|TEST|INSTANTIATE|static_assert)[A-Za-z][\w:<>,&*\[\] \n]*?(?<![\w:])(\w+)\((?!\))?[^;=]*?\)[^;=]*?\{", re.MULTILINE)
STATIC = re.compile(r"^static [\w:<>,&* ]+?(?<![\w:])(\w+)\(", re.MULTILINE)
FOUND_BY_ARGUMENT = {"PrintTo", "operator"}  # meant as overloads


def functions_of_its_own(source):
    found = {match[1] for block in UNNAMED.findall(source) for match in FUNCTION.finditer(block)}
    return (found | {match[1] for match in STATIC.finditer(source)}) - FOUND_BY_ARGUMENT


def is_compiled_alone(name):
    if name.startswith("tests/fuzz/"):
        return True  # each is a target
    folder = pathlib.PurePath(name).parent / "CMakeLists.txt"
    lists = tree.text(str(folder)) if str(folder) in tree.files() else ""
    return any("SKIP_UNITY_BUILD_INCLUSION" in line and pathlib.PurePath(name).name in line for line in lists.splitlines())


class Scopes(unittest.TestCase):
    def test_a_function_of_a_file_alone_has_a_name_of_its_own(self):
        files = collections.defaultdict(list)
        for name in tree.cpp_files():
            if name.endswith(".cpp") and not is_compiled_alone(name):
                for function in functions_of_its_own(tree.text(name)):
                    files[pathlib.PurePath(name).parent, tree.is_test(name), function].append(name)
        shared = [f"{function}() in {', '.join(names)}" for (_, _, function), names in files.items() if len(names) > 1]
        self.assertEqual(shared, [], f"{len(shared)} found:\n" + "\n".join(shared))

    def test_what_this_finds(self):
        source = "namespace {\n\nconstexpr int k = f(1);\n\nint one(int a) {\n  return two(a);\n}\n\nvoid A::three() {\n}\n\n" \
                 "std::map<int,\n         int> four(\n    int a) {\n}\n\n}  // namespace\n\nint five() {\n}\n\nstatic int six() {\n}\n"
        self.assertEqual(functions_of_its_own(source), {"one", "four", "six"})


if __name__ == "__main__":
    unittest.main()
