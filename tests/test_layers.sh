#!/bin/sh
# Who may include whom, and who may talk to the kernel. Prints each trespass.
srcdir=${srcdir:-.}
status=0
inward='^ *# *include *("|<(eddy|src|backends|tests|tools|examples|bench)[/.])'

# trespass ROOM ALLOWED: prints the includes of ROOM that lead into the tree and
# do not match ALLOWED. A file of the room itself, or
# beside the one that includes it, is always welcome.
trespass() {
    (
        cd "$srcdir" || exit
        find "$1" -name '*.[chS]' -exec grep -nE "$inward" /dev/null {} +
    ) | grep -vE "include +($2)" | while IFS= read -r line; do
        name=$(expr "$line" : '.*"\(.*\)"')
        folder=$(dirname "${line%%:*}")
        case $name in
        '' | */*) echo "$line" ;;
        *)
            test -f "$srcdir/$folder/$name" || test -f "$srcdir/$1/$name" ||
                echo "$line"
            ;;
        esac
    done
}

public='<eddy(/[a-z]+)?\.h>'
config='"config\.h"'
found=$(
    trespass include "$public"
    trespass backends "$config|<eddy/(base|poller)\.h>"
    for room in "$srcdir"/src/*/; do
        trespass "src/$(basename "$room")" "$config|$public"
    done
    trespass tools "$config|$public"
    trespass bench "$public"
    trespass examples "$public"
)
test -z "$found" || {
    echo "includes that cross a wall:"
    echo "$found"
    status=1
}

# What operations ask of the system goes through struct eddy_sys, so that a test
# or a simulator can stand in for it. A fortified call has a name of its own,
# __read_chk. The pool starts the threads, and asks for nothing else.
calls='socket|bind|listen|accept4?|connect|shutdown|close'
calls="$calls|readv?|recv|recvfrom|recvmsg|writev?|send|sendto|sendmsg"
calls="$calls|(open|pread|pwrite|ftruncate|f?stat)(64)?|fsync|fdatasync"
calls="$calls|getaddrinfo|clock_gettime|pthread_create"
for object in src/op/*.o src/io/*.o; do
    test -f "$object" || continue
    wanted=$(${NM:-nm} -u "$object") || exit 1
    past=$(echo "$wanted" | sed 's/.* //; s/@.*//; s/^__\(.*\)_chk$/\1/' |
        grep -Ex "$calls")
    case $object:$past in
    *: | src/op/pool.o:pthread_create) ;;
    *)
        echo "$object goes past struct eddy_sys:"
        echo "$past"
        status=1
        ;;
    esac
done
exit $status
