#!/usr/bin/env bash
# Checks docker-compose.yml and the Dockerfile as far as a machine without a container engine can.
# With --build it also runs the Dockerfile's build steps, in a copy of what git knows.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'docker-check: %s\n' "$*"; }

if docker compose version >/dev/null 2>&1; then
    docker compose config --quiet
    say "docker compose accepts docker-compose.yml"
elif command -v docker-compose >/dev/null 2>&1; then
    docker-compose config --quiet
    say "docker-compose accepts docker-compose.yml"
else
    say "no docker compose here: go test ./examples checks docker-compose.yml instead"
fi

[ "${1:-}" = --build ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src" "$work/out"
git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- --ignore-failed-read -cf - | tar -xf - -C "$work/src"
# The steps of the stage `build`, with /out where this user may write.
awk '/^FROM /{in_build = / AS build$/} in_build && /^RUN /{sub(/^RUN /, ""); print}' Dockerfile | sed "s#/out/#$work/out/#g" >"$work/steps"
[ -s "$work/steps" ] || { say "the Dockerfile has no stage named build"; exit 1; }
while IFS= read -r step; do
    say "+ ${step//$work/}"
    (cd "$work/src" && sh -ec "$step" </dev/null)
done <"$work/steps"
for file in $(sed -n 's#^COPY --from=build ##p' Dockerfile | awk '{$NF = ""; print}'); do
    [ -s "$work/out/${file#/out/}" ] || { say "the build makes no $file, which a later stage copies"; exit 1; }
done
"$work/out/cordon-audit" --help >/dev/null 2>&1 || "$work/out/cordon-audit" help >/dev/null 2>&1 || { say "cordon-audit does not start"; exit 1; }
if ldd "$work/out/cordon" 2>/dev/null | grep -q 'not found'; then say "cordon misses a library"; exit 1; fi
say "the build steps run; crm.sql.gz has $(stat -c %s "$work/out/crm.sql.gz") bytes"
