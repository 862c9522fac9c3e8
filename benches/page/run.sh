#!/usr/bin/env bash
# What a browser takes to show jobs of different sizes: benches/page/run.sh [HOSTS…]
# And whether it takes more and more in an hour of a live job: benches/page/run.sh hour [HOSTS]
# POGO_PAGE names a build of pogo-web's example `page` to measure; without it one is made.
set -euo pipefail
cd "$(dirname "$0")/../.."
browser=$(type -P chromium chromium-browser google-chrome | head -1)
[ -n "$browser" ] || { echo "no Chromium is installed; get it with: apt-get install chromium" >&2; exit 69; }
python=target/browser/bin/python
if ! "$python" -c 'import playwright' 2>/dev/null; then
  python3 -m venv --clear target/browser
  target/browser/bin/pip install -q 'playwright==1.65.*'
fi
page=${POGO_PAGE:-target/release/examples/page}
[ -n "${POGO_PAGE:-}" ] || cargo build -q --release -p pogo-web --features page --example page
if [ "${1:-}" = hour ]; then
  exec "$python" benches/page/hour.py "$browser" "$page" "${2:-2000}"
fi
[ $# -gt 0 ] || set -- 28 500 10000 100000
"$python" benches/page/measure.py "$browser" "$page" "$@"
