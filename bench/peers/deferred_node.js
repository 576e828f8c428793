#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Calls for the next turn on node: setImmediate.
const [chain, batch] = process.argv.slice(-2).map(Number);
const AT_ONCE = 1000;

function print(name, start, calls) {
    const ns = Number(process.hrtime.bigint() - start) / calls;
    console.log(`${name} ${ns.toFixed(2)}`);
}

function runChain(done) {
    const start = process.hrtime.bigint();
    let left = chain;
    setImmediate(function step() {
        if (--left > 0)
            setImmediate(step);
        else
            done(print("chain_ns", start, chain));
    });
}

function runBatches() {
    const start = process.hrtime.bigint();
    let left = 0, asked = 0;
    function next() {
        if (asked >= batch)
            return print("batch_ns", start, asked);
        left = AT_ONCE;
        asked += AT_ONCE;
        for (let i = 0; i < AT_ONCE; i++)
            setImmediate(() => { if (--left === 0) next(); });
    }
    next();
}

runChain(runBatches);
