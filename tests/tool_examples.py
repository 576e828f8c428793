# SPDX-License-Identifier: MIT
"""The examples do what their first line says, on every poller; and those in
three styles are short, and cannot be told apart."""

import glob
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import toolkit
from toolkit import LONG, converse, read_all, read_lines

# Beside the tool, in the same build.
EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(toolkit.EDDY)),
                        "..", "..", "examples")
SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "..", "examples")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Program:
    """An example, in a process that is gone after the test."""

    def __init__(self, test, name, *args, poller=None):
        program = os.path.join(EXAMPLES, name)
        if not os.path.exists(program):
            test.skipTest("the examples are not built")
        env = dict(os.environ, **({"EDDY_POLLER": poller} if poller else {}))
        self.test, self.name = test, name
        self.process = subprocess.Popen(
            [program, *map(str, args)], env=env, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        test.addCleanup(self.kill)

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def output(self):
        """All it prints, when it has ended well."""
        text = self.process.communicate(timeout=LONG)[0].decode()
        self.test.assertEqual(self.process.returncode, 0, text)
        return text

    def says(self):
        return self.process.stdout.readline().decode()

    def hears(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()


class Server(Program):
    """One that listens at a port, which is its first argument."""

    def __init__(self, test, name, *args, poller=None):
        self.port = free_port()
        super().__init__(test, name, self.port, *args, poller=poller)

    def connect(self):
        deadline = time.monotonic() + LONG
        while time.monotonic() < deadline:
            self.test.assertIsNone(self.process.poll(),
                                   self.name + " has ended")
            try:
                sock = socket.create_connection(("127.0.0.1", self.port), LONG)
            except ConnectionRefusedError:
                time.sleep(0.01)  # it does not listen yet
                continue
            self.test.addCleanup(sock.close)
            return sock
        self.test.fail(self.name + " does not listen")


class Crowd(threading.Thread):
    """A doubling service that answers nobody before all have come."""

    def __init__(self, test, count, answers=True):
        super().__init__(daemon=True)
        self.answers = answers
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.count = count
        test.addCleanup(self.listener.close)
        test.addCleanup(self.join, LONG)
        self.start()

    def run(self):
        clients = [self.listener.accept()[0] for _ in range(self.count)]
        for client in reversed(clients):
            number = int(read_lines(client, 1))
            if self.answers:
                client.sendall(b"%d\n" % (2 * number))
            client.close()


class InThreeStyles(unittest.TestCase):
    def it_is_at_most_80_lines_long(self):
        for style in toolkit.STYLES:
            for name in glob.glob(os.path.join(SOURCES, "*_%s.c" % style)):
                with open(name, encoding="utf-8") as file:
                    lines = file.readlines()
                self.assertLessEqual(len(lines), 80, name)

    def it_is_there_in_each_style(self):
        names = {style: sorted(os.path.basename(name)[:-len(style) - 3]
                               for name in glob.glob(os.path.join(
                                   SOURCES, "*_%s.c" % style)))
                 for style in toolkit.STYLES}
        self.assertEqual(names["callback"], names["deferred"])
        self.assertEqual(names["callback"], names["coroutine"])
        self.assertGreaterEqual(len(names["callback"]), 8)


@toolkit.on_each_poller_and_style
class Example:
    def program(self, name, *args):
        return Program(self, "%s_%s" % (name, self.style), *args,
                       poller=self.poller)

    def server(self, name, *args):
        return Server(self, "%s_%s" % (name, self.style), *args,
                      poller=self.poller)

    def it_echoes(self):
        text = b"hello\n" * 100000
        self.assertEqual(converse(self.server("echo").connect(), text), text)

    def it_doubles(self):
        sock = self.server("double").connect()
        for line, reply in [(b"21\n", b"42\n"), (b"-1\n", b"-2\n"),
                            (b"x\n", b"ERROR\n"), (b"9" * 40 + b"\n",
                                                   b"ERROR\n")]:
            sock.sendall(line)
            self.assertEqual(read_lines(sock, 1), reply)
        self.assertEqual(converse(sock, b"4\n5\n\n6\n"), b"8\n10\n")

    def it_asks_all_at_once_and_prints_in_order(self):
        crowd = Crowd(self, 3)
        self.assertEqual(self.program("fan_out", crowd.port, 7, 1, 5).output(),
                         "7 -> 14\n1 -> 2\n5 -> 10\n")

    def it_tells_of_each_that_failed(self):
        self.assertEqual(self.program("fan_out", free_port(), 7, 1).output(),
                         "7: connection refused\n1: connection refused\n")

    def it_tells_of_who_hangs_up_without_a_word(self):
        crowd = Crowd(self, 2, answers=False)
        self.assertEqual(self.program("fan_out", crowd.port, 7, 1).output(),
                         "7: the end came before the data\n"
                         "1: the end came before the data\n")

    def it_goes_step_by_step(self):
        server = self.server("double")
        server.connect().close()
        self.assertEqual(self.program("chain", server.port, 5).output(),
                         "10\n20\n40\n")

    def it_stops_at_the_first_step_that_fails(self):
        crowd = Crowd(self, 1)  # which answers once
        chain = self.program("chain", crowd.port, 5)
        text = chain.process.communicate(timeout=LONG)[0].decode()
        self.assertEqual(chain.process.returncode, 1)
        self.assertRegex(text, r"\Aport %d: .*\n10\n\Z|\A10\nport %d: .*\n\Z" %
                         (crowd.port, crowd.port))

    def it_ticks(self):
        self.assertEqual(self.program("periodic", 1, 5).output(),
                         "tick 1\ntick 2\ntick 3\ntick 4\ntick 5\n")

    def it_makes_no_more_than_is_used(self):
        lines = self.program("producer_consumer", 9).output().split("\n")
        used = made = 0
        for line in lines[:-1]:
            what, number = line.split()
            if what == "made":
                made += 1
                self.assertEqual(int(number), made)
                # one is in use, two wait, one waits to be put
                self.assertLessEqual(made - used, 4)
            else:
                used += 1
                self.assertEqual(int(number), used)
        self.assertEqual((made, used), (9, 9))

    def it_copies_a_file_and_tells_how_far_it_is(self):
        with tempfile.TemporaryDirectory() as folder:
            start, end = (os.path.join(folder, name) for name in "ab")
            size = (2 << 20) + 5
            with open(start, "wb") as file:
                file.write(os.urandom(size))
            self.assertEqual(self.program("copy_file", start, end).output(),
                             "1048576 bytes\n2097152 bytes\n%d bytes\n" %
                             size)
            with open(start, "rb") as a, open(end, "rb") as b:
                self.assertEqual(a.read(), b.read())

    def it_says_why_a_file_is_not_copied(self):
        copying = self.program("copy_file", "/nowhere/at all", "/dev/null")
        text = copying.process.communicate(timeout=LONG)[0].decode()
        self.assertEqual(copying.process.returncode, 1, text)
        self.assertEqual(text, "no such name, file or directory\n")

    def it_lets_clients_finish_when_it_is_told_to_end(self):
        server = self.server("shutdown", 1000 * LONG)
        client = server.connect()
        client.sendall(b"before\n")
        self.assertEqual(read_lines(client, 1), b"before\n")
        server.process.send_signal(signal.SIGTERM)
        with self.assertRaises(ConnectionError):
            while True:  # until it has heard of the signal
                late = socket.create_connection(("127.0.0.1", server.port))
                late.close()
        self.assertEqual(converse(client, b"after\n"), b"after\n")
        self.assertEqual(server.output(), "")

    def it_does_not_wait_for_ever_for_clients(self):
        server = self.server("shutdown", 10)
        client = server.connect()
        client.sendall(b"before\n")
        self.assertEqual(read_lines(client, 1), b"before\n")
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(server.output(), "")
        self.assertEqual(read_all(client), b"")

    def it_tells_the_others_what_one_says(self):
        people = self.party()
        people[0].sendall(b"hello\n")
        self.assertEqual(read_lines(people[1], 1), b"hello\n")
        self.assertEqual(read_lines(people[2], 1), b"hello\n")
        people[2].sendall(b"you, too\n")
        self.assertEqual(read_lines(people[0], 1), b"you, too\n")
        self.assertEqual(read_lines(people[1], 1), b"you, too\n")

    def it_shows_out_who_does_not_listen(self):
        talker, listener, sleeper = self.party()
        lines = (b"x" * 499 + b"\n") * 100
        for _ in range(320):  # more than a system keeps for one connection
            talker.sendall(lines)
            self.assertEqual(read_lines(listener, 100), lines)
        self.assertLess(len(read_all(sleeper)), 320 * len(lines))

    def party(self):
        chat = self.server("chat")
        people = []
        for _ in range(3):
            people.append(chat.connect())
            if len(people) > 1:  # else nobody hears it
                people[-1].sendall(b"hi\n")
            for other in people[:-1]:  # who hears it knows that it is in
                self.assertEqual(read_lines(other, 1), b"hi\n")
        return people


@toolkit.on_each_poller
class OfItsOwn:
    def it_is_an_operation_in_all_styles(self):
        program = Program(self, "own_operation", poller=self.poller)
        self.assertEqual(program.output(), "callback: one\ndeferred: two\n"
                         "coroutine: three\ncoroutine: time limit ran out\n")

    def it_lives_in_a_foreign_loop(self):
        features = next(p["features"] for p in toolkit.list_pollers()
                        if p["name"] == self.poller)
        program = Program(self, "embed_in_poll", 1, poller=self.poller)
        if "nest" not in features:
            program.process.communicate(timeout=LONG)
            self.assertEqual(program.process.returncode, 1)
            return
        self.assertEqual(program.says(), "eddy ticks: 1\n")
        program.hears("hello\n")
        while program.says() != "typed: hello\n":
            pass
        self.assertRegex(program.output(), r"\A(eddy ticks: \d+\n)*\Z")


class ByHand(unittest.TestCase):
    def it_is_a_poller(self):
        server = Server(self, "own_poller_echo")
        text = b"hello\n" * 100000
        self.assertEqual(converse(server.connect(), text), text)
        self.assertEqual(server.says(), "running on own\n")

    def it_is_a_scheduler_that_serves_many_at_once(self):
        server = Server(self, "select_scheduler")
        clients = [server.connect() for _ in range(20)]
        for client in clients[1:]:
            client.sendall(b"2")
        for number in (b"1", b"1000"):
            for client in reversed(clients):
                client.sendall(number + b"\n")
            for i, client in enumerate(clients):
                digits = b"2" * (i > 0 and number == b"1") + number
                self.assertEqual(read_lines(client, 1),
                                 toolkit.expected(digits + b"\n"))
        self.assertEqual(converse(clients[0], b"x\n4\n\n6\n"),
                         b"ERROR\n8\n")
        self.assertEqual(converse(clients[1], b"5\n" * 20000),
                         b"10\n" * 20000)


if __name__ == "__main__":
    toolkit.main()
