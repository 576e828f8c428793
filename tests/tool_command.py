# SPDX-License-Identifier: MIT
"""The command line: what it takes, what it refuses, and how it says so."""

import os
import subprocess
import unittest

import toolkit
from toolkit import EDDY, eddy

COMMANDS = ["pollers", "serve", "load", "demo", "compare"]


class Command(unittest.TestCase):
    def assert_refused(self, args, *words):
        done = eddy(*args)
        self.assertEqual(done.returncode, 2, args)
        self.assertEqual(done.stdout, "")
        for word in words:
            self.assertIn(word, done.stderr)

    def it_prints_help(self):
        done = eddy("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for command in COMMANDS:
            self.assertIn(command, done.stdout)

    def it_prints_help_of_each_command(self):
        for command in COMMANDS:
            done = eddy(command, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("usage: eddy " + command, done.stdout)

    def it_prints_its_version(self):
        done = eddy("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^eddy \d+\.\d+\.\d+\n$")

    def it_says_what_commands_there_are(self):
        self.assert_refused([], *COMMANDS)
        self.assert_refused(["sevre"], "'sevre'", *COMMANDS)

    def it_says_what_options_there_are(self):
        self.assert_refused(["serve", "echo", "--prot", "1"], "'--prot'",
                            "--port", "--host", "--poller", "--style")
        self.assert_refused(["pollers", "-j"], "'-j'", "--json")

    def it_says_what_pollers_there_are(self):
        names = [p["name"] for p in toolkit.list_pollers() if p["built"]]
        self.assert_refused(["serve", "echo", "--poller", "x"],
                            "unknown poller 'x': this build has", *names)

    def it_knows_pollers_that_it_has_not(self):
        for poller in toolkit.list_pollers():
            if not poller["built"]:
                self.assert_refused(
                    ["serve", "echo", "--poller", poller["name"]],
                    "'%s' is not in this build, which has" % poller["name"])

    def it_says_what_services_and_styles_there_are(self):
        self.assert_refused(["serve", "triple"], "'triple'", "double", "echo")
        self.assert_refused(["serve", "echo", "--style=x"], "'x'",
                            *toolkit.STYLES)
        self.assert_refused(["load", "h", "1", "--service", "x"], "echo")

    def it_misses_what_is_missing(self):
        self.assert_refused(["serve"], "SERVICE")
        self.assert_refused(["load"], "HOST")
        self.assert_refused(["load", "localhost"], "PORT")
        self.assert_refused(["serve", "echo", "--port"], "--port")

    def it_refuses_what_is_too_much(self):
        self.assert_refused(["serve", "echo", "double"], "'double'")
        self.assert_refused(["pollers", "--json=1"], "--json")
        for word in ["--version", "--help", "-h"]:
            self.assert_refused([word, "serve"], word, "'serve'")

    def it_refuses_hosts_that_are_empty(self):
        self.assert_refused(["serve", "double", "--host", ""], "--host",
                            "empty")
        self.assert_refused(["serve", "double", "--host="], "--host", "empty")
        self.assert_refused(["load", "", "80"], "HOST", "empty")

    def it_takes_no_option_for_the_value_of_another(self):
        for option in ["--port", "--port=0", "--host"]:
            self.assert_refused(["serve", "double", "--host", option, "0"],
                                "--host needs a value", "'%s'" % option)

    def it_refuses_numbers_that_are_none(self):
        for port in ["-1", "65536", "x", "", "1.5", " 1", "0x50",
                     "99999999999999999999"]:
            self.assert_refused(["serve", "echo", "--port", port],
                                "0 to 65535")
        for seconds in ["0", "-1", ".", "1..2", "x", "1e3", "inf",
                        "9999999999999999999", "0.00001"]:
            self.assert_refused(["demo", "--seconds", seconds], "seconds")
        self.assert_refused(["load", "h", "0"], "1 to 65535")
        self.assert_refused(["load", "h", "1", "--connections", "0"], "from 1")

    def it_refuses_sizes_that_the_service_has_not(self):
        self.assert_refused(["load", "h", "1", "--service", "double",
                             "--size", "4098"], "2 to 4097")
        self.assert_refused(["load", "h", "1", "--size", "1048576",
                             "--connections", "100000"], "too much")

    def it_reports_what_it_cannot_write(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("there is no /dev/full")
        for args in [["--help"], ["--version"], ["pollers"],
                     ["pollers", "--json"], ["serve", "echo"],
                     ["demo", "--seconds", "0.05", "--connections", "2"],
                     ["compare", "--seconds", "0.02", "--rounds", "1",
                      "--idle", "10", "--workloads", "echo"]]:
            with open("/dev/full", "w") as full:
                done = subprocess.run([EDDY, *args], stdout=full,
                                      stderr=subprocess.PIPE,
                                      universal_newlines=True,
                                      timeout=toolkit.LONG)
            self.assertEqual(done.returncode, 1, args)
            self.assertEqual(done.stderr,
                             "eddy: cannot write to stdout: no space left\n")

    def it_takes_nothing_else_for_a_stdout_that_is_closed(self):
        for args in [["--version"], ["pollers"], ["serve", "echo"],
                     ["demo", "--seconds", "0.05", "--connections", "2"]]:
            done = eddy(*args, preexec_fn=lambda: os.close(1))
            self.assertEqual(done.returncode, 1, args)
            self.assertEqual(done.stderr, "eddy: cannot write to stdout: "
                             "bad or closed descriptor\n", args)

    def it_does_not_die_of_a_broken_pipe(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        done = subprocess.run([EDDY, "--help"], stdout=write_end,
                              stderr=subprocess.PIPE, universal_newlines=True,
                              timeout=toolkit.LONG)
        os.close(write_end)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write", done.stderr)


class Pollers(unittest.TestCase):
    def it_lists_the_same_for_people_and_for_programs(self):
        table = eddy("pollers").stdout.splitlines()[1:]
        pollers = toolkit.list_pollers()
        self.assertEqual([line.split()[0] for line in table],
                         [p["name"] for p in pollers])
        for line, poller in zip(table, pollers):
            self.assertIn(poller["reason"], line)
            self.assertEqual(line.split()[1] == "yes", poller["built"])
            self.assertEqual(line.split()[2] == "yes", poller["opens"])

    def it_chooses_one(self):
        pollers = toolkit.list_pollers()
        self.assertEqual([p["chosen"] for p in pollers].count(True), 1)
        for poller in pollers:
            self.assertTrue(poller["built"] or not poller["opens"])
            self.assertTrue(poller["opens"] or not poller["features"])

    def it_chooses_what_the_environment_says(self):
        for name in toolkit.pollers_that_open():
            done = eddy("pollers", env=dict(os.environ, EDDY_POLLER=name))
            chosen = [line.split()[0] for line in done.stdout.splitlines()
                      if line.endswith("chosen")]
            self.assertEqual(chosen, [name])

    def it_lists_them_even_if_the_environment_is_wrong(self):
        env = dict(os.environ, EDDY_POLLER="nonsense")
        for args, lines in [([], 1), (["--json"], 0)]:
            done = eddy("pollers", *args, env=env)
            self.assertEqual(len(done.stdout.splitlines()),
                             len(toolkit.list_pollers()) + lines)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, r"^eddy: EDDY_POLLER .*\n$")
        done = eddy("serve", "echo", env=env)
        self.assertEqual(done.returncode, 1)
        self.assertIn("EDDY_POLLER", done.stderr)


if __name__ == "__main__":
    toolkit.main()
