# SPDX-License-Identifier: MIT
"""The load, and the demo: they tell right from wrong."""

import os
import resource
import sys
import socket
import threading
import unittest

import toolkit
from toolkit import eddy


def figures(done):
    """The report as a dict of the first word after each name; a dash means
    that there is nothing to tell."""
    words = [line.split() for line in done.stdout.splitlines()]
    return {word[0]: None if word[1] == "-" else float(word[1])
            for word in words}


class FakeServer:
    """Answers each line as it is told to, in a thread, until it is closed."""

    def __init__(self, test, reply):
        self.reply = reply
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        test.addCleanup(self.close)

    def run(self):
        try:
            while True:
                sock, _ = self.listener.accept()
                threading.Thread(target=self.talk, args=(sock,)).start()
        except OSError:
            pass  # closed: it is over

    def talk(self, sock):
        with sock, sock.makefile("rb") as lines:
            try:
                for line in lines:
                    reply = self.reply(line)
                    if reply is None:
                        return
                    sock.sendall(reply)
            except OSError:
                pass  # the client has gone

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


@toolkit.on_each_poller
class Load:
    def load(self, port, *args):
        return eddy("load", "127.0.0.1", str(port), "--poller", self.poller,
                    "--seconds", "0.2", *args)

    def assert_passed(self, done, least):
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        found = figures(done)
        self.assertEqual((found["wrong"], found["failed"]), (0, 0))
        self.assertGreaterEqual(found["requests"], least)
        self.assertGreater(found["req/s"], 0)
        self.assertLessEqual(found["p50"], found["p99"])
        self.assertLessEqual(found["p99"], found["p99.9"])

    def it_finds_nothing_wrong_with_the_services(self):
        for service in ["echo", "double"]:
            server = toolkit.Server(self, service=service, poller=self.poller)
            self.assert_passed(self.load(server.port, "--service", service),
                               50)

    def it_takes_the_smallest_and_the_largest_requests(self):
        for service, sizes in [("echo", ["1", "1048576"]),
                               ("double", ["2", "3", "4", "4097"])]:
            server = toolkit.Server(self, service=service, poller=self.poller)
            for size in sizes:
                done = self.load(server.port, "--service", service, "--size",
                                 size, "--connections", "3")
                self.assert_passed(done, 3)

    def it_keeps_300_connections_busy(self):
        server = toolkit.Server(self, service="echo", poller=self.poller)
        self.assert_passed(self.load(server.port, "--connections", "300"), 300)

    def it_finds_wrong_replies(self):
        right = toolkit.expected

        def padded(line):
            reply = right(line)
            if reply == b"ERROR\n":
                return reply
            return b"-0" + reply[1:] if reply[:1] == b"-" else b"0" + reply

        for wrong in [lambda line: b"1\n", lambda line: line, padded,
                      lambda line: right(line).replace(b"2", b"3"),
                      lambda line: right(line).replace(b"-", b""),
                      lambda line: right(line).replace(b"ERROR", b"0"),
                      lambda line: b"ERROR\n"]:
            server = FakeServer(self, wrong)
            done = self.load(server.port, "--service", "double",
                             "--connections", "2")
            self.assertEqual(done.returncode, 1)
            self.assertGreater(figures(done)["wrong"], 0)
            self.assertIn("wrong", done.stderr)

    def it_agrees_with_python_about_right_replies(self):
        server = FakeServer(self, toolkit.expected)
        for size in ["2", "5", "64", "4097"]:
            done = self.load(server.port, "--service", "double", "--size",
                             size, "--connections", "2")
            self.assert_passed(done, 2)

    def it_tells_of_connections_that_break(self):
        answered = []

        def break_in_the_end(line):
            answered.append(line)
            return toolkit.expected(line) if len(answered) < 50 else None

        server = FakeServer(self, break_in_the_end)
        done = self.load(server.port, "--service", "double", "--connections",
                         "5")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(figures(done)["wrong"], 0)
        self.assertGreater(figures(done)["requests"], 10)
        self.assertEqual(figures(done)["failed"], 5)
        self.assertIn("5 of 5 connections failed", done.stderr)

    def it_does_not_wait_for_ever_for_a_reply(self):
        server = FakeServer(self, lambda line: b"")
        done = self.load(server.port, "--service", "double", "--connections",
                         "2")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(figures(done)["failed"], 2)
        self.assertIn("waiting for a reply: no reply in time", done.stderr)

    def it_tells_that_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        done = self.load(port)
        self.assertEqual(done.returncode, 1)
        self.assertIn("while connecting", done.stderr)

    def it_tells_no_times_of_no_requests(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        found = figures(self.load(port))
        self.assertEqual(found["requests"], 0)
        for name in ["p50", "p99", "p99.9"]:
            self.assertIsNone(found[name])


class Limits(unittest.TestCase):
    def it_tells_that_descriptors_are_too_few(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))

        for args in [["load", "127.0.0.1", "9", "--connections", "100"],
                     ["demo", "--connections", "100"]]:
            done = eddy(*args, preexec_fn=few)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("descriptors", done.stderr)

    def it_raises_a_low_limit_by_itself(self):
        def low():
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (60, hard))

        server = toolkit.Server(self, service="echo", preexec_fn=low)
        done = eddy("load", "127.0.0.1", str(server.port), "--connections",
                    "200", "--seconds", "0.2", preexec_fn=low)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Demo(unittest.TestCase):
    def it_serves_in_every_style_on_every_poller_that_opens(self):
        done = eddy("demo", "--seconds", "0.2", "--connections", "20")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        rows = [line.split() for line in done.stdout.splitlines()]
        rows = [row for row in rows if row[1:2] and row[1] in toolkit.STYLES]
        self.assertEqual([(row[0], row[1]) for row in rows],
                         [(p["name"], style) for p in toolkit.list_pollers()
                          if p["opens"] for style in toolkit.STYLES])
        for row in rows:
            self.assertGreater(int(row[2]), 20)   # requests
            self.assertEqual(row[3:5], ["0", "0"])  # wrong, failed

    def it_does_not_begin_if_the_environment_is_wrong(self):
        done = eddy("demo", "--seconds", "0.05", "--connections", "2",
                    env=dict(os.environ, EDDY_POLLER="nonsense"))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"^eddy: EDDY_POLLER .*\n$")

    def it_tells_the_truth_wherever_it_runs_out_of_descriptors(self):
        # where a kqueue is made of descriptors, what they lack is memory to it
        if sys.platform == "linux" and "kqueue" in toolkit.pollers_that_open():
            self.skipTest("this kqueue needs more descriptors than it says")
        for held in range(20, 29):
            def few():
                for fd in range(3, 3 + held):
                    os.dup2(0, fd)
                resource.setrlimit(resource.RLIMIT_NOFILE, (33, 33))

            done = eddy("demo", "--seconds", "0.05", "--connections", "1",
                        preexec_fn=few, close_fds=False)
            self.assertNotIn("out of memory", done.stderr)
            self.assertNotIn("no such child", done.stderr)
            if done.returncode == 0:  # it may have been a near thing
                self.assertRegex(done.stderr, r"^(eddy: accepting rests .*\n)*$")
            else:
                self.assertNotEqual(done.stderr, "", held)
                self.assertEqual(done.returncode, 1, held)


if __name__ == "__main__":
    toolkit.main()
