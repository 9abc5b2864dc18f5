#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the documents promise: the README's examples are the tested samples, its dependencies are those that are installed,
what is listed is what the sources have, and links lead somewhere. `docs_test.py --write` puts the samples into the README."""
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
SAMPLES = {"js": "client-samples/node/samples/fifteen-lines.mjs", "python": "client-samples/python/samples/fifteen_lines.py"}
MOST_LINES = 15


def sample(language):
    """A sample as the README shows it: without the licence line."""
    return (ROOT / SAMPLES[language]).read_text().split("\n", 1)[1]


def with_samples(text):
    for language in SAMPLES:
        text = re.sub(rf"(^```{language}\n).*?(^```$)", lambda found: found[1] + sample(language) + found[2], text,
                      flags=re.DOTALL | re.MULTILINE)
    return text


def documents():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
                            check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name]


def packages_installed():
    return {package for group in ("run", "test") for package in subprocess.run(
        [ROOT / "tools/install-deps", "--list", group], check=True, capture_output=True, text=True).stdout.split()}


class Documents(unittest.TestCase):
    def test_the_readme_shows_the_samples_as_they_are(self):
        self.assertEqual(README.read_text(), with_samples(README.read_text()), "run tests/docs/docs_test.py --write")

    def test_the_samples_have_fifteen_lines(self):
        for language in SAMPLES:
            lines = [line for line in sample(language).splitlines() if line.strip()]
            self.assertLessEqual(len(lines), MOST_LINES, SAMPLES[language])

    def test_the_readme_gives_a_reason_for_every_package_that_is_installed_and_no_other(self):
        rows = re.findall(r"^\| [^|]* \| ([^|]*) \| [^|]+ \|$", README.read_text().split("## Dependencies")[1], re.MULTILINE)
        named = {word for row in rows for word in re.findall(r"[a-z0-9][a-z0-9.+-]+", re.sub(r"\(.*?\)", "", row))}
        depends_on_the_machine = {"libipsec-mb-dev", "nodejs", "npm", "ca-certificates"}
        self.assertEqual(named - {"packages"} - depends_on_the_machine, packages_installed() - depends_on_the_machine)

    def test_the_readme_of_the_gstreamer_filter_lists_what_may_be_in_a_bin(self):
        folder = ROOT / "filters/gstreamer_filter"
        allowed = re.search(r"std::set<std::string> all\{(.*?)\};", (folder / "bin_policy.cpp").read_text(), re.DOTALL)[1]
        table = (folder / "README.md").read_text().split("\n| what for | elements |\n")[1]
        listed = re.findall(r"`([^`]+)`", table)
        self.assertEqual(sorted(listed), sorted(re.findall(r'"([^"]+)"', allowed)))

    def test_every_event_of_an_element_is_told_by_its_description_and_the_readme(self):
        sources = "".join(path.read_text() for folder in ("elements", "filters") for path in (ROOT / folder).rglob("*.cpp"))
        readme = set(re.findall(r"\w+", README.read_text()))
        events = [(re.search(r"^package (.*);", text, re.MULTILINE)[1], name)
                  for text in (path.read_text() for path in (ROOT / "proto/kms").glob("*/v1/*.proto"))
                  for name in re.findall(r"^// Event:.*\n(?://.*\n)*message (\w+)", text, re.MULTILINE)]
        self.assertGreater(len(events), 20)
        self.assertEqual([name for package, name in events if f'"{package}.{name}"' not in sources], [])
        self.assertEqual([name for _, name in events if name not in readme], [])

    def test_the_readme_names_every_command_of_an_element(self):
        readme = set(re.findall(r"\w+", README.read_text().split("\n## Elements\n")[1].split("\n## ")[0]))
        commands = [name for path in (ROOT / "proto/kms").glob("*/v1/*.proto") for name in re.findall(r"^  rpc (\w+)\(", path.read_text(), re.MULTILINE)]
        self.assertGreater(len(commands), 40)
        self.assertEqual([name for name in commands if name not in readme], [])

    def test_elements_are_created_by_a_title_that_there_is(self):
        sources = [path for folder in ("elements", "filters", "docs/template") for path in (ROOT / folder).rglob("*.cpp")]
        titles = {title for path in sources for title in re.findall(r'\.title = "(\w+)"', path.read_text())}
        self.assertIn("PlayerEndpoint", titles)
        for document in documents():
            with self.subTest(document=str(document.relative_to(ROOT))):
                used = re.findall(r"""session\.create\(['"](\w+)['"]""", document.read_text())
                self.assertEqual(set(used) - titles, set())

    def test_help_is_answered_before_anything_is_done(self):
        for command in ("run", "test", "tools/install-deps"):
            for option in ("--help", "-h"):
                with self.subTest(command=command, option=option):
                    said = subprocess.run([ROOT / command, option], check=True, capture_output=True, text=True, timeout=10)
                    self.assertRegex(said.stdout, r"\Ausage: [^\n]+\n\n")
                    self.assertEqual((said.stdout.count("usage:"), said.stderr), (1, ""))

    def test_the_help_of_install_deps_names_its_groups(self):
        said = subprocess.run([ROOT / "tools/install-deps", "--help"], check=True, capture_output=True, text=True).stdout
        groups = re.findall(r"^packages_of_(\w+)", (ROOT / "tools/install-deps").read_text(), re.MULTILINE)
        self.assertEqual(re.findall(r"^  (\w+) ", said, re.MULTILINE), groups)

    def test_links_lead_somewhere(self):
        for document in documents():
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text()):
                if "://" not in target:
                    with self.subTest(document=document.name, target=target):
                        self.assertTrue((document.parent / target).exists())


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        README.write_text(with_samples(README.read_text()))
    else:
        unittest.main()
