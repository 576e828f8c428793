# SPDX-License-Identifier: MIT
"""The examples do what their first line says."""

import os
import socket
import subprocess
import time
import unittest

import toolkit
from toolkit import LONG, converse, read_lines

# Beside the tool, in the same build.
EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(toolkit.EDDY)),
                        "..", "..", "examples")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Examples(unittest.TestCase):
    def kill(self, process):
        process.kill()
        process.wait()

    def start(self, name):
        """Starts the example and returns a connection to it."""
        program = os.path.join(EXAMPLES, name)
        if not os.path.exists(program):
            self.skipTest("the examples are not built")
        port = free_port()
        process = subprocess.Popen([program, str(port)])
        self.addCleanup(self.kill, process)
        deadline = time.monotonic() + LONG
        while time.monotonic() < deadline:
            self.assertIsNone(process.poll(), name + " has ended")
            try:
                sock = socket.create_connection(("127.0.0.1", port), LONG)
            except ConnectionRefusedError:
                time.sleep(0.01)  # it does not listen yet
                continue
            self.addCleanup(sock.close)
            return sock
        self.fail(name + " does not listen")

    def it_echoes(self):
        self.assertEqual(converse(self.start("echo"), b"hello"), b"hello")

    def it_doubles(self):
        self.assert_doubles(self.start("double"))

    def it_doubles_in_deferreds(self):
        self.assert_doubles(self.start("double_deferred"))

    def it_doubles_in_coroutines(self):
        self.assert_doubles(self.start("double_coroutine"))

    def assert_doubles(self, sock):
        for line, reply in [(b"21\n", b"42\n"), (b"-1\n", b"-2\n"),
                            (b"x\n", b"ERROR\n"), (b"9" * 40 + b"\n",
                                                   b"ERROR\n")]:
            sock.sendall(line)
            self.assertEqual(read_lines(sock, 1), reply)
        self.assertEqual(converse(sock, b"4\n5\n\n6\n"), b"8\n10\n")


if __name__ == "__main__":
    toolkit.main()
