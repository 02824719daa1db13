#!/usr/bin/env bash
# Makes sure that what a make target needs is there, and installs from the system's packages what is missing, saying so.
#
#   scripts/deps.sh build|server|test|orm|apps|drivers|bench|smith …
#
# build:  a C compiler, for PostgreSQL's own parser
# server: PostgreSQL's server programs, psql and pgbench
# test:   the other clients that the tests drive: psycopg2, node-postgres, Django, SQLAlchemy, TypeORM, pgbouncer, slapd, and openssl
# orm:    the object-relational mappers beyond these that make orm drives
# apps:   the applications that make apps works with: Tryton and Directus
# drivers: what the drivers' own test suites run with
# bench:  pgbouncer, to compare with
# smith:  sqlsmith, which makes up statements
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'deps: %s\n' "$*"; }
die() { printf 'deps: error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

has_server() {
    if [ -n "${CORDON_PG_BIN:-}" ]; then [ -x "$CORDON_PG_BIN/postgres" ]; return; fi
    have postgres && have initdb && return
    local dir
    for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin /opt/homebrew/bin; do
        [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ] && return
    done
    return 1
}

# Debian's packages are for Debian's own python3 and ruby, which need not be the first in PATH. The tests look in the same order.
has_python() {
    local python
    for python in python3 /usr/bin/python3; do
        "$python" -c "import psycopg2, $1" 2>/dev/null && return
    done
    return 1
}

has_activerecord() {
    local ruby
    for ruby in ruby /usr/bin/ruby; do
        "$ruby" -e "require 'active_record'; require 'pg'" 2>/dev/null && return
    done
    return 1
}

want_directus=
node_modules=.cache/node
node_packages=()
# want_node asks for packages of npm, each name@version, that are not there yet.
want_node() {
    local package
    have node || packages+=(nodejs)
    for package in "$@"; do
        if [ ! -f "$node_modules/node_modules/${package%@*}/package.json" ]; then
            have npm || packages+=(npm)
            node_packages+=("$package")
        fi
    done
}

packages=()
for what in "$@"; do
    case $what in
    build)
        have go || die "Go is missing: install it from https://go.dev/dl (the version that go.mod names, or newer)"
        have cc || have gcc || packages+=(gcc libc6-dev)
        ;;
    server)
        has_server || packages+=(postgresql)
        have psql || packages+=(postgresql-client)
        ;;
    test)
        have openssl || packages+=(openssl)
        [ -x /usr/sbin/pgbouncer ] || have pgbouncer || packages+=(pgbouncer)
        [ -x /usr/sbin/slapd ] || have slapd || packages+=(slapd)
        has_python psycopg2 || packages+=(python3 python3-psycopg2)
        has_python django || packages+=(python3-django python3-psycopg2)
        has_python sqlalchemy || packages+=(python3-sqlalchemy python3-psycopg2)
        want_node pg@8.13.1 typeorm@0.3.20 reflect-metadata@0.2.2
        ;;
    orm)
        has_activerecord || packages+=(ruby-activerecord ruby-pg)
        want_node sequelize@6.37.8 knex@3.3.0 objection@3.1.5 drizzle-orm@0.45.4 @mikro-orm/core@6.4.5 @mikro-orm/postgresql@6.4.5 prisma@7.10.1 @prisma/client@7.10.0 @prisma/adapter-pg@7.10.1
        ;;
    apps)
        /usr/bin/python3 -c "import trytond.modules.sale_opportunity, proteus, psycopg2" 2>/dev/null || packages+=(tryton-server tryton-proteus tryton-modules-party tryton-modules-sale-opportunity python3-psycopg2)
        have node || packages+=(nodejs)
        [ -f .cache/directus/built ] || want_directus=1
        ;;
    drivers)
        /usr/bin/python3 -c "import psycopg2, psycopg, pytest, pytest_asyncio" 2>/dev/null || packages+=(python3 python3-psycopg2 python3-psycopg python3-pytest python3-pytest-asyncio)
        have node || packages+=(nodejs)
        have npm || packages+=(npm)
        have git || packages+=(git)
        ;;
    bench)
        [ -x /usr/sbin/pgbouncer ] || have pgbouncer || packages+=(pgbouncer)
        ;;
    smith)
        have sqlsmith || packages+=(sqlsmith)
        ;;
    *) die "unknown group $what: it is one of build, server, test, orm, apps, drivers, bench, smith" ;;
    esac
done

# The packages of servers start them; ours are throwaway servers, so nothing is to start by itself or to stay.
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/cordon.conf
install_packages='
set -eu
policy=$1 cluster=$2; shift 2
made_policy= made_cluster=
clean() { if [ -n "$made_policy" ]; then rm -f "$policy"; fi; if [ -n "$made_cluster" ]; then rm -f "$cluster"; fi; }
trap clean EXIT
if [ ! -e "$policy" ]; then made_policy=1; printf "#!/bin/sh\nexit 101\n" >"$policy"; chmod 755 "$policy"; fi
if [ ! -e "$cluster" ]; then made_cluster=1; mkdir -p "$(dirname "$cluster")"; echo "create_main_cluster = false" >"$cluster"; fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq -o DPkg::Use-Pty=0 --no-install-recommends "$@" </dev/null >/dev/null 2>&1 || apt-get install -y --no-install-recommends "$@" </dev/null
'
if [ ${#packages[@]} -gt 0 ]; then
    have apt-get || die "missing: ${packages[*]} (names of Debian's packages). This machine has no apt-get: install their like with its own package manager"
    say "installing from the system's packages: ${packages[*]}"
    if [ "$(id -u)" = 0 ]; then
        sh -c "$install_packages" deps "$policy" "$cluster" "${packages[@]}"
    elif have sudo; then
        sudo sh -c "$install_packages" deps "$policy" "$cluster" "${packages[@]}"
    else
        die "missing: ${packages[*]}, and this user may not install packages: run as root: apt-get install ${packages[*]}"
    fi
fi

if [ ${#node_packages[@]} -gt 0 ]; then
    say "fetching into $node_modules: ${node_packages[*]}"
    mkdir -p "$node_modules"
    [ -f "$node_modules/package.json" ] || echo '{"private": true}' >"$node_modules/package.json"
    npm install --prefix "$node_modules" --ignore-scripts --no-audit --no-fund --loglevel=error --save-exact "${node_packages[@]}" </dev/null
fi

for what in "$@"; do
    if [ "$what" = server ] && ! has_server; then die "PostgreSQL's server programs are still not found: set CORDON_PG_BIN to the folder that holds postgres and initdb"; fi
done

# Directus needs nothing of what its packages build at installation but the sandbox that its flows run in.
if [ -n "$want_directus" ]; then
    say "fetching Directus into .cache/directus"
    mkdir -p .cache/directus
    echo '{"private": true}' >.cache/directus/package.json
    npm install --prefix .cache/directus --ignore-scripts --no-audit --no-fund --loglevel=error --save-exact directus@11.1.0 </dev/null
    npm rebuild --prefix .cache/directus isolated-vm </dev/null
    touch .cache/directus/built
fi
