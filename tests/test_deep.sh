#!/bin/sh
# Chains, waits, collections, queues and locks of 100,000 take no stack: all that
# is promised of them holds in a main thread with one of 256 KiB. Prints what does
# not.
programs='test_collect test_completions test_deferred_deep test_deferred_when
          test_queue test_semaphore'
log=test_deep.$$
status=0

trap 'rm -f "$log"' EXIT
for program in $programs; do
    test -x "tests/$program" || exit 77 # built without Check
    # shellcheck disable=SC3045 # every sh that this runs on has it
    (ulimit -s 256 && CK_FORK=no "tests/$program") >"$log" 2>&1 && continue
    echo "$program, in 256 KiB of stack:"
    cat "$log"
    status=1
done
exit $status
