# Interpreters: one counts as found when it starts and can make virtual environments; finding a name is not enough.

# find_python VERSION [RUNNER...]: the first interpreter of a version, as 3.12, that starts (below a runner, if given).
find_python() {
    local version=$1 candidate
    shift
    for candidate in $(type -ap "python$version" || true) /usr/bin/"python$version" /usr/local/bin/"python$version" \
        "${PYENV_ROOT:-${HOME:-/nowhere}/.pyenv}"/versions/"$version"*/bin/python $(type -ap python3 || true); do
        if "$@" "$candidate" -c "import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" \
            >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

# choose_python: the interpreter of the main suite. 3.11 if there is one, else what python3 is.
choose_python() {
    if ! python=$(find_python 3.11); then
        python=$(command -v python3) || die "there is no python3 on the PATH; wanted 3.11 or newer"
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
            || die "python3 is $("$python" -V 2>&1); wanted 3.11 or newer"
        "$python" -c 'import venv, ensurepip' 2>/dev/null \
            || die "python3 cannot make virtual environments (no venv or ensurepip)"
        skip "Python 3.11: no interpreter that starts; its parts run on $("$python" -V)"
    fi
    mkdir -p "$work/shim" # a script, since a virtual environment made through a link does not find its library
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$python" >"$work/shim/python3"
    chmod 755 "$work/shim/python3"
}

# --- running as someone who may not write ---
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
as_nobody_by_python() {
    "$python" -c 'import os, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534); os.execvp(sys.argv[1], sys.argv[1:])' "$@"
}
as_root_without_rights() { setpriv --inh-caps=-all --bounding-set=-all "$@"; } # root's own files, by their permissions
as_oneself() { "$@"; }

# ways_to_run: the ways that may be open on this machine, the best first.
ways_to_run() {
    if [ "$(id -u)" -eq 0 ]; then echo as_nobody as_nobody_by_python as_root_without_rights; else echo as_oneself; fi
}
