#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// The echo server on node: a pipe from a socket to itself.
const net = require("net");

const server = net.createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
});
process.on("SIGTERM", () => process.exit(0));
server.listen({ port: Number(process.argv.at(-1)), host: "127.0.0.1",
                backlog: 4096 }, () => console.log("ready"));
