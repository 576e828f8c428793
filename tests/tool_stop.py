# SPDX-License-Identifier: MIT
"""A server that is told to stop: politely, but within a second."""

import os
import signal
import socket
import threading
import time

import toolkit
from toolkit import LONG, PATIENCE, read_all, read_lines

SECOND = PATIENCE
# Where all goes well, only who waits for the grace to be over takes that long.
AGES = LONG
SOON = LONG / 2
# What stubborn clients are given.
SHORT = 0.2
# What those are who are listened to for half of it.
GRACE = 2 * PATIENCE


@toolkit.on_each_poller_and_style
class Stopping:
    def setUp(self):
        if self.style == "coroutine" and toolkit.keeps_signals():
            self.skipTest("signals that come to a task are kept")

    def start(self, grace=AGES, **more):
        args = [] if grace is None else ["--grace", str(grace)]
        self.server = toolkit.Server(self, *args,
                                     poller=self.poller, style=self.style,
                                     **more)
        return self.server.connect(self)

    def assert_stops(self, within=SOON, signum=signal.SIGTERM):
        status, seconds = self.server.stop(signum)
        self.assertEqual(status, 0)
        self.assertLess(seconds, within)

    def start_with_one_that_does_not_read(self, **more):
        lines = (b"4" * 255 + b"\n") * 256  # long ones are less work
        client = self.start(**more)
        client.settimeout(0.2)
        with self.assertRaises(socket.timeout):
            while True:
                client.send(lines)

    def it_stops_on_either_signal(self):
        for signum in [signal.SIGTERM, signal.SIGINT]:
            self.start().close()
            self.assert_stops(signum=signum)

    def it_stops_when_the_last_client_has_said_good_bye(self):
        for service in ["double", "echo"]:
            client = self.start(service=service)
            client.sendall(b"0\n")
            self.assertEqual(read_lines(client, 1), b"0\n")
            start = time.monotonic()
            self.server.process.send_signal(signal.SIGTERM)
            self.assertEqual(read_all(client), b"")
            client.close()
            self.assertEqual(self.server.process.wait(LONG), 0)
            self.assertLess(time.monotonic() - start, SOON)

    def it_stops_with_clients_that_are_silent(self):
        for service in ["double", "echo"]:
            client = self.start(service=service)
            client.sendall(b"0\n")  # so that it is accepted, not about to be
            self.assertEqual(read_lines(client, 1), b"0\n")
            self.assert_stops()
            self.assertEqual(read_all(client), b"")

    def it_accepts_no_more_while_it_stops(self):
        self.start_with_one_that_does_not_read()
        self.server.process.send_signal(signal.SIGTERM)
        with self.assertRaises(ConnectionError):
            while True:
                self.server.connect(self).close()
        self.assertIsNone(self.server.process.poll(), "no time to stop")
        self.assert_stops()

    def hold(self):
        """The server, asleep: what comes now is there before it can see the
        signal."""
        process = self.server.process
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        return process

    def it_answers_what_it_has_got(self):
        client = self.start()
        client.sendall(b"1\n")
        self.assertEqual(read_lines(client, 1), b"2\n")
        process = self.hold()
        client.sendall(b"".join(b"%d\n" % i for i in range(5000)))
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        self.assertEqual(read_all(client),
                         b"".join(b"%d\n" % (2 * i) for i in range(5000)))
        self.assertEqual(process.wait(LONG), 0)

    def it_answers_who_is_not_accepted_yet(self):
        for service in ["double", "echo"]:
            self.start(service=service).close()
            process = self.hold()
            clients = [self.server.connect(self) for _ in range(100)]
            for client in clients:
                client.sendall(b"0\n")
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGCONT)
            for client in clients:
                self.assertEqual(read_all(client), b"0\n")
                client.close()
            self.assertEqual(process.wait(LONG), 0)

    def it_does_not_wait_for_the_rest_of_a_line(self):
        client = self.start()
        client.sendall(b"1\n2")
        self.assertEqual(read_lines(client, 1), b"2\n")
        self.assert_stops()
        self.assertEqual(read_all(client), b"")

    def it_does_not_wait_for_the_end_of_a_long_line(self):
        client = self.start()
        client.sendall(b"9" * 10000)
        self.assertEqual(read_lines(client, 1), b"ERROR\n")
        self.assert_stops()
        self.assertEqual(read_all(client), b"")

    def it_does_not_wait_for_clients_that_do_not_read(self):
        for service in ["double", "echo"]:
            self.start_with_one_that_does_not_read(service=service,
                                                   grace=SHORT)
            self.assert_stops(SECOND)

    def it_stops_within_a_second_if_nothing_else_is_said(self):
        self.start_with_one_that_does_not_read(grace=None)
        self.assert_stops(SECOND)

    def it_stops_at_once_when_told_twice(self):
        self.start_with_one_that_does_not_read()
        self.server.process.send_signal(signal.SIGTERM)
        with self.assertRaises(ConnectionError):
            while True:
                self.server.connect(self).close()
        self.assert_stops()

    def it_does_not_wait_for_clients_that_never_stop(self):
        client = self.start(grace=SHORT)
        client.sendall(b"1\n")
        self.assertEqual(read_lines(client, 1), b"2\n")
        self.server.process.send_signal(signal.SIGTERM)
        start = time.monotonic()
        try:
            while self.server.process.poll() is None:
                client.sendall(b"1\n")
                if not client.recv(100):
                    break
        except ConnectionError:
            pass
        self.assertEqual(self.server.process.wait(LONG), 0)
        self.assertLess(time.monotonic() - start, SECOND)

    def it_says_good_bye_to_clients_that_never_pause(self):
        lines = b"".join(b"%d\n" % i for i in range(1000))
        replies = b"".join(b"%d\n" % (2 * i) for i in range(1000))
        client = self.start(grace=GRACE)

        def talk():
            try:
                while True:
                    client.sendall(lines)
            except OSError:
                pass  # the server has closed

        talker = threading.Thread(target=talk)
        talker.start()
        self.addCleanup(talker.join)
        got = read_lines(client, 100000)
        self.assertGreaterEqual(got.count(b"\n"), 100000)
        self.server.process.send_signal(signal.SIGTERM)
        start = time.monotonic()
        got += read_all(client)
        self.assertLess(time.monotonic() - start, GRACE, "the grace was over")
        self.assertEqual(self.server.process.wait(LONG), 0)
        self.assertTrue(got.endswith(b"\n"), got[-20:])
        self.assertTrue((replies * (len(got) // len(replies) + 1))
                        .startswith(got))

    def it_answers_all_lines_that_it_has_read(self):
        # A batch comes in one piece, and so is answered as a whole or, when
        # the time for reading is over, not at all.
        client = self.start(grace=GRACE / 4)
        batch = 1300
        data = b""
        client.sendall(b"1\n" * batch)
        self.assertEqual(read_lines(client, batch), b"2\n" * batch)
        self.server.process.send_signal(signal.SIGTERM)
        while not len(data) % (2 * batch):
            client.sendall(b"1\n" * batch)
            piece = read_lines(client, batch)
            if not piece:
                break
            data += piece
        self.assertGreater(len(data), 0)
        self.assertEqual(len(data) % (2 * batch), 0)
        client.close()
        self.assertEqual(self.server.process.wait(LONG), 0)

    def it_stops_with_500_clients(self):
        self.start()
        clients = [self.server.connect(self) for _ in range(500)]
        for client in clients:
            client.sendall(b"4\n")
        for client in clients:
            self.assertEqual(read_lines(client, 1), b"8\n")
        self.assert_stops()


if __name__ == "__main__":
    toolkit.main()
