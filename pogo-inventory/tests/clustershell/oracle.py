"""Evaluates groups as ClusterShell does: a node set a line in (as JSON), its nodes or an error a line out."""
import json
import sys

from ClusterShell.NodeSet import NodeSet
from ClusterShell.NodeUtils import GroupResolverConfig, GroupSource

resolver = GroupResolverConfig([sys.argv[1]])
own = GroupSource("own", groups={})
resolver.add_source(own)
for line in sys.stdin:
    own.groups = {"it": json.loads(line)}
    try:
        answer = {"nodes": [str(node) for node in NodeSet("@own:it", resolver=resolver)]}
    except Exception as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
