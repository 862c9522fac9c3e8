#!/usr/bin/env bash
# Runs one command on many sshd on loopback with every tool that is there, and prints what each costs. See README.md.
#
#   benches/ssh_fanout/run.sh [HOSTS] [CONCURRENCY] [ROUNDS] [BYTES] [--without-permission] [--before PROGRAM] [--only ROWS]
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build -q --profile dist -p pogo-one -p pogo-benches --bin pogo --bin bare_russh
case " $* " in *" --without-permission "*) benches/ssh_fanout/without_permission.sh ;; esac
exec python3 -W ignore benches/ssh_fanout/fanout.py "$@"
