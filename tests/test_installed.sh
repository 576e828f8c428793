#!/bin/sh
# The installed copy, as a stranger would use it: a program that is built with
# nothing but pkg-config runs, shared and static, and so does the tool. Run by
# `make installcheck`, which sets the variables; DESTDIR may be set too.
# shellcheck disable=SC2086 # CFLAGS and what pkg-config says are words
set -eu
: "${CC:?}" "${CFLAGS?}" "${PKG_CONFIG:?}" "${DESTDIR?}"
: "${bindir:?}" "${libdir:?}" "${pkgconfigdir:?}" "${mandir:?}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

PKG_CONFIG_PATH=$DESTDIR$pkgconfigdir
PKG_CONFIG_SYSROOT_DIR=$DESTDIR
LD_LIBRARY_PATH=$DESTDIR$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR LD_LIBRARY_PATH

cat >"$work/program.c" <<'EOF'
#include <eddy.h>
#include <stdio.h>

int main(void)
{
    struct eddy_loop *loop;
    struct eddy_result result;

    if (eddy_loop_new(&loop, NULL) < 0)
        return 1;
    result = eddy_loop_run_until(loop, eddy_sleep(EDDY_MS));
    eddy_loop_free(loop);
    puts(eddy_version());
    return result.n != 0;
}
EOF

# try WHAT FLAGS...: builds and runs it; it must be of the version that eddy.pc
# claims.
try() {
    what=$1
    shift
    $CC $CFLAGS "$work/program.c" -o "$work/program" "$@"
    test "$("$work/program")" = "$($PKG_CONFIG --modversion eddy)" || {
        echo "installcheck: the $what library is not the version of eddy.pc"
        exit 1
    }
    echo "installcheck: $what library: works"
}

flags=$($PKG_CONFIG --cflags --libs eddy)
if [ -n "$(find "$DESTDIR$libdir" -name 'libeddy.so')" ]; then
    try shared $flags
fi
if [ -f "$DESTDIR$libdir/libeddy.a" ]; then
    flags=$($PKG_CONFIG --static --cflags --libs eddy |
        sed "s|-leddy|$DESTDIR$libdir/libeddy.a|")
    try static $flags
fi
"$DESTDIR$bindir/eddy" pollers >/dev/null
test -f "$DESTDIR$mandir/man1/eddy.1"
echo 'installcheck: tool and manual: work'
