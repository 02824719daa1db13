#!/usr/bin/env bash
# Gets what one of the suites needs from where its authors publish it, and prints the folder that it is in. All is kept under .cache/suites.
#
#   scripts/suite-source.sh regress|isolation|libpq-pipeline|pgx|lib-pq|node-postgres|psycopg2|psycopg
#
# The tests of pgx and lib/pq come with the modules, through the Go module proxy; those of node-postgres and psycopg from their repositories. The drivers themselves come from npm and from Debian's packages.
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

module() { # path@version
    go mod download -json "$1" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p'
}

# A repository at one of its tags or commits. Where there is no way to its host, a checkout can be put into the folder by hand.
repository() { # folder address tag
    local dir=$cache/$1
    if [ ! -d "$dir" ]; then
        say "getting $2 at $3"
        rm -rf "$dir.new"
        git -c advice.detachedHead=false clone --quiet --depth 1 --branch "$3" "$2" "$dir.new" >&2 || die "$2 cannot be had. Name a mirror (git config --global url.MIRROR.insteadOf $2), or put its tree, as of $3, into $dir"
        mv "$dir.new" "$dir"
    fi
    echo "$dir"
}

# pg and what stands on it from npm, with the tests of their repository beside them.
node_postgres() {
    local dir=$cache/node-postgres-run source part
    if [ ! -e "$dir/done" ]; then
        source=$(repository node-postgres https://github.com/brianc/node-postgres pg@8.23.0)
        rm -rf "$dir"
        mkdir -p "$dir"
        echo '{"private": true}' >"$dir/package.json"
        npm install --prefix "$dir" --no-audit --no-fund --loglevel=error --save-exact pg@8.23.0 pg-pool@3.14.0 pg-cursor@2.22.0 async@2.6.4 bluebird@3.7.2 co@4.6.0 pg-copy-streams@0.3.0 mocha@10.5.2 \
            expect.js@0.3.1 lodash@4.17.21 >&2 </dev/null
        for part in pg pg-pool pg-cursor; do
            cp -r "$source/packages/$part/test" "$dir/node_modules/$part/"
        done
        cp -r "$source/packages/pg/script" "$dir/node_modules/pg/"
        touch "$dir/done"
    fi
    echo "$dir/node_modules/pg"
}

case ${1:-} in
pgx) module "github.com/jackc/pgx/v5@$(go list -m -f '{{.Version}}' github.com/jackc/pgx/v5)" ;;
lib-pq) module github.com/lib/pq@v1.10.9 ;;
node-postgres) node_postgres ;;
psycopg2) repository psycopg2 https://github.com/psycopg/psycopg2 2_9_5 ;;
psycopg) repository psycopg https://github.com/psycopg/psycopg 3.1.7 ;;
regress | isolation | libpq-pipeline) postgres ;;
*) die "unknown suite ${1:-}" ;;
esac
