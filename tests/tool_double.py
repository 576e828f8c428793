# SPDX-License-Identifier: MIT
"""The doubling service, spoken to in all the ways that clients do."""

import random
import socket
import struct
import time

import toolkit
from toolkit import LONG, converse, expected, read_all, read_lines

LONGEST = 4096


@toolkit.on_each_poller_and_style
class Doubling:
    def setUp(self):
        self.server = toolkit.Server(self, poller=self.poller,
                                     style=self.style)
        self.client = self.server.connect(self)

    def it_answers_one_line(self):
        self.client.sendall(b"21\n")
        self.assertEqual(read_lines(self.client, 1), b"42\n")

    def it_keeps_the_connection_after_an_error(self):
        self.client.sendall(b"twenty-one\n")
        self.assertEqual(read_lines(self.client, 1), b"ERROR\n")
        self.client.sendall(b"21\n")
        self.assertEqual(read_lines(self.client, 1), b"42\n")

    def it_agrees_with_python_about_what_an_integer_is(self):
        rng = random.Random(4096)
        alphabet = b"0011223344556789++-- \t\v\f\r_x.e\0\x1c\x85\xa0"
        lines = [b"".join(bytes([rng.choice(alphabet)])
                          for _ in range(rng.randrange(1, 9))) + b"\n"
                 for _ in range(20000)]
        lines = [line for line in lines if line.strip()]
        replies = converse(self.client, b"".join(lines)).split(b"\n")[:-1]
        self.assertEqual(len(replies), len(lines))
        for line, reply in zip(lines, replies):
            self.assertEqual(reply + b"\n", expected(line), line)

    def it_reads_byte_by_byte(self):
        for line in [b" 12345678901234567890\r\n", b"-0\n", b"1x\n", b"+7\n"]:
            for i in range(len(line)):
                self.client.sendall(line[i:i + 1])
            self.assertEqual(read_lines(self.client, 1), expected(line))

    def it_answers_a_pipeline_in_order(self):
        lines = [b"%d\n" % (i * 7919) for i in range(10000)]
        replies = converse(self.client, b"".join(lines))
        self.assertEqual(replies, b"".join(map(expected, lines)))

    def it_answers_a_last_line_without_newline(self):
        self.assertEqual(converse(self.client, b"1\n2"), b"2\n4\n")

    def it_answers_who_has_closed_his_half(self):
        self.client.sendall(b"1\n2\n3\n")
        self.client.shutdown(socket.SHUT_WR)
        self.assertEqual(read_all(self.client), b"2\n4\n6\n")

    def it_says_nothing_to_who_says_nothing(self):
        self.assertEqual(converse(self.client, b""), b"")

    def it_closes_after_a_blank_line(self):
        for blank in [b"\n", b"\r\n", b" \t\n"]:
            with self.server.connect(self) as client:
                client.sendall(b"1\n" + blank)
                self.assertEqual(read_all(client), b"2\n")

    def it_closes_after_a_blank_line_even_if_the_client_does_not(self):
        self.client.sendall(b"\n")
        self.assertEqual(read_all(self.client), b"")
        deadline = time.monotonic() + LONG
        with self.assertRaises(ConnectionError):
            while time.monotonic() < deadline:
                self.client.sendall(b"1\n")
                time.sleep(0.01)

    def it_does_not_reset_who_talks_on_after_a_blank_line(self):
        lines = [b"%d\n" % i for i in range(2000)]
        said = b"".join(lines) + b"\n" + b"5\n" * 2000
        self.client.sendall(said)
        self.assertEqual(read_all(self.client), b"".join(map(expected, lines)))

    def it_doubles_the_longest_line(self):
        for line in [b"9" * LONGEST, b"-" + b"9" * (LONGEST - 1),
                     b" " * (LONGEST - 1) + b"5", b"4" * (LONGEST - 1) + b"\r"]:
            self.client.sendall(line + b"\n")
            self.assertEqual(read_lines(self.client, 1), expected(line))

    def it_doubles_the_longest_line_without_newline(self):
        line = b"9" * LONGEST
        self.assertEqual(converse(self.client, line), expected(line))

    def it_answers_a_long_line_with_one_error_and_skips_it(self):
        for size in [LONGEST + 1, LONGEST + 2, 2 * LONGEST, 300000]:
            said = b"1\n" + b"9" * size + b"\n2\n"
            with self.server.connect(self) as client:
                self.assertEqual(converse(client, said), b"2\nERROR\n4\n",
                                 "%d digits" % size)

    def it_answers_a_long_last_line_with_an_error(self):
        for size in [LONGEST + 1, LONGEST + 2, 300000]:
            with self.server.connect(self) as client:
                self.assertEqual(converse(client, b"9" * size), b"ERROR\n")

    def it_answers_a_long_line_before_its_end(self):
        self.client.sendall(b"9" * (LONGEST + 10))
        self.assertEqual(read_lines(self.client, 1), b"ERROR\n")
        self.client.sendall(b"9" * 100 + b"\n3\n")
        self.assertEqual(read_lines(self.client, 1), b"6\n")

    def it_survives_many_long_lines(self):
        said = (b"9" * 5000 + b"\n1\n") * 500
        self.assertEqual(converse(self.client, said), b"ERROR\n2\n" * 500)

    def it_survives_clients_that_reset(self):
        linger = struct.pack("ii", 1, 0)  # close with a reset
        for said in [b"", b"12", b"12\n", b"1\n" * 5000, b"9" * 5000]:
            with self.server.connect(self) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                client.sendall(said)
        self.client.sendall(b"21\n")
        self.assertEqual(read_lines(self.client, 1), b"42\n")

    def it_does_not_read_who_does_not_read(self):
        line = b"9" * 99 + b"\n"
        self.client.settimeout(1)
        sent = 0
        with self.assertRaises(socket.timeout):
            while sent < 64 << 20:
                sent += self.client.send(line * 655)

        with self.server.connect(self) as other:  # is not kept waiting
            other.sendall(b"21\n")
            self.assertEqual(read_lines(other, 1), b"42\n")

        self.client.settimeout(LONG)
        whole, rest = divmod(sent, len(line))
        tail = line[:rest]
        self.client.shutdown(socket.SHUT_WR)
        replies = read_all(self.client)
        self.assertEqual(replies, expected(line) * whole +
                         (expected(tail) if tail else b""))

    def it_serves_500_clients_at_once(self):
        clients = [self.server.connect(self) for _ in range(500)]
        for turn in range(3):
            for i, client in enumerate(clients):
                client.sendall(b"%d\n" % (i * 1000 + turn))
            for i, client in enumerate(clients):
                self.assertEqual(read_lines(client, 1),
                                 b"%d\n" % (2 * (i * 1000 + turn)))


if __name__ == "__main__":
    toolkit.main()
