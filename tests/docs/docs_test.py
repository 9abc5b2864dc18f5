#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the documents promise: the README's examples are the tested samples, its dependencies are those that are installed,
and links lead somewhere. `docs_test.py --write` puts the samples into the README."""
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
