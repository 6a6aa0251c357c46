# Sourced by ./dev and ./test: puts onto this machine what they need, when it may. Written for plain POSIX sh.

say() { printf '%s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_use_apt() {
  command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

# apt_install PACKAGE…: false when this machine has no apt or we may not use it.
apt_install() {
  may_use_apt || return 1
  say "installing with apt: $*"
  set -- -y -q --no-install-recommends -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold "$@"
  { as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive apt-get install "$@"; } >&2
}

need_cargo() {
  if ! command -v cargo >/dev/null 2>&1 && [ -x "$HOME/.cargo/bin/cargo" ]; then PATH="$HOME/.cargo/bin:$PATH"; fi
  command -v cargo >/dev/null 2>&1 || { say "Rust is missing: install it from https://rustup.rs, then run this again."; return 1; }
}

need_c_compiler() {
  command -v cc >/dev/null 2>&1 || apt_install gcc libc6-dev ||
    { say "A C compiler is missing: install gcc or clang (on macOS: xcode-select --install), then run this again."; return 1; }
}

# Is there a PostgreSQL of at least 15? Only whether: which one is used is decided by the dev program, in the same order.
have_postgres() {
  for bin in "${PG_BIN:-}" "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/*/bin \
    /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin .data/pgbin/bin; do
    [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ] || continue
    version=$("$bin/postgres" --version 2>/dev/null | sed -n 's/^[^0-9]*\([0-9][0-9]*\).*/\1/p')
    [ "${version:-0}" -ge 15 ] && return 0
  done
  return 1
}

need_postgres() {
  have_postgres && return
  if may_use_apt; then
    # We start clusters of our own: Debian's package need not make one that runs from boot on.
    if [ ! -e /etc/postgresql-common ]; then
      as_root mkdir /etc/postgresql-common
      echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    apt_install postgresql || say "apt could not install PostgreSQL"
    have_postgres && return
  fi
  unpack_postgres && have_postgres && return
  say "PostgreSQL 15 or newer is missing: install it (Debian and Ubuntu: postgresql, Fedora: postgresql-server and" \
    "postgresql-contrib, macOS: brew install postgresql@17), or set PG_BIN to the folder that holds its programs."
  return 1
}

# Without root: a build of PostgreSQL that the npm registry carries, checked against the sum we know, into .data/pgbin.
unpack_postgres() {
  command -v npm >/dev/null 2>&1 && [ "$(uname -s)" = Linux ] || return 1
  case $(uname -m) in
    x86_64) arch=x64 sum=8d5c3f31d0ed217fef2021ff0ca21eebf987a620a081dc7a415cb36b8bedfcd6dc645b0bd0a87082517a1752a8ab1de044167d5ed37ebe2eb712ca92caa392c4 ;;
    aarch64) arch=arm64 sum=4c8ce3b469c31920ff2db756d0e58211c6c8f98553d162927d2af6d130a490fe1447ccde29ef900996ced3f08ce214bd116c99e1c0de6e346fa5173788c8bac2 ;;
    *) return 1 ;;
  esac
  package=@embedded-postgres/linux-$arch@18.4.0-beta.17
  say "fetching PostgreSQL with npm: $package"
  mkdir -p .data
  fetched=$(mktemp -d .data/pgbin.XXXXXX)
  if (
    cd "$fetched" || exit 1
    npm pack --silent "$package" >/dev/null || exit 1
    mv ./*.tgz package.tgz
    printf '%s  package.tgz\n' "$sum" | sha512sum --check --status || { say "$package is not what it was: not used"; exit 1; }
    tar xzf package.tgz && cd package && node scripts/hydrate-symlinks.js
  ); then
    rm -rf .data/pgbin
    mv "$fetched/package/native" .data/pgbin
  fi
  rm -rf "$fetched"
  [ -x .data/pgbin/bin/postgres ]
}
