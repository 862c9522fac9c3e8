//! Where pogo is known to differ from the tools whose files it reads, each with the reason and an input that shows it.

use std::fmt::Debug;

/// What pogo is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    AnsibleInventory,
    Nodeset,
    Nodeattr,
    Ssh,
}

/// Who refuses what the other reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusedBy {
    /// Or leaves a part of it out, with a warning.
    Pogo,
    Tool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Difference {
    pub(crate) tool: Tool,
    pub(crate) refused_by: RefusedBy,
    /// A part of the message that says so.
    pub(crate) message: &'static str,
    pub(crate) reason: &'static str,
    /// The smallest input; a test of each comparison holds that the difference is still there.
    pub(crate) input: &'static str,
}

/// The known difference that a message is about.
pub(crate) fn is_known(tool: Tool, refused_by: RefusedBy, message: &str) -> Option<&'static Difference> {
    KNOWN
        .iter()
        .find(|known| known.tool == tool && known.refused_by == refused_by && message.contains(known.message))
}

const fn ansible(message: &'static str, input: &'static str, reason: &'static str) -> Difference {
    Difference {
        tool: Tool::AnsibleInventory,
        refused_by: RefusedBy::Pogo,
        message,
        reason,
        input,
    }
}

const fn nodeset(message: &'static str, input: &'static str, reason: &'static str) -> Difference {
    Difference {
        tool: Tool::Nodeset,
        ..ansible(message, input, reason)
    }
}

const fn nodeattr(message: &'static str, input: &'static str, reason: &'static str) -> Difference {
    Difference {
        tool: Tool::Nodeattr,
        ..ansible(message, input, reason)
    }
}

const fn ssh(message: &'static str, input: &'static str, reason: &'static str) -> Difference {
    Difference {
        tool: Tool::Ssh,
        ..ansible(message, input, reason)
    }
}

const fn by_tool(difference: Difference) -> Difference {
    Difference {
        refused_by: RefusedBy::Tool,
        ..difference
    }
}

