# SPDX-License-Identifier: MIT
"""What the tests of the tool lean on.

    EDDY                   the program under test
    CK_RUN_CASE            one poller only, as for the tests in C
    CK_TIMEOUT_MULTIPLIER  patience, for slow machines
"""

import concurrent.futures
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import unittest

# The tests say themselves which poller, and expect that nothing is logged.
for name in ("EDDY_POLLER", "EDDY_DEBUG"):
    os.environ.pop(name, None)

EDDY = os.environ.get("EDDY", "./tools/eddy/eddy")
PATIENCE = float(os.environ.get("CK_TIMEOUT_MULTIPLIER", "1"))
LONG = 30 * PATIENCE  # seconds, after which something hangs


AT_A_TIME = 4  # test cases

# Every service is there in every style.
STYLES = ["callback", "deferred", "coroutine"]


def eddy(*args, **more):
    """Runs the tool to its end."""
    return subprocess.run([EDDY, *args], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=4 * LONG, **more)


def keeps_signals():
    """ThreadSanitizer keeps a signal that comes while a task runs until that
    very task goes on, which may be never."""
    with open(EDDY, "rb") as file:
        return b"__tsan_init" in file.read()


def list_pollers():
    return json.loads(eddy("pollers", "--json").stdout)


def pollers_that_open():
    names = [p["name"] for p in list_pollers() if p["opens"]]
    only = os.environ.get("CK_RUN_CASE")
    return [name for name in names if only in (None, "", name)]


class Server:
    """`eddy serve`, in a process that is gone after the test."""

    def __init__(self, test, *args, service="double", poller=None, style=None,
                 **more):
        args = [EDDY, "serve", service, *args]
        if poller:
            args += ["--poller", poller]
        if style:
            args += ["--style", style]
        self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE,
                                        universal_newlines=True, **more)
        test.addCleanup(self.kill)
        ready = self.process.stdout.readline().split()
        test.assertEqual(ready[:1], ["ready"], "the server did not start")
        self.host, self.port = ready[1], int(ready[2])

    def connect(self, test):
        sock = socket.create_connection((self.host, self.port), timeout=LONG)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        test.addCleanup(sock.close)
        return sock

    def stop(self, signum=signal.SIGTERM):
        """Returns the exit status and how many seconds it took."""
        start = time.monotonic()
        self.process.send_signal(signum)
        return self.process.wait(LONG), time.monotonic() - start

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def read_lines(sock, count):
    """The next `count` lines, and nothing after them."""
    data = b""
    while data.count(b"\n") < count:
        piece = sock.recv(65536)
        if not piece:
            break
        data += piece
    return data


def read_all(sock):
    pieces = []
    while True:
        piece = sock.recv(65536)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


def converse(sock, data):
    """Sends it all, ends, and returns all that comes: at the same time, for a
    server need not listen to those who do not."""
    received = []
    sock.setblocking(False)
    data = memoryview(data)
    while True:
        readable, writable, _ = select.select(
            [sock], [sock] if data is not None else [], [], LONG)
        if not readable and not writable:
            raise TimeoutError("the server has fallen silent")
        if writable:
            data = data[sock.send(data):] if len(data) else data
            if not len(data):
                sock.shutdown(socket.SHUT_WR)
                data = None
        if readable:
            piece = sock.recv(65536)
            if not piece:
                return b"".join(received)
            received.append(piece)


def expected(line):
    """The reply of the doubling service to a line, by Python's own int()."""
    text = line.rstrip(b"\n")
    try:
        if len(text) > 4096 or b"_" in text:
            raise ValueError
        return b"%d\n" % (2 * int(text))
    except ValueError:
        return b"ERROR\n"


def make_case(cls, title, **members):
    module = sys.modules[cls.__module__]
    members["__module__"] = cls.__module__
    setattr(module, title, type(title, (cls, unittest.TestCase), members))


def on_each_poller(cls):
    """Makes of one TestCase one for each poller: Load_epoll, ..."""
    for name in pollers_that_open():
        make_case(cls, "%s_%s" % (cls.__name__, name), poller=name)
    return cls


def on_each_poller_and_style(cls):
    """The same in each style: Doubling_epoll_callback, ..."""
    for name in pollers_that_open():
        for style in STYLES:
            make_case(cls, "%s_%s_%s" % (cls.__name__, name, style),
                      poller=name, style=style)
    return cls


def name_of(case):
    return type(next(iter(case))).__name__


def load(names):
    """The test cases of those names, or all; a test is what says what it
    does."""
    loader = unittest.TestLoader()
    loader.testMethodPrefix = "it_"
    found = loader.loadTestsFromModule(sys.modules["__main__"])
    return [case for case in found if case.countTestCases() > 0 and
            (not names or name_of(case) in names)]


def run_apart(case):
    """In a process of its own. Returns whether all was well, and its output."""
    done = subprocess.run([sys.executable, sys.argv[0], name_of(case)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode == 0, done.stdout


def run_all(cases):
    """Some at a time, for they wait more than they work. What failed is told
    first: who sums up does not read to the end."""
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        results = sorted(pool.map(run_apart, cases))
    for _, output in results:
        sys.stderr.buffer.write(output)
    return all(passed for passed, _ in results)


def main():
    """Runs the test cases of the program that are named as its arguments, or
    all."""
    names = sys.argv[1:]
    cases = load(names)
    if not cases:
        print("There is no poller to test.")
        sys.exit(77)
    if len(cases) > 1 and not names:
        sys.exit(0 if run_all(cases) else 1)
    result = unittest.TextTestRunner(verbosity=2).run(
        unittest.TestSuite(cases))
    sys.exit(0 if result.wasSuccessful() else 1)
