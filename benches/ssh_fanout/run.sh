#!/usr/bin/env bash
# Runs one command on many sshd on loopback with every tool that is there, and prints what each costs. See README.md.
#
#   benches/ssh_fanout/run.sh [HOSTS] [CONCURRENCY] [ROUNDS] [BYTES]
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build -q --release -p pogo-one -p pogo-benches --bin pogo --bin bare_russh
exec python3 -W ignore benches/ssh_fanout/fanout.py "${1:-320}" "${2:-32}" "${3:-3}" "${4:-0}"
