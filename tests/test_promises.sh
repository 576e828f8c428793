#!/bin/sh
# Every numbered statement of the semantics of deferreds (D1 to D99), futures
# (F), tasks (T) and what waits for several (G) has a line in tests/promises.txt:
# the program and the test that promise it, or a reason why it is not for C.
# Prints what has neither.
srcdir=${srcdir:-.}
table=$srcdir/tests/promises.txt
status=0

fail() {
    echo "$*"
    status=1
}

# check NUMBER: is it kept?
check() {
    lines=$(grep -E "^$1 " "$table")
    test -n "$lines" || fail "$1 has no line in $table"
    echo "$lines" | while read -r number program name rest; do
        case $program in
        '') ;;
        -)
            test -n "$name" || fail "$number has no test and no reason"
            ;;
        *)
            file=$srcdir/tests/$program.c
            grep -E -A2 "^START_TEST\($name\)" "$file" 2>/dev/null |
                tr '\n' ' ' | grep -qE "/\*[^/]*\b$number\b[^/]*\*/" ||
                fail "$number: no test $name in $file, or it does not name it"
            test -z "$rest" || fail "$number: too many words: $rest"
            ;;
        esac
        test $status = 0 || exit 1
    done || status=1
}

for group in D:99 F:15 G:15 T:18; do
    n=1
    while [ $n -le "${group#*:}" ]; do
        check "${group%:*}$n"
        n=$((n + 1))
    done
done
for one in C18 C19 C20 C25 C26 K3 K17; do
    check $one
done
exit $status
