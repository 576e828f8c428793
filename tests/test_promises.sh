#!/bin/sh
# Every numbered statement of the semantics of deferreds (D), futures (F), what
# waits for several (G), tasks (T), limits and groups (W, TG), scopes (K),
# generators (C), synchronisation (Y) and streams (SR) has a line in
# tests/promises.txt: the program and the test that promise it, or a reason why
# it is not for C. Prints what has neither.
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

for group in C:26 D:99 F:15 G:15 K:15 SR:14 T:18 TG:7 W:11 Y:12; do
    n=1
    while [ $n -le "${group#*:}" ]; do
        check "${group%:*}$n"
        n=$((n + 1))
    done
done
check K17
exit $status
