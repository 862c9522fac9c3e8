"""Runs a command on hosts with asyncssh, so many at once."""

import asyncio
import sys
import warnings

warnings.simplefilter("ignore")
import asyncssh  # noqa: E402

hosts_file, port, user, key, known_hosts, concurrency, command = sys.argv[1:]


async def visit(host, turns):
    async with turns:
        async with asyncssh.connect(
            host, port=int(port), username=user, client_keys=[key], known_hosts=known_hosts, config=None
        ) as link:
            return (await link.run(command, check=True)).stdout


async def main():
    turns = asyncio.Semaphore(int(concurrency))
    hosts = open(hosts_file).read().split()
    results = await asyncio.gather(*(visit(host, turns) for host in hosts))
    print(len(results), "succeeded")


asyncio.run(main())