pub(crate) const KNOWN: &[Difference] = &[
    ansible(
        "is not a port",
        "[a]\nh1\nh2 ansible_port=ssh\n",
        "Ansible finds out when it connects to the host",
    ),
    ansible(
        "is not a plain text",
        "[a]\nh1\nh2 ansible_user=[1,2]\n",
        "lists and maps make no setting; Ansible finds out when it connects",
    ),
    ansible(
        "is not supported",
        "[a]\nh1\nh2 ansible_user='{{ me }}'\n",
        "templates are for plays, whose variables pogo does not have",
    ),
    ansible(
        "`ungrouped` holds the hosts of no other group",
        "h1\n[a:children]\nungrouped\n",
        "Ansible takes the hosts out of `ungrouped` then, and out of its new parent with it",
    ),
    ansible(
        "would both become the tag",
        "[a.b]\nh1\n[a_b]\nh2\n",
        "tags have no dots, blanks and the like within their parts",
    ),
    ansible(
        "cannot be part of the host name",
        "a: { hosts: { 'h$1': } }\n",
        "a name with these characters could not be written in a selector",
    ),
    ansible(
        "holds white space",
        "[a]\nh1 ansible_host='x y'\n",
        "Ansible finds out when it connects to the host",
    ),
    ansible("is a network", "[a]\nh1 ansible_host=10.0.0.1/24\n", "the same"),
    ansible("holds a user", "[a]\nh1 ansible_host=u@x\n", "the same"),
    ansible(
        "holds a character that shows nothing",
        "a: { hosts: { h1: { ansible_user: \"u\\n\" } } }\n",
        "it could change what a terminal shows",
    ),
    ansible(
        "is there twice",
        "a: { hosts: { h1: , h1: } }\n",
        "Ansible takes the last and warns; one of the two is a slip that would be lost",
    ),
    ansible(
        "unknown key",
        "a: { hosts: { h1: }, host: { h2: } }\n",
        "Ansible skips it with a warning; hosts below it would be lost",
    ),
    ansible(
        "expected a group, found",
        "a: { hosts: { h1: } }\nb: 5\n",
        "Ansible skips it with a warning",
    ),
    by_tool(ansible(
        "invalid literal for int()",
        "a: { hosts: { h1: }, vars: { ansible_group_priority: '1.5' } }\n",
        "a priority such as \"1.5\" is cut to a whole number whether it is quoted or not",
    )),
    by_tool(ansible(
        "Could not determine a constructor for the tag",
        "[a]\nh1\ngroup_vars/a.yml:\nother: !odd x\n",
        "types of variables that pogo does not use are nothing to it",
    )),
    by_tool(ansible(
        "the list shows a group in place of a host",
        "[h1]\nh2\n[all]\nh1\n",
        "`ansible all --list-hosts` has the host `h1` too, as pogo has",
    )),
    nodeset(
        "would mix up the operators",
        "w1!w*",
        "ClusterShell joins all groups to one expression",
    ),
    nodeset(
        "has no group",
        "w1,@none",
        "ClusterShell takes a group that is not there for an empty one",
    ),
    nodeset(
        "contains itself",
        "w1,w*",
        "ClusterShell takes the wildcards of a source without a group `all` for names then",
    ),
    nodeset(
        "is not a range of numbers",
        "w[-1-2]",
        "ClusterShell reads [-1-2] as -1 to 2",
    ),
    nodeset(
        "cannot be part of the host name",
        "w$",
        "names of nodes must fit into selectors",
    ),
    by_tool(nodeattr(
        "duplicate attribute",
        "w[1-3],w2 a\n",
        "a node that one line names twice has its attributes once; nothing is lost",
    )),
    by_tool(nodeattr(
        "node not a shortened hostname",
        "w.example.com a\n",
        "genders looks hosts up by their short names, pogo by the name that is written",
    )),
    by_tool(nodeattr(
        "unknown internal error",
        "w-ib a=%%%n\n",
        "`nodeattr --expand` has too little room for such a value; `nodeattr -v w-ib a` prints it as pogo reads it",
    )),
    nodeattr(
        "no node has an attribute",
        "w1,db\n",
        "every table of commas could be such a file; it is of no use to pogo either",
    ),
    nodeattr(
        "no node's name ends in a colon",
        "w: a\n",
        "that is a line of YAML or of ClusterShell; nobody has such a node",
    ),
    nodeattr(
        "this `]` closes nothing",
        "w1] a\n",
        "genders takes a bracket that fits nothing for a part of the name",
    ),
    nodeattr("this bracket is not closed", "w[1 a\n", "the same"),
    nodeattr("a name has one range", "w[1,w[01-03] a\n", "the same"),
    nodeattr(
        "mixes paddings",
        "w[1-02] a\n",
        "genders counts from 1 to 2; 01 and 02 may be meant as well",
    ),
    nodeattr(
        "does not belong here",
        "a!b a\n",
        "a name with an operator could not be written in a selector",
    ),
    nodeattr("is a pattern", "w* a\n", "the same"),
    nodeattr(
        "would both become the tag",
        "w1 a=1.2\nw2 a=1_2\n",
        "tags have no dots, blanks and the like within their parts",
    ),
    ssh(
        "are not taken over: whether",
        "Host a\nMatch !exec false\n Port 7\n",
        "whether such a condition holds is not known before somebody connects",
    ),
    ssh(
        "is not supported here",
        "Host a\n User u%r\n",
        "OpenSSH 9.2 takes the `%` as it is, newer ones do not",
    ),
    ssh(
        "holds white space",
        "Host a\n HostName \"x y\"\n",
        "OpenSSH finds out when it connects",
    ),
    ssh("is a network", "Host a\n HostName x/24\n", "the same"),
    ssh("holds a user", "Host a\n HostName u@x\n", "the same"),
];
