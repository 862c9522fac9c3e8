"""Reads inventories as `ansible-inventory --list` does: a path a line in, a JSON document a line out.

Importing Ansible takes a second, reading an inventory hundredths of one. Each inventory is read in a process of its own,
for Ansible keeps what it has read.
"""
import io
import json
import os
import sys
import tempfile

# No configuration of this machine's: an empty one.
configuration = tempfile.NamedTemporaryFile(suffix=".cfg")
os.environ["ANSIBLE_CONFIG"] = configuration.name

from ansible.cli.inventory import InventoryCLI


def listing(path):
    os.chdir(os.path.dirname(path))
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    try:
        inventory = InventoryCLI(["ansible-inventory", "--list", "-i", path])
        inventory.parse()
        inventory.run()
    except SystemExit as end:
        if end.code:
            return {"error": f"it exits with {end.code}: {sys.stderr.getvalue()}"}
    except Exception as error:
        # Why a file was passed over is only in the warnings.
        return {"error": f"{error} {sys.stderr.getvalue()}"}
    return {"list": json.loads(sys.stdout.getvalue()), "warnings": sys.stderr.getvalue()}


for line in sys.stdin:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        answer = listing(line.rstrip("\n"))
        with os.fdopen(write, "w") as pipe:
            json.dump(answer, pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    print(json.dumps(json.loads(answer)), flush=True)
