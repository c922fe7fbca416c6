# Parts of .ci/run: the linters, the site and the tests.

# --- lint ---
part_lint() {
    checked="$work/checked" bin="$work/linters/bin"
    check linters
    check ruff_check
    check ruff_format
    check mypy_installed
}

linters() {
    copy_tree "$checked"
    "$python" -m venv "$work/linters"
    install "$work/linters" "$checked[dev]"
}

ruff_check() { (cd "$checked" && "$bin/ruff" check --no-cache .); }
ruff_format() { (cd "$checked" && "$bin/ruff" format --no-cache --check .); }

# From the root mypy would check eventnet/ alone and say Success, so it runs elsewhere and its file count is compared.
mypy_installed() {
    local expected named status=0
    expected=$(cd "$checked" && find eventnet models scenarios -name '*.py' | wc -l)
    (cd "$checked/tests" && "$bin/mypy" --strict --config-file ../pyproject.toml --cache-dir "$work/mypy" -p eventnet) \
        | tee "$work/mypy.txt" || status=1
    named=$(sed -nE 's/.*(in|checked) ([0-9]+) source files?\)?$/\2/p' "$work/mypy.txt")
    if [ "${named:-0}" -ne "$expected" ]; then
        echo "mypy checked ${named:-0} files; eventnet, models and scenarios have $expected"
        status=1
    fi
    return "$status"
}

# --- docs ---
part_docs() {
    check site
}

# The site is built from a copy by the script that users run, with an interpreter of its own that has the extra `docs`.
site() {
    copy_tree "$work/documented"
    "$python" -m venv "$work/docs"
    install "$work/docs" -e "$work/documented[docs]"
    "$work/documented/docs/build" "$work/docs/bin/python"
}

# --- short ---
part_short() {
    check short_suite 3.13 >"$work/short_lane.txt" 2>&1 & # beside the other: each installs with one core
    check short_suite 3.12
    wait $! || true
    cat "$work/short_lane.txt"
}

# What depends on the interpreter most: engines, rules, orders, compiled code, checkpoints, guards, files. In one process:
# two that begin together compile the same.
short_suite() {
    local found folder="$work/short$1"
    if ! found=$(find_python "$1"); then
        skip "Python $1: no interpreter that starts"
        return 0
    fi
    copy_tree "$folder"
    "$found" -m venv "$folder/.venv"
    install "$folder/.venv" -e "$folder[test]"
    cd "$folder"
    .venv/bin/pytest -q -n 0 tests/test_{event,engines,simulation,rule,order,compiling,checkpoint}.py tests/test_io_*.py
}

# --- mutants ---
part_mutants() {
    check three_mutants
}

three_mutants() {
    local script=tests/scripts/mutate_sources.py
    if [ ! -e "$root/$script" ]; then
        skip "three mutants: there is no $script"
        return 0
    fi
    clone_once
    [ -x "$work/clones/eventnet/.venv/bin/pytest" ] || in_clone 'python3 -m venv .venv && .venv/bin/pip install -e ".[test]"'
    in_clone ".venv/bin/python $script --seed 1 --numbers 11 36 39"
}

# --- extras ---
part_extras() {
    clone_once
    check all_extras
}

all_extras() {
    in_clone 'python3 -m venv .venv'
    install "$work/clones/eventnet/.venv" -e "$work/clones/eventnet[test,all]" pandas polars xarray
}

# --- suite ---
part_suite() {
    find_browser
    clone_once
    # What is there to read when it comes to the suite, since it runs for long.
    cat "$work/failed"
    PYTEST_ADDOPTS="--slow --durations=40" check whole_suite
}

whole_suite() { in_clone "$(readme_command tests)" | tee "$work/suite.txt"; }

# Tests of reports read pages in a browser; where there is none they are skipped, and say so.
browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
find_browser() {
    ! browser >/dev/null || return 0
    say "a browser for the tests of reports (Debian's chromium, some 120 MB)"
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install chromium fonts-dejavu-core; } \
            >"$work/apt.txt" 2>&1 || tail -n 3 "$work/apt.txt"
    fi
    browser || skip "tests of pages in a browser: there is none, and none could be installed"
}
