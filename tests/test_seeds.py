# SPDX-License-Identifier: MIT
"""Each program of the tutorials has a counterpart, which does on every poller
what it should, and when it should.

tests/seeds.txt has a line for each: its number in the semantics (EG1 ...), and

    NAME            it is in examples/seeds/NAME.c, and prints what stands in
                    tests/seeds/NAME.txt, under its number
    FOLDER/FILE...  it is there, and tested elsewhere; words say where
    - WORDS         there is none yet, and words say why
"""

import os
import re
import subprocess
import unittest

import toolkit

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = os.path.join(HERE, "..")
# Beside the tool, in the same build.
BUILT = os.path.join(os.path.dirname(os.path.abspath(toolkit.EDDY)),
                     "..", "..", "examples", "seeds")
ROWS = 62


def read(*path):
    with open(os.path.join(HERE, *path), encoding="utf-8") as file:
        return file.read()


TABLE = dict(line.split(" ", 1) for line in read("seeds.txt").splitlines())
PROGRAMS = sorted({place for place in TABLE.values()
                   if not re.search("[/ ]", place)})


class Table(unittest.TestCase):
    def it_has_a_line_for_each_row(self):
        self.assertEqual(sorted(TABLE, key=lambda row: int(row[2:])),
                         ["EG%d" % n for n in range(1, ROWS + 1)])

    def it_tells_where_each_one_is(self):
        for row, place in TABLE.items():
            with self.subTest(row):
                if place in PROGRAMS:
                    self.assertRegex(read("seeds", place + ".txt"),
                                     r"(?m)^%s: " % row)
                elif place.startswith("- "):
                    self.assertRegex(place, r"- later: \w+")
                else:
                    name = re.split("[, ]", place)[0]
                    self.assertTrue(
                        os.path.exists(os.path.join(SOURCES, name)), name)

    def it_knows_all_that_is_played(self):
        for name in PROGRAMS:
            for row in re.findall(r"(?m)^(EG\d+): ",
                                  read("seeds", name + ".txt")):
                self.assertEqual(TABLE[row], name)


class OnStage:
    maxDiff = None

    def play(self, name):
        program = os.path.join(BUILT, name)
        if not os.path.exists(program):
            self.skipTest("the examples are not built")
        played = subprocess.run(
            [program], env=dict(os.environ, EDDY_POLLER=self.poller),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, universal_newlines=True,
            timeout=toolkit.LONG)
        self.assertEqual(played.stdout, read("seeds", name + ".txt"))
        self.assertEqual(played.returncode, 0)


for program in PROGRAMS:
    setattr(OnStage, "it_plays_" + program,
            lambda self, name=program: self.play(name))
toolkit.on_each_poller(OnStage)


if __name__ == "__main__":
    toolkit.main()
