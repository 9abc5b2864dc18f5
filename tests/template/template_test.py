#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/adding-an-element.md, done: in a copy of the source tree an element is made from the template, built into the
server, tested, and removed again. Tells how long a rebuild takes when one element was touched.

    template_test.py FOLDER PRESET    the copy is kept in FOLDER, so that the next run has little to build"""
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = "tried_example"
KIND = "TriedExample"


def files_of_the_project():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            check=True, capture_output=True, text=True).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


def same(one, other):
    return other.is_file() and one.read_bytes() == other.read_bytes()


def copy_tree(tree):
    """Brings the copy up to date; what did not change keeps its time stamp and is not built again."""
    delete_element(tree)  # of a run that failed
    wanted = files_of_the_project()
    there = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
    for name in (name for name in there - wanted if not name.startswith("build/")):
        (tree / name).unlink()
    for name in (name for name in wanted if not same(ROOT / name, tree / name)):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)


def delete_element(tree):
    for folder in (tree / f"filters/{NAME}", tree / f"proto/kms/{NAME}"):
        shutil.rmtree(folder, ignore_errors=True)


class Tree:
    """The copy, and what is done in it."""

    def __init__(self, folder, preset):
        self.folder = folder
        self.preset = preset
        self.build_folder = folder / "build" / preset

    def run(self, *command, **options):
        print("$", " ".join(map(str, command)), flush=True)
        return subprocess.run(command, cwd=self.folder, text=True, **{"check": True, **options})

    def build(self, *targets, **options):
        """Seconds that it took."""
        begin = time.monotonic()
        built = self.run("cmake", "--build", self.build_folder, "--target", *targets, check=False, capture_output=True, **options)
        if built.returncode != 0:
            sys.exit(built.stdout[-5000:])
        return time.monotonic() - begin

    def kinds(self):
        return self.run(self.build_folder / "conformance_test", "--gtest_list_tests", capture_output=True).stdout


def add(tree):
    tree.run("tools/new-element", f"filters/{NAME}")
    tree.run("cmake", "--preset", tree.preset, stdout=subprocess.DEVNULL)
    print(f"built in {tree.build(f'{NAME}_test', 'conformance_test', 'kms-server'):.1f} s")


def check(tree):
    tree.run(tree.build_folder / f"{NAME}_test")
    assert KIND in tree.kinds(), "the catalog does not know the new element"
    tree.run(tree.build_folder / "conformance_test", f"--gtest_filter=*/{KIND}")


def touch(tree):
    (tree.folder / f"filters/{NAME}/{NAME}_element.cpp").touch()
    seconds = tree.build("kms-server", f"{NAME}_test", env={**os.environ, "CCACHE_DISABLE": "1"})
    print(f"touching one element: server and test are built again in {seconds:.1f} s")


def remove(tree):
    delete_element(tree.folder)
    tree.build("conformance_test", "kms-server")
    assert KIND not in tree.kinds(), "something is left of the element"


def main(folder, preset):
    tree = Tree(pathlib.Path(folder), preset)
    tree.folder.mkdir(parents=True, exist_ok=True)
    copy_tree(tree.folder)
    for step in (add, check, touch, remove):
        step(tree)


if __name__ == "__main__":
    main(*sys.argv[1:])
