# Parts of .ci/run: what users do with a clone, a wheel and an sdist.

# What an installation must do, whatever the folder: start, simulate, find what ships below it.
small_run='
import eventnet as en, eventnet.models, eventnet.scenarios
net = en.Network()
relay, sink = net.add(en.Relay(2)), net.add(en.Sink(2))
net.connect(relay.out, sink.spikes)
sim = en.Simulation(net, engine="compiled")
sim.inject([(0, relay.spikes, 0, 1), (1, relay.spikes, 1, -1)])
sim.run()
assert sim.tally.deliveries == 4, sim.tally
print(en.__file__)
'

# --- readme ---
part_readme() {
    clone_once
    check in_clone "$(readme_command demo)"
    PYTEST_ADDOPTS="tests/test_event.py" check in_clone "$(readme_command tests)"
    check above_a_clone "$work/clones/eventnet/.venv/bin/python"
    check beside_own_models "$work/clones/eventnet/.venv/bin/python"
}

# above_a_clone PYTHON: the clone's folder itself has the package's name.
above_a_clone() { (cd "$work/clones" && "$1" -c "$small_run"); }

beside_own_models() {
    local folder="$work/own"
    mkdir -p "$folder/models"
    echo 'print("my own")' >"$folder/models/foo.py"
    [ "$(cd "$folder" && "$1" -c 'import eventnet.models, models.foo')" = "my own" ]
}

# --- wheel ---
part_wheel() {
    check dist_once
    check locked_wheel
}

# For a user who may write neither the installation nor a home: every command starts, and says what it cannot keep.
locked_wheel() {
    local way version found library
    for way in $(ways_to_run); do
        for version in 3.11 3.12 3.13; do
            if found=$(find_python "$version" "$way"); then break 2; fi
        done
    done
    if [ -z "${found:-}" ]; then
        skip "the wheel where nothing can be written: no interpreter starts for another user or without rights"
        return 0
    fi
    "$found" -m venv "$work/locked"
    install "$work/locked" "$work"/dist/*.whl
    library=$("$work/locked/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    chmod -R a+rX,a-w "$work/locked"
    mkdir -p "$work/outside"
    chmod a+rwx "$work/outside" # where commands leave their results
    if "$way" touch "$library/probe" 2>/dev/null; then
        skip "the wheel where nothing can be written: $way may still write $library"
        return 0
    fi
    echo "$way, Python $version: $library cannot be written"
    clone_once
    cd "$work/outside"
    locked() { "$way" env -i PATH=/usr/bin:/bin HOME=/proc/nonexistent "$work/locked/bin/$1" "${@:2}"; }
    "$way" env -i PATH=/usr/bin:/bin "$work/locked/bin/eventnet" --help >/dev/null
    locked eventnet info >/dev/null
    locked python -m eventnet orders >/dev/null 2>"$work/locked.txt" || { cat "$work/locked.txt"; return 1; }
    [ "$(grep -c 'compiled code cannot be kept' "$work/locked.txt")" -eq 1 ] || { cat "$work/locked.txt"; return 1; }
    cd "$work/clones"
    locked python -c "$small_run" | tee "$work/locked.txt"
    grep -q "^$library/eventnet/" "$work/locked.txt"
}

# --- sdist ---
part_sdist() {
    check dist_once
    check installed_sdist
    check tests_of_the_sdist
}

installed_sdist() {
    "$python" -m venv "$work/from_sdist"
    install "$work/from_sdist" "$(echo "$work"/dist/*.tar.gz)[test]"
    mkdir -p "$work/elsewhere" && cd "$work/elsewhere"
    "$work/from_sdist/bin/eventnet" --help >/dev/null
    "$work/from_sdist/bin/eventnet" orders >/dev/null
    "$work/from_sdist/bin/python" -c "$small_run"
}

# The tests that it holds are those of what is installed: -P keeps the unpacked folder off the path.
tests_of_the_sdist() {
    mkdir -p "$work/unpacked" && cd "$work/unpacked"
    tar -xzf "$work"/dist/*.tar.gz --strip-components=1
    [ -d docs ] && [ -e CHANGELOG.md ]
    "$work/from_sdist/bin/python" -P -m pytest -q tests/test_event.py tests/test_layout.py tests/test_hatch_build.py
}

# --- oldest ---
part_oldest() {
    check oldest_dependencies
}

oldest_dependencies() {
    local found
    if ! found=$(find_python 3.11); then
        skip "the oldest dependencies: no Python 3.11 that starts, and they have no wheels for newer ones"
        return 0
    fi
    copy_tree "$work/with_oldest"
    "$found" -m venv "$work/oldest"
    install "$work/oldest" -c "$root/tests/oldest.txt" -e "$work/with_oldest[test]"
    cd "$work/with_oldest"
    "$work/oldest/bin/eventnet" --help >/dev/null
    "$work/oldest/bin/eventnet" demo >/dev/null
    "$work/oldest/bin/python" -c "$small_run"
    "$work/oldest/bin/pytest" -q -n 0 tests/test_{event,order,rule,simulation,network,compiling,cli}.py
}
