# SPDX-License-Identifier: MIT
"""What runs the programs of bench/: servers and their client, programs that
print `name value`, and what the machine did to them meanwhile."""
import os
import resource
import shutil
import signal
import socket
import subprocess
import time

NOT_HERE = 77
PATIENCE = 20  # seconds
SOURCE = os.path.dirname(os.path.abspath(__file__))


class Missing(Exception):
    """This machine, or this build, has it not."""


def raise_limit_of_descriptors():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def parse(text):
    """The lines `name value` as a dictionary."""
    pairs = (line.split() for line in text.splitlines())
    return {pair[0]: float(pair[1]) for pair in pairs if len(pair) == 2}


class Program:
    """A program of bench/, with its options; built ones are looked for in the
    build directory, scripts beside this file."""

    def __init__(self, label, words, build):
        name, *options = words.split()
        self.label = label
        path = os.path.join(build, name)
        if not os.access(path, os.X_OK):
            path = os.path.join(SOURCE, name)
        self.command = [path, *options]
        if name.endswith(".js") and not shutil.which("node"):
            raise Missing("node")
        if not os.access(path, os.X_OK):
            raise Missing(name)

    def with_arguments(self, *arguments):
        return self.command + [str(argument) for argument in arguments]


def pinned(cpus):
    """For preexec_fn: a program of ours stays on these processors."""
    return (lambda: os.sched_setaffinity(0, cpus)) if cpus else None


def waited_ns(pid):
    """(ran, waited): how long the first thread of a process has done either."""
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            ran, waited, _ = file.read().split()
    except (OSError, ValueError):
        return 1, 0
    return int(ran) or 1, int(waited)


def run(program, arguments, cpus=None):
    """Its lines, and in percent of its running how long it had to wait for its
    processor, because somebody else had it."""
    child = subprocess.Popen(program.with_arguments(*arguments),
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             preexec_fn=pinned(cpus), text=True)
    out = child.stdout.read()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    ran, waited = waited_ns(child.pid)
    if child.wait() == NOT_HERE:
        raise Missing(program.label)
    if child.returncode != 0:
        raise RuntimeError(f"{program.command} ended with {child.returncode}")
    return parse(out), 100 * waited / ran


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


class Server:
    """An echo server that runs; a context that ends it."""

    def __init__(self, program, cpus=None, before=()):
        self.port = free_port()
        self.child = subprocess.Popen(
            [*before, *program.with_arguments(self.port)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            preexec_fn=pinned(cpus), text=True)
        if self.child.stdout.readline().strip() != "ready":
            status = self.child.wait()
            if status == NOT_HERE:
                raise Missing(program.label)
            raise RuntimeError(f"{program.command} ended with {status}")

    @property
    def pid(self):
        return self.child.pid

    def end(self):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.child.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def anonymous_bytes(self):
        """Memory that is its own: no file, nothing shared."""
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                if line.startswith("Anonymous:"):
                    return int(line.split()[1]) * 1024
        return 0


def wait_until(true):
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise RuntimeError("it does not come")
        time.sleep(0.01)
