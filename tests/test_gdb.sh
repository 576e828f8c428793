#!/bin/sh
# tools/gdb/eddy.py shows each task with its state and its backtrace.
srcdir=${srcdir:-.}
command -v gdb >/dev/null || {
    echo 'no gdb to look with'
    exit 77
}
test -x tests/parked || exit 77 # built without Check

seen=$(gdb -batch -nx -ex run -ex 'source '"$srcdir"'/tools/gdb/eddy.py' \
    -ex 'eddy-tasks parked_loop' -ex kill \
    tests/parked 2>&1)
case $seen in
*'No symbol'* | *'No struct type'* | *'ptrace: Operation'*)
    echo 'gdb cannot look into this build here'
    exit 77
    ;;
esac
# What clang assembled is called eddy.begin, for gdb takes it for Ada.
status=0
for wanted in 'the main task: waiting for the tasks of a scope' \
    'a sleeper: waiting for sleep; spawned at .*parked.c' \
    'wait_long (' 'wait_in_a_call (' 'eddy[_.]*begin ('; do
    echo "$seen" | grep -q "$wanted" && continue
    echo "not seen: $wanted"
    status=1
done
test $status = 0 || echo "$seen"
exit $status
