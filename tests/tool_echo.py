# SPDX-License-Identifier: MIT
"""The echo service."""

import random
import socket

import toolkit
from toolkit import LONG, converse, read_all


@toolkit.on_each_poller_and_style
class Echo:
    def setUp(self):
        self.server = toolkit.Server(self, service="echo", poller=self.poller,
                                     style=self.style)
        self.client = self.server.connect(self)

    def it_sends_back_what_comes(self):
        self.client.sendall(b"hello\0\xff")
        self.client.shutdown(socket.SHUT_WR)
        self.assertEqual(read_all(self.client), b"hello\0\xff")

    def it_sends_back_ten_megabytes(self):
        data = random.Random(1).getrandbits(8 * 10_000_000).to_bytes(
            10_000_000, "little")
        self.assertEqual(converse(self.client, data), data)

    def it_does_not_read_who_does_not_read(self):
        self.client.settimeout(1)
        sent = 0
        with self.assertRaises(socket.timeout):
            while sent < 64 << 20:
                sent += self.client.send(b"x" * 65536)

        with self.server.connect(self) as other:
            self.assertEqual(converse(other, b"hello"), b"hello")

        self.client.settimeout(LONG)
        self.client.shutdown(socket.SHUT_WR)
        self.assertEqual(len(read_all(self.client)), sent)


if __name__ == "__main__":
    toolkit.main()
