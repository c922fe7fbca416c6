# Helpers of .ci/run: words, copies, environments, and what becomes of each check.

say() { printf '\n== %s\n' "$*"; }
die() { printf 'ci: %s\n' "$*" >&2; exit 2; }

# skip WHAT AND WHY: named at the end, and not passed.
skip() { printf 'SKIPPED: %s\n' "$*" | tee -a "$work/skipped"; }

# check FUNCTION ARGUMENT...: a failure is named and remembered, and what comes next is checked all the same.
check() {
    local begun=$SECONDS status=0
    say "$*"
    set +e
    (set -euo pipefail; "$@")
    status=$?
    set -e
    printf '   %s: %d s\n' "$*" $((SECONDS - begun)) | tee -a "$work/times"
    [ "$status" -eq 0 ] || printf 'FAILED: %s\n' "$*" | tee -a "$work/failed"
}

# asked_of PART...: those of them that were asked for.
asked_of() {
    local part
    for part in "$@"; do
        case " ${asked[*]} " in *" $part "*) printf '%s\n' "$part" ;; esac
    done
}

run_parts() {
    local part
    for part in "$@"; do "part_$part"; done
}

# in_lanes: all parts that were asked for; what the second lane says is shown when the first has ended.
in_lanes() {
    local first second rest
    mapfile -t first < <(asked_of docs wheel sdist)
    mapfile -t second < <(asked_of readme mutants extras lint oldest)
    run_parts "${second[@]}" >"$work/second_lane.txt" 2>&1 &
    run_parts "${first[@]}"
    wait $! || echo "FAILED: the second lane ended early" | tee -a "$work/failed"
    cat "$work/second_lane.txt"
    mapfile -t rest < <(asked_of short suite)
    run_parts "${rest[@]}"
}

prepare() {
    unset PYTHONPATH PYTHONHOME VIRTUAL_ENV PYTEST_ADDOPTS
    unset PYTHONDONTWRITEBYTECODE # users have bytecode kept: without it each of the many processes parses all sources
    work=$(mktemp -d)
    trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
    chmod 755 "$work" # one check runs as another user
    touch "$work/skipped" "$work/failed" "$work/times"
    export PIP_QUIET=1 PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_PROGRESS_BAR=off
    export PIP_NO_COMPILE=1 # ten environments: bytecode is made of what is imported, when it is
    export MPLBACKEND=Agg NUMBA_CACHE_DIR="$work/numba" # compiled for this run alone: no stale cache, none left behind
    choose_python
    choose_installer
    say "Python $("$python" -c 'import sys; print(sys.version.split()[0], sys.executable)')"
}

# The end: how long each check took, what was skipped, what failed, pytest's summary of the suite if it ran.
finish() {
    printf '\n'
    cat "$work/times" "$work/skipped" "$work/failed"
    if [ -e "$work/suite.txt" ]; then
        tail -n 1 "$work/suite.txt"
    elif [ ! -s "$work/failed" ]; then
        printf 'no part failed: %s\n' "${asked[*]}"
    fi
    [ ! -s "$work/failed" ]
}

# copy_tree FOLDER: files and .git as they stand, without what earlier runs left.
copy_tree() {
    mkdir -p "$1"
    tar -C "$root" --anchored --exclude=./build --exclude=./dist --exclude=./.venv --exclude=./.editable \
        --exclude=./docs/generated \
        --no-anchored --exclude=__pycache__ --exclude='*.egg-info' --exclude='.*_cache' --exclude=.hypothesis \
        -cf - . | tar -C "$1" --no-same-owner -xf -
}

# readme_command MARK: the shell command below <!-- MARK --> in the README.
readme_command() {
    local found
    found=$(awk -v mark="<!-- $1 -->" '$0 == mark { marked = 1 } marked && /^```/ { if (inside) exit; inside = 1; next } inside' \
        "$root/README.md")
    [ -n "$found" ] || die "README.md has no code block after <!-- $1 -->"
    sed -E 's/^git clone [^&]*&& cd [^&]*&& //' <<<"$found" # a copy stands for the clone
}

# in_clone COMMAND: run a command of the README, with the chosen interpreter as its python3.
in_clone() { (cd "$work/clones/eventnet" && PATH="$work/shim:$PATH" bash -euo pipefail -c "$1"); }

# clone_once: the one clone in which both commands run. It is called eventnet, and the tests' shared files lie beside it.
clone_once() {
    [ ! -d "$work/clones/eventnet" ] || return 0
    copy_tree "$work/clones/eventnet"
    if [ -d "$root/../shared" ]; then ln -s "$(cd "$root/../shared" && pwd)" "$work/clones/shared"; fi
}

# choose_installer: uv, which fills an environment in seconds where pip takes a minute and a half; there are seven.
choose_installer() {
    export UV_CACHE_DIR="$work/uv" UV_LINK_MODE=copy UV_NO_PROGRESS=1 # copies: one environment is made read-only
    "$python" -m venv "$work/tools"
    "$work/tools/bin/pip" install uv || echo "uv cannot be installed here, so pip fills all environments, and takes longer"
}

# install ENVIRONMENT ARGUMENT...: as its pip does. What the README's commands install they install by themselves.
install() {
    local environment=$1
    shift
    if [ -x "$work/tools/bin/uv" ]; then
        "$work/tools/bin/uv" pip install --quiet --python "$environment/bin/python" "$@" && return 0
        echo "uv cannot install $* (see above); trying pip"
    fi
    "$environment/bin/pip" install "$@"
}

# dist_once: the sdist, and the wheel that is built from it, in $work/dist.
dist_once() {
    [ ! -d "$work/dist" ] || return 0
    copy_tree "$work/packed"
    "$python" -m venv "$work/building"
    install "$work/building" build
    "$work/building/bin/python" -m build --outdir "$work/dist.part" "$work/packed" >/dev/null
    mv "$work/dist.part" "$work/dist"
}
