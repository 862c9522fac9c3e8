#!/usr/bin/env bash
# What a job costs with its store in a directory, PostgreSQL and ZooKeeper, against none, in one run: benches/engines.sh [HOSTS] [ROUNDS]
# And what millions of records behind it cost a start, a takeover and a list: benches/engines.sh behind [RECORDS] [ROUNDS]
#
# It starts a PostgreSQL and three servers of ZooKeeper on loopback, with the settings of Debian's packages, in a directory
# that goes with them. TMPDIR names the disk.
set -euo pipefail
cd "$(dirname "$0")/.."
behind=
[ "${1:-}" != behind ] || { behind=yes; shift; }
programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
[ -n "$programs" ] || { echo "PostgreSQL is not installed; get it with: apt-get install postgresql" >&2; exit 69; }
classes=/usr/share/java/zookeeper.jar
[ -e "$classes" ] || { echo "ZooKeeper is not installed; get it with: apt-get install zookeeper default-jre-headless" >&2; exit 69; }
[ -n "$behind${POGO:-}" ] || { cargo build -q --profile dist -p pogo-one --features full --bin pogo; POGO=$PWD/target/dist/pogo; }
export POGO=${POGO:-}

dir=$(mktemp -d)
started=()
finish() {
  [ ${#started[@]} = 0 ] || kill "${started[@]}" 2>/dev/null || true
  wait
  rm -rf "$dir"
}
trap finish EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# PostgreSQL refuses to run as root.
as_postgres() { if [ "$(id -u)" = 0 ]; then setpriv --reuid postgres --regid postgres --clear-groups "$@"; else "$@"; fi; }
chmod 755 "$dir"
mkdir "$dir/postgres"
[ "$(id -u)" != 0 ] || chown postgres: "$dir/postgres"
as_postgres "$programs/initdb" -D "$dir/postgres/data" -A trust -U pogo >"$dir/initdb.log"
port=$(free_port)
as_postgres "$programs/postgres" -D "$dir/postgres/data" -k "$dir/postgres" -p "$port" -h 127.0.0.1 >"$dir/postgres.log" 2>&1 &
started+=($!)
until "$programs/pg_isready" -q -h 127.0.0.1 -p "$port"; do kill -0 "${started[0]}"; sleep 0.2; done
"$programs/createdb" -h 127.0.0.1 -p "$port" -U pogo pogo

ports=()
for number in 1 2 3 4 5 6 7 8 9; do ports+=("$(free_port)"); done
for number in 0 1 2; do
  mkdir -p "$dir/zookeeper/$number"
  echo "$number" >"$dir/zookeeper/$number/myid"
  {
    printf '%s\n' tickTime=2000 initLimit=10 syncLimit=5 "dataDir=$dir/zookeeper/$number" "clientPort=${ports[$number]}" \
      clientPortAddress=127.0.0.1 admin.enableServer=false '4lw.commands.whitelist=srvr'
    for other in 0 1 2; do echo "server.$other=127.0.0.1:${ports[$((3 + other))]}:${ports[$((6 + other))]}"; done
  } >"$dir/zookeeper/$number/zoo.cfg"
  java -Xmx512m -XX:+UseSerialGC -cp "$classes" org.apache.zookeeper.server.quorum.QuorumPeerMain "$dir/zookeeper/$number/zoo.cfg" \
    >"$dir/zookeeper-$number.log" 2>&1 &
  started+=($!)
done
serves() { (exec 3<>"/dev/tcp/127.0.0.1/$1" && echo srvr >&3 && grep -q '^Mode' <&3) 2>/dev/null; }
for number in 0 1 2; do
  until serves "${ports[$number]}"; do kill -0 "${started[$((number + 1))]}"; sleep 0.2; done
done

postgres="postgres://pogo@127.0.0.1:$port/pogo?schema"
zookeeper="zookeeper://127.0.0.1:${ports[0]},127.0.0.1:${ports[1]},127.0.0.1:${ports[2]}"
if [ -n "$behind" ]; then
  cargo bench -q -p pogo-benches --features servers --bench behind -- "${1:-10000000}" --rounds "${2:-10}" "$postgres={}" "$zookeeper/{}"
else
  cargo bench -q -p pogo-benches --bench store -- engines "${1:-10000}" --rounds "${2:-3}" "$postgres=round{}" "$zookeeper/round{}"
fi
