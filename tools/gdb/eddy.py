# SPDX-License-Identifier: MIT
"""eddy.py - looking at eddy's tasks in gdb.

    (gdb) source eddy.py
    (gdb) eddy-tasks LOOP        every task, what it waits for, its backtrace
    (gdb) eddy-tasks LOOP brief  without the backtraces

LOOP is an expression: a struct eddy_loop *. The library must have been built
with debug information. Backtraces of tasks that wait need a process that is
alive, for gdb walks a stack from its registers, and lends them to each task; of
a core file only the place is shown where each task waits; and gdb's own
generate-core-file leaves stacks out, for it cannot read their guards.
"""

import gdb

# Where switch_<cpu>.S leaves the registers that a backtrace begins with: offset
# from the saved stack pointer to each, and how far the stack goes up then.
SAVED = {
    "i386:x86-64": ({"rbp": 40, "rip": 48}, "rsp", 56),
    "aarch64": ({"x29": 80, "pc": 88, "x30": 88}, "sp", 160),
}
BEGUN, OVER = 1 << 2, 1 << 3


def text(value):
    """A C string, or None."""
    return value.string() if value else None


def scheduler(loop):
    """The struct sched of a loop, or None if it never had a task."""
    for i in range(int(loop["front_count"])):
        slot = loop["front_slots"][i]
        if text(slot["type"]["name"]) == "tasks":
            kind = gdb.lookup_type("struct sched").pointer()
            return slot["value"].cast(kind).dereference()
    return None


def scopes(root):
    """Each scope with its depth, outer ones first."""
    todo = [(root, 0)]
    while todo:
        scope, depth = todo.pop()
        yield scope, depth
        inner = scope["first"]
        while inner:
            todo.append((inner.dereference(), depth + 1))
            inner = inner["next"]


def tasks(scope):
    """Those spawned in a scope, first come first."""
    found = []
    task = scope["tasks"]
    while task:
        found.append(task)
        task = task["next"]
    return reversed(found)


def state(task, running):
    if task == running:
        return "running"
    flags = int(task["flags"])
    if flags & OVER:
        return "over"
    if not flags & BEGUN:
        return "new"
    what = text(task["waits_for"])
    return "waiting for " + what if what else "ready"


def saved_sp(task):
    """The first word of the context is where its registers were left."""
    word = gdb.lookup_type("unsigned long")
    return int(task["context"]["opaque"][0].cast(word))


def read_word(address):
    word = gdb.lookup_type("unsigned long").pointer()
    return int(gdb.Value(address).cast(word).dereference())


def backtrace(task):
    """Lends the registers to the task, for the time of a backtrace."""
    arch = gdb.selected_frame().architecture().name()
    if arch not in SAVED:
        return "    (no backtraces on %s)" % arch
    offsets, stack, size = SAVED[arch]
    sp = saved_sp(task)
    wanted = {name: read_word(sp + at) for name, at in offsets.items()}
    wanted[stack] = sp + size
    frame = gdb.selected_frame()
    gdb.newest_frame().select()
    names = list(wanted)
    before = {name: int(gdb.parse_and_eval("$" + name).cast(
        gdb.lookup_type("unsigned long"))) for name in names}
    try:
        for name in names:
            gdb.execute("set var $%s = %d" % (name, wanted[name]))
        return gdb.execute("backtrace", to_string=True)
    finally:
        for name in names:
            gdb.execute("set var $%s = %d" % (name, before[name]))
        if frame.is_valid():
            frame.select()


def place(task):
    """Where it waits, as far as it can be told without walking its stack."""
    site = task["site"]
    return "    at " + gdb.execute("info symbol %d" % int(site),
                                   to_string=True) if site else ""


def is_alive():
    return "core dump file" not in gdb.execute("info target", to_string=True)


class Tasks(gdb.Command):
    """eddy-tasks LOOP [brief]: the tasks of a loop, with their backtraces."""

    def __init__(self):
        super().__init__("eddy-tasks", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        brief = len(words) > 1 and words[-1] == "brief"
        if not words:
            raise gdb.GdbError("eddy-tasks LOOP [brief]")
        loop = gdb.parse_and_eval(" ".join(words[:-1] if brief else words))
        sched = scheduler(loop)
        if sched is None:
            print("no tasks")
            return
        alive = is_alive()
        for scope, depth in scopes(sched["root"]):
            for task in tasks(scope):
                self.show(task, depth, sched["running"], brief, alive)

    def show(self, task, depth, running, brief, alive):
        how = state(task, running)
        print("%s%s: %s; spawned at %s" % ("  " * depth, text(task["name"]),
                                           how, text(task["at"])))
        if brief or task == running or how == "new":
            return
        if alive:
            print(backtrace(task), end="")
        else:
            print(place(task), end="")


Tasks()
