#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Budgets: how long functions and files are, how many parameters a function takes, how deep it nests."""
import ast
import json
import re
import subprocess
import unittest

import nesting
import source_tree as tree

P90_FUNCTION_LINES = 25
MOST_FUNCTION_LINES = 60
MOST_FILE_LINES = 400
MOST_TEST_FILE_LINES = 500
MOST_PARAMETERS = 4
MOST_NESTING = 3
CODE = tree.CPP + tree.SCRIPTS + (".cmake", ".proto", ".html", ".css", "CMakeLists.txt")
WITH_FUNCTIONS = tree.CPP + (".py",)  # those whose ends universal-ctags knows
# Signatures that somebody else dictates.
FOREIGN_SIGNATURES = {"kms-core/http/http_server.cpp": "libsoup's handlers",
                      "kms-core/rtc/sctp/played_usrsctp.cpp": "in the place of usrsctp's own"}
NESTED = (ast.If, ast.For, ast.While, ast.Try, ast.AsyncFor, ast.Match)


def code_files(endings):
    return [name for name in tree.files() if not tree.is_generated(name) and
            (name.endswith(endings) or tree.text(name).startswith("#!/usr/bin/python3") and ".py" in endings)]


def functions_of(names):
    """Each function with a body: path, name, line, lines, signature. As universal-ctags sees them."""
    out = subprocess.run(["ctags", "--output-format=json", "--fields=+neSK", "--kinds-C++=f", "--kinds-Python=fm", "--sort=no",
                          "-f", "-", "-L", "-"],
                         cwd=tree.ROOT, input="\n".join(names), check=True, capture_output=True, text=True).stdout
    tags = [json.loads(line) for line in out.splitlines()]
    return [{"path": tag["path"], "name": tag["name"], "line": tag["line"], "lines": tag["end"] - tag["line"] + 1,
             "signature": tag.get("signature", "()")} for tag in tags if "end" in tag and not is_lambda(tag)]


def is_lambda(tag):
    """Lambdas are within a function, and their signature is often dictated by whom they are given to."""
    return tag["name"].startswith("__anon")


def parameters_in(signature):
    """How many a caller must give: not `self`, and not what has a default, which is given by name in Python."""
    inside = signature[signature.index("(") + 1:signature.rindex(")")]
    while True:  # what is in brackets has commas of its own
        flat = re.sub(r"<[^<>()]*>|\([^()<>]*\)|\[[^\[\]]*\]|\{[^{}]*\}", "", inside)
        if flat == inside:
            break
        inside = flat
    names = [part.strip() for part in inside.split(",")]
    return len([name for name in names if name and not re.match(r"(void|self|cls|/|\*.*)$|.*=", name)])


def too_long_files():
    for name in code_files(CODE):
        most = MOST_TEST_FILE_LINES if tree.is_test(name) else MOST_FILE_LINES
        lines = tree.text(name).count("\n")
        if lines > most:
            yield f"{name}: {lines} lines, {most} are allowed"


def python_nesting(source):
    """(depth, line) of what is nested deepest in the functions of a script."""
    def walk(node, depth):
        yield depth, node.lineno if hasattr(node, "lineno") else 0
        for field, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    is_elif = field == "orelse" and isinstance(child, ast.If) and isinstance(node, ast.If) and len(value) == 1
                    yield from walk(child, depth + (isinstance(child, NESTED) and not is_elif))
    return max(walk(ast.parse(source), 0), key=lambda found: (found[0], -found[1]))


def nesting_of(name):
    if name.endswith(tree.CPP):
        return nesting.deepest(tree.code(name))
    if name.endswith(tree.SCRIPTS) and not name.endswith(".py"):
        return nesting.deepest(tree.code_of(tree.text(name)))
    return python_nesting(tree.text(name))


class Budgets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.functions = functions_of(code_files(WITH_FUNCTIONS))

    def check(self, found):
        found = list(found)
        self.assertEqual(found, [], f"{len(found)} found:\n" + "\n".join(found))

    def test_functions_are_found_at_all(self):
        self.assertGreater(len(self.functions), 100)

    def test_most_functions_are_short(self):
        for kind in (".cpp", ".hpp", ".py"):
            lengths = sorted(f["lines"] for f in self.functions if f["path"].endswith(kind))
            self.assertLessEqual(lengths[len(lengths) * 9 // 10], P90_FUNCTION_LINES, kind)

    def test_no_function_is_long(self):
        self.check(f"{f['path']}:{f['line']}: {f['name']} has {f['lines']} lines, {MOST_FUNCTION_LINES} are allowed"
                   for f in self.functions if f["lines"] > MOST_FUNCTION_LINES)

    def test_functions_take_few_parameters(self):
        self.check(f"{f['path']}:{f['line']}: {f['name']} takes {parameters_in(f['signature'])} parameters, "
                   f"{MOST_PARAMETERS} are allowed" for f in self.functions
                   if parameters_in(f["signature"]) > MOST_PARAMETERS and f["path"] not in FOREIGN_SIGNATURES)

    def test_files_are_short(self):
        self.check(too_long_files())

    def test_nothing_nests_deep(self):
        measured = [(name, *nesting_of(name)) for name in code_files(tree.CPP + tree.SCRIPTS)]
        self.check(f"{name}:{line}: {depth} deep, {MOST_NESTING} are allowed"
                   for name, depth, line in measured if depth > MOST_NESTING)


class TheRulesThemselves(unittest.TestCase):
    def test_count_parameters(self):
        for signature, count in [("()", 0), ("(void)", 0), ("(int a, std::map<int, std::pair<int, int>> b)", 2),
                                 ("(self, a, *, b=(1, 2))", 1), ("(std::function<void(int, int)> f, int a)", 2),
                                 ("(int a, int b, int c, int d, int e)", 5)]:
            self.assertEqual(parameters_in(signature), count, signature)

    def test_measure_nesting(self):
        for code, depth in [("void f() { g(); }", 0), ("void f() {\n if (a) {\n for (;;) g();\n }\n}", 2),
                            ("void f() { if (a) { } else if (b) { } else { c(); } }", 1),
                            ("void f() { g([&] { if (a) b(); }); h({1, 2}); }", 2),
                            ("void f() { while (a) if (b) for (;;) if (c) d(); e(); }", 4),
                            ("struct A { int f() const { return b{1}; } };", 0),
                            ("void f() { if (a) return; if (b) return; }", 1),
                            ("auto f() { return [](int) -> int { return 1; }; }", 1)]:
            self.assertEqual(nesting.deepest(code)[0], depth, code)
        self.assertEqual(python_nesting("def f():\n for a in b:\n  if c:\n   d()\n  elif e:\n   g()\n")[0], 2)


if __name__ == "__main__":
    unittest.main()
