#!/usr/bin/env bash
# Everything the project needs on a machine, and nothing twice.
#   scripts/setup.sh run    what building and running needs
#   scripts/setup.sh test   that, and what the tests need (linters, Chromium, PostgreSQL)
# Only package registries are used: crates.io, npm, and the system's packages (Debian). Every step
# looks before it acts and finishes by one rename, so interrupting it anywhere is safe.
. "$(dirname "$0")/lib.sh"
want=${1:-run}

# ---- system packages ---------------------------------------------------------------------------
updated=
# packages WHY NAME…: installs Debian packages, or says which are missing when it may not.
packages() {
    local why=$1; shift
    if ! command -v apt-get >/dev/null; then
        fail "$why is missing. On Debian it is in the packages: $*. Install its equivalent and run this again."
    fi
    if [ "$(id -u)" != 0 ]; then
        fail "$why is missing and this is not root. Ask for:  sudo apt-get install --no-install-recommends $*  — then run this again."
    fi
    say "installing $* ($why)"
    if [ -z "$updated" ]; then apt-get update -qq; updated=1; fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$STATE/apt.log" 2>&1 ||
        { tail -20 "$STATE/apt.log" >&2; fail "apt-get could not install: $*"; }
}

# ---- Rust with the wasm32 target ---------------------------------------------------------------
WASM=wasm32-unknown-unknown
has_wasm() { # has_wasm RUSTC: can this compiler build for the browser?
    local dir
    dir=$("$1" --print target-libdir --target $WASM 2>/dev/null) || return 1
    ls "$dir"/libstd-*.rlib >/dev/null 2>&1
}
debian_ready() {
    [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && has_wasm /usr/bin/rustc &&
        [ "$(cat /usr/lib/rustlib/$WASM/built-by 2>/dev/null)" = "$(/usr/bin/rustc -V)" ]
}
lint_ready() { # lint_ready BINDIR-or-empty
    if [ -n "$1" ]; then [ -x "$1/cargo-clippy" ] && [ -x "$1/rustfmt" ]
    else cargo clippy -V >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1; fi
}

# Debian's compiler has no wasm32 standard library in its package, but it ships the sources: build
# the library once, with Debian's compiler, and put it where the compiler looks.
build_wasm_std() {
    local work dir llvm
    llvm=$(/usr/bin/rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
    [ -x "/usr/lib/llvm-$llvm/bin/lld" ] || packages "the linker for WebAssembly" "lld-$llvm"
    work=$(mktemp -d)
    mkdir -p "$work/src"
    printf '[package]\nname = "nothing"\nversion = "0.0.0"\nedition = "2021"\n[lib]\npath = "src/lib.rs"\n' >"$work/Cargo.toml"
    : >"$work/src/lib.rs"
    (cd "$work" && env -u CARGO_TARGET_DIR PATH="/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTFLAGS=-Cembed-bitcode=yes \
        /usr/bin/cargo build --release --target $WASM -Zbuild-std=std,panic_abort,test,proc_macro) ||
        { rm -rf "$work"; fail "the standard library for WebAssembly did not build"; }
    dir=/usr/lib/rustlib/$WASM
    rm -rf "$dir.new"
    mkdir -p "$dir.new/lib"
    cp "$work"/target/$WASM/release/deps/*.rlib "$dir.new/lib/"
    rm -f "$dir.new"/lib/libnothing*.rlib
    /usr/bin/rustc -V >"$dir.new/built-by"
    mkdir -p /usr/lib/rustlib/x86_64-unknown-linux-gnu/bin
    ln -sfn "/usr/lib/llvm-$llvm/bin/lld" "/usr/lib/rustlib/$(/usr/bin/rustc -vV | sed -n 's/^host: //p')/bin/rust-lld"
    rm -rf "$dir"
    mv "$dir.new" "$dir"
    rm -rf "$work"
}

choose() { # choose BINDIR-or-empty NAME
    {
        if [ -n "$1" ]; then printf 'export PATH=%q:"$PATH"\nexport RUSTC=%q\n' "$1" "$1/rustc"; fi
        printf 'export QUANLIAN_TOOLCHAIN=%q\n' "$2"
    } >"$STATE/toolchain.env.new"
    mv "$STATE/toolchain.env.new" "$STATE/toolchain.env"
}

toolchain() {
    if command -v rustc >/dev/null && command -v cargo >/dev/null && has_wasm rustc; then
        choose "" "$(rustc -V)"
    elif debian_ready; then
        choose /usr/bin "$(/usr/bin/rustc -V), Debian"
    elif command -v rustup >/dev/null && timeout 120 rustup target add $WASM >"$STATE/rustup.log" 2>&1 && has_wasm rustc; then
        choose "" "$(rustc -V)"
    else
        say "rustup has no $WASM here: taking Debian's compiler"
        if ! { [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library" ]; }; then
            packages "a Rust compiler that can build for the browser" rustc-web cargo-web rust-web-src
        fi
        debian_ready || build_wasm_std
        debian_ready || fail "Debian's compiler still cannot build for $WASM"
        choose /usr/bin "$(/usr/bin/rustc -V), Debian"
    fi
    use_toolchain
    echo "using $QUANLIAN_TOOLCHAIN"
}
linters() {
    use_toolchain
    local bin=""
    case $QUANLIAN_TOOLCHAIN in *Debian) bin=/usr/bin ;; esac
    lint_ready "$bin" && return
    if [ -n "$bin" ]; then packages "clippy and rustfmt" rust-web-clippy rustfmt-web
    else timeout 300 rustup component add clippy rustfmt || fail "clippy and rustfmt are missing: rustup component add clippy rustfmt"; fi
}

# ---- the rest ----------------------------------------------------------------------------------
c_compiler() { command -v cc >/dev/null || packages "a C compiler (SQLite is built from source)" gcc libc6-dev; }

node_modules() {
    command -v node >/dev/null && command -v npm >/dev/null ||
        packages "Node.js (wasm-opt and the browser tests run in it)" nodejs npm
    local stamp
    stamp=$(cat end2end/package.json end2end/package-lock.json | sha256sum)
    [ "$(cat end2end/node_modules/.installed 2>/dev/null)" = "$stamp" ] && return
    (cd end2end && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error)
    echo "$stamp" >end2end/node_modules/.installed
}
install_chromium() {
    command -v chromium >/dev/null || [ -n "${CHROMIUM:-}" ] || packages "a real browser for the tests" chromium
    fc-list :lang=zh 2>/dev/null | grep -q . || packages "a Chinese font" fonts-wqy-microhei fontconfig
}
install_postgres() {
    [ -n "${QUANLIAN_TEST_POSTGRES:-}" ] && return
    if ! command -v initdb >/dev/null && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
        # The tests start their own server; no system-wide one is wanted.
        if [ "$(id -u)" = 0 ] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
            mkdir -p /etc/postgresql-common
            echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
        fi
        packages "a PostgreSQL server for the tests" postgresql
    fi
}

phase "C compiler" c_compiler
phase "Rust for server and browser" toolchain
phase "npm packages" node_modules
if [ "$want" = test ]; then
    phase "linters" linters
    phase "Chromium and a Chinese font" install_chromium
    phase "PostgreSQL" install_postgres
fi
phases
