#!/usr/bin/python3
"""Calls for the next turn on uvloop: call_soon."""
# SPDX-License-Identifier: MIT
import sys
import time

try:
    import uvloop
except ImportError:
    sys.exit(77)

AT_ONCE = 1000


class Calls:
    def __init__(self, loop):
        self.loop = loop
        self.left = 0

    def go_on(self):
        self.left -= 1
        if self.left > 0:
            self.loop.call_soon(self.go_on)
        else:
            self.loop.stop()

    def count(self):
        self.left -= 1
        if self.left == 0:
            self.loop.stop()


def main():
    chain, batch = (int(word) for word in sys.argv[-2:])
    calls = Calls(uvloop.new_event_loop())
    start = time.perf_counter_ns()
    calls.left = chain
    calls.loop.call_soon(calls.go_on)
    calls.loop.run_forever()
    print(f"chain_ns {(time.perf_counter_ns() - start) / chain:.2f}")
    start = time.perf_counter_ns()
    for _ in range(batch // AT_ONCE):
        calls.left = AT_ONCE
        for _ in range(AT_ONCE):
            calls.loop.call_soon(calls.count)
        calls.loop.run_forever()
    print(f"batch_ns {(time.perf_counter_ns() - start) / batch:.2f}")


main()
