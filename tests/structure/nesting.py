# SPDX-License-Identifier: Apache-2.0
"""How deep control statements and lambdas of C++ or JavaScript nest in a function."""
import re

WORDS = re.compile(r"\w+|->|=>|[^\s\w]")
WITH_CONDITION = {"if", "for", "while", "switch", "catch"}
WITHOUT_CONDITION = {"do", "try", "else"}
BEFORE_A_BODY = {")", "const", "noexcept", "override", "mutable", "=>", "]"}
COUNTED = {"control", "statement", "lambda"}


class Scanner:
    """Reads words one by one. Its stack holds what is open: "function", "control" (the braces of one), "statement" (a
    control without braces), "lambda", "brace" (all others), "condition" (the parentheses of a control) and "paren"."""

    def __init__(self):
        self.stack = []
        self.previous = ""
        self.expected = ""  # after a control's word: "condition", then "body"
        self.returns = False  # after ") ->": a type and a body come
        self.deepest = (0, 0)  # depth, minus the line

    def push(self, item, line):
        self.stack.append(item)
        self.deepest = max(self.deepest, (sum(1 for each in self.stack if each in COUNTED), -line))

    def end_statements(self):
        while self.stack and self.stack[-1] == "statement":
            self.stack.pop()

    def opened_brace(self, line):
        body = self.previous in BEFORE_A_BODY or self.returns
        self.returns = False
        if not body:
            self.push("brace", line)
        else:
            self.push("lambda" if COUNTED & set(self.stack) or "function" in self.stack else "function", line)

    def closed(self):
        item = self.stack.pop() if self.stack else ""
        if item == "condition":
            self.expected = "body"
        elif item == "control":
            self.end_statements()

    def began_body(self, word, line):
        """True when the word was the brace of a control's body."""
        self.expected = ""
        else_if = self.previous == "else" and word == "if"
        if not else_if:
            self.push("control" if word == "{" else "statement", line)
        return word == "{"

    def take(self, word, line):
        if self.expected != "body" or not self.began_body(word, line):
            self.read(word, line)
        self.previous = word

    def read(self, word, line):
        if word in WITH_CONDITION:
            self.expected = "condition"
        elif word in WITHOUT_CONDITION:
            self.expected = "body"
        elif word == "(":
            self.push(self.expected or "paren", line)
            self.expected = ""
        elif word == "{":
            self.opened_brace(line)
        elif word in (")", "}"):
            self.closed()
        elif word == "->":
            self.returns = self.previous == ")"
        elif word == ";":
            self.returns = False
            self.end_statements()


def deepest(code):
    """(depth, line) of what is nested deepest in code without comments and texts."""
    scanner = Scanner()
    for number, line in enumerate(code.split("\n"), 1):
        for word in () if line.lstrip().startswith("#") else WORDS.findall(line):
            scanner.take(word, number)
    depth, line = scanner.deepest
    return depth, -line
