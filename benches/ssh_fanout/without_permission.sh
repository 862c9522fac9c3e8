#!/usr/bin/env bash
# Builds target/dist/pogo-without-permission from a copy of the sources with the patch beside this file.
set -euo pipefail
cd "$(dirname "$0")/../.."
copy=target/without-permission
rm -rf "$copy"
mkdir -p "$copy/target/dist"
git ls-files -z | xargs -0 cp -p --parents -t "$copy"
# What is built already is built from the same sources; the build after a patch differs in what the patch touches.
for part in deps build .fingerprint; do
  [ ! -e "target/dist/$part" ] || cp -a --reflink=auto "target/dist/$part" "$copy/target/dist/"
done
patch -s -d "$copy" -p1 <benches/ssh_fanout/without_permission.patch
CARGO_TARGET_DIR=$copy/target cargo build -q --profile dist --manifest-path "$copy/Cargo.toml" -p pogo-one --bin pogo
cp "$copy/target/dist/pogo" target/dist/pogo-without-permission
rm -rf "$copy"
