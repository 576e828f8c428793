#!/bin/sh
# Every exported symbol is declared in a public header, and every declaration
# marked EDDY_API or EDDY_OP is exported. So nothing private can leak.
srcdir=${srcdir:-.}
library=.libs/libeddy.so
test -f "$library" || {
    echo 'no shared library to look at'
    exit 77
}

# Without comments and directives, the name is the word before the parenthesis
# that follows the mark.
declared=$(awk '
    /^#/ || more { more = /\\$/; next } # a directive may go on
    { text = text " " $0 }
    END {
        while (from = index(text, "/*")) {
            size = index(substr(text, from + 2), "*/") + 3
            text = substr(text, 1, from - 1) substr(text, from + size)
        }
        n = split(text, part, /[;{}]/)
        for (i = 1; i <= n; i++)
            if (part[i] ~ /(^| )EDDY_(API|OP) /) {
                sub(/ *\(.*/, "", part[i])
                sub(/.*[ *]/, "", part[i])
                print part[i]
            }
    }' "$srcdir"/include/*.h "$srcdir"/include/eddy/*.h | sort -u)
exported=$(${NM:-nm} -D --defined-only "$library" |
    sed 's/.* //; s/@.*//' | sort -u)

if [ -z "$declared" ] || [ -z "$exported" ]; then
    echo 'found nothing to compare: this test is broken'
    exit 1
fi

# only_in FIRST SECOND: the lines of FIRST that SECOND has not.
only_in() {
    echo "$1" | grep -Fvx "$2"
}
leaked=$(only_in "$exported" "$declared")
absent=$(only_in "$declared" "$exported")
test -z "$leaked" || printf 'exported, but in no header:\n%s\n' "$leaked"
test -z "$absent" || printf 'in a header, but not exported:\n%s\n' "$absent"
test -z "$leaked$absent"
