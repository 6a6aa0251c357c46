#!/bin/sh
# The browser suite against a whole shop of its own: `browser/run.sh` tells every story, `browser/run.sh keyboard` those
# whose name has that word in it. `./test browser` calls this after installing what it needs and building the binaries.
set -eu
cd "$(dirname "$0")/.."
CHROMIUM=${CHROMIUM:-$(command -v chromium)} || { echo 'chromium is missing: `./test browser` installs it' >&2; exit 1; }
export CHROMIUM
exec "${DEV:-./dev}" with-postgres -- "${CARGO_TARGET_DIR:-target}/debug/with_shop" node browser/suite.mjs "$@"
