#!/bin/sh
# SPDX-License-Identifier: MIT
# The doubling service and the plainest of clients.
command -v nc >/dev/null || { echo 'There is no nc.'; exit 77; }
eddy=${EDDY:-./tools/eddy/eddy}
here=$(mktemp -d) || exit 99
mkfifo "$here/ready"

"$eddy" serve double >"$here/ready" &
server=$!
trap 'kill "$server" 2>/dev/null; rm -rf "$here"' EXIT
read -r word host port <"$here/ready"
test "$word" = ready || { echo "no 'ready' but '$word'"; exit 1; }

# The blank line makes the server close, so nc ends by itself.
printf '21\n-5\nfive\n 007 \r\n\n' | nc "$host" "$port" >"$here/got"
printf '42\n-10\nERROR\n14\n' >"$here/expected"
diff "$here/expected" "$here/got" || exit 1

kill -TERM "$server"
wait "$server" || { echo "the server ended with $?"; exit 1; }
