# SPDX-License-Identifier: Apache-2.0
"""The files of the project, and C++ without its comments and texts."""
import functools
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
CPP = (".cpp", ".hpp")
SCRIPTS = (".py", ".js", ".mjs", ".ts")
GENERATED = re.compile(r"^(//|#) (Written|Generated) by ", re.MULTILINE)

TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
                    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'", re.DOTALL)
INCLUDE_LINE = re.compile(r"^\s*#\s*include\b")


@functools.cache
def files():
    """Paths of all files that belong to the project, relative to its root."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            check=True, capture_output=True, text=True).stdout
    return sorted(name for name in set(listed.split("\0")) if name and (ROOT / name).is_file())


@functools.cache
def text(name):
    """A file's text; empty for what is none (pictures, media)."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def cpp_files():
    return [name for name in files() if name.endswith(CPP)]


def is_generated(name):
    return bool(GENERATED.search("\n".join(text(name).splitlines()[:3])))


def is_test(name):
    """Tests and what serves only them."""
    return (re.search(r"_test\.(cpp|py)$|\.test\.mjs$|/(test|tests|tests_server)/|^(tests|bench)/", name) is not None
            or name in test_helpers())


def _blank(found):
    """As many lines as before, so that line numbers stay."""
    quote = '""' if found[0].endswith('"') else ""
    return quote + re.sub(r"[^\n]", " ", found[0])


def code_of(source):
    """C++ without comments and without the insides of texts; line for line."""
    lines = source.split("\n")
    kept = [line if INCLUDE_LINE.match(line) else None for line in lines]
    code = TOKENS.sub(_blank, source).split("\n")
    return "\n".join(include or line for include, line in zip(kept, code))


@functools.cache
def code(name):
    return code_of(text(name))


def places(name, source, pattern):
    """"file:line: text" of each match."""
    lines = source.split("\n")
    return [f"{name}:{source.count(chr(10), 0, found.start()) + 1}: "
            f"{lines[source.count(chr(10), 0, found.start())].strip()[:90]}" for found in re.finditer(pattern, source)]


@functools.cache
def includes(name):
    """(line number, path, "quoted" or "angled") of each #include."""
    out = []
    for number, line in enumerate(text(name).splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if found:
            out.append((number, found[2], "quoted" if found[1] == '"' else "angled"))
    return out


@functools.cache
def test_helpers():
    """C++ files beside the code that only tests include, and what belongs to them: a rig, a picture maker."""
    users = {}
    for name in cpp_files():
        for _, path, _ in includes(name):
            if path.rsplit(".", 1)[0] != name.rsplit(".", 1)[0]:
                users.setdefault(path, set()).add(name)
    helpers = set()
    while True:
        more = {name for name in users if name not in helpers and name.endswith(".hpp") and
                all(re.search(r"_test\.cpp$|^(tests|bench)/", user) or user in helpers for user in users[name])}
        if not more:
            return helpers
        helpers |= more | {name.replace(".hpp", ".cpp") for name in more}
