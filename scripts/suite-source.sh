#!/usr/bin/env bash
# Gets what one of the suites needs from where its authors publish it, and prints the folder that it is in. All is kept under .cache/suites.
#
#   scripts/suite-source.sh regress|isolation|libpq-pipeline
#
# PostgreSQL's tests come from Debian's source package of the PostgreSQL that is installed. Only the tests are built, and what they link; the server is the installed one.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=$PWD/.cache/suites
mkdir -p "$cache"

say() { printf 'suites: %s\n' "$*" >&2; }
die() { printf 'suites: error: %s\n' "$*" >&2; exit 1; }

# A source package of the installed version, through the machine's own package sources with deb-src in the place of deb. The system's own lists stay as they are.
debian_source() { # package version folder
    local apt=$cache/apt file
    mkdir -p "$apt/sources" "$apt/lists/partial" "$apt/cache/archives/partial"
    rm -f "$apt"/sources/*
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -e "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$apt/sources/$(basename "$file")"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -e "$file" ] && sed -n 's/^deb /deb-src /p' "$file" >"$apt/sources/$(basename "$file" .list).list"
    done
    local options=(-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/sources" -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root)
    apt-get "${options[@]}" update >"$apt/log" 2>&1 || die "apt-get update of the sources: $apt/log"
    mkdir -p "$3"
    (cd "$3" && apt-get "${options[@]}" source --download-only "$1=$2" >>"$apt/log" 2>&1) || die "the source of $1 $2 cannot be had: $apt/log"
    (cd "$3" && dpkg-source -x ./*.dsc src >>"$apt/log" 2>&1) || die "unpack the source of $1: $apt/log"
}

postgres() {
    local version dir
    version=$(dpkg-query -W -f '${Version}' postgresql-15) || die "these tests are for PostgreSQL 15: install postgresql-15"
    dir=$cache/postgresql-$version
    if [ ! -e "$dir/built" ]; then
        say "getting and building the tests of PostgreSQL $version"
        rm -rf "$dir"
        debian_source postgresql-15 "$version" "$dir"
        (
            cd "$dir/src"
            ./configure --without-readline --without-zlib
            make -j"$(nproc)" -C src/backend generated-headers
            for part in regress isolation modules/libpq_pipeline; do make -j"$(nproc)" -C "src/test/$part" all; done
        ) >"$dir/log" 2>&1 || die "build the tests: $dir/log"
        touch "$dir/built"
    fi
    echo "$dir/src"
}

case ${1:-} in
regress | isolation | libpq-pipeline) postgres ;;
*) die "unknown suite ${1:-}" ;;
esac
