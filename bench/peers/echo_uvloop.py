#!/usr/bin/python3
"""The echo server on asyncio, with uvloop: a protocol and its transport."""
# SPDX-License-Identifier: MIT
import asyncio
import signal
import sys

try:
    import uvloop
except ImportError:
    sys.exit(77)


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        transport.set_write_buffer_limits(0)

    def data_received(self, data):
        self.transport.write(data)

    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


async def serve(port):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", port, backlog=4096)
    end = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, end.set)
    print("ready", flush=True)
    await end.wait()
    server.close()


uvloop.install()
asyncio.run(serve(int(sys.argv[-1])))
