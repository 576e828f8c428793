#!/bin/sh
# Each public header compiles alone, as C11 and as C++98, with each compiler that
# is here; and an operation that is made and dropped draws a warning.
include=${srcdir:-.}/include
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# compiles COMPILER STANDARD: the program on its standard input, without warnings.
# All the way, for gcc looks for dropped results late.
compiles() {
    case $2 in
    -std=c++*) language=c++ ;;
    *) language=c ;;
    esac
    "$1" "$2" -x $language -I"$include" -Wall -Wextra -Wpedantic -Werror \
        -S -o /dev/null - >"$work/said" 2>&1
}

# Included twice, for the guard is part of the promise.
headers_stand_alone() {
    for header in $(cd "$include" && find . -name '*.h'); do
        header=${header#./}
        compiles "$1" "$2" <<EOF && continue
#include <$header>
#include <$header>
int main(void) { return 0; }
EOF
        echo "<$header> alone does not compile with $1 $2:"
        cat "$work/said"
        status=1
    done
}

dropped_operation_warns() {
    compiles "$1" "$2" <<'EOF' || return 0
#include <eddy/op.h>
int main(void) { eddy_sleep(1); return 0; }
EOF
    echo "$1 $2 lets an operation be dropped in silence"
    status=1
}

for way in 'gcc -std=c11' 'clang -std=c11' \
    'g++ -std=c++98' 'clang++ -std=c++98' 'g++ -std=c++17'; do
    compiler=${way% *}
    standard=${way#* }
    command -v "$compiler" >/dev/null || continue
    headers_stand_alone "$compiler" "$standard"
    dropped_operation_warns "$compiler" "$standard"
done
exit $status
