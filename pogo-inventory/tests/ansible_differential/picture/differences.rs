//! Where pogo is known to differ from `ansible-inventory`, each with the reason.

/// A difference: part of the message that says so, and why it is so.
pub(crate) struct Difference {
    pub(crate) message: &'static str,
    #[allow(dead_code, reason = "for those who read this file")]
    pub(crate) reason: &'static str,
}

/// What pogo refuses and Ansible reads.
pub(crate) const REFUSED_HERE: &[Difference] = &[
    Difference {
        message: "is not a port",
        reason: "Ansible finds out when it connects to the host",
    },
    Difference {
        message: "is not a plain text",
        reason: "lists and maps make no setting; Ansible finds out when it connects",
    },
    Difference {
        message: "is not supported",
        reason: "templates are for plays, whose variables pogo does not have",
    },
    Difference {
        message: "`ungrouped` holds the hosts of no other group",
        reason: "Ansible takes the hosts out of `ungrouped` then, and out of its new parent with it",
    },
    Difference {
        message: "would both become the tag",
        reason: "tags have no dots, blanks and the like within their parts",
    },
    Difference {
        message: "names of hosts",
        reason: "a name with these characters could not be written in a selector",
    },
    Difference {
        message: "is there twice",
        reason: "Ansible takes the last and warns; one of the two is a slip that would be lost",
    },
    Difference {
        message: "unknown key",
        reason: "Ansible skips it with a warning; hosts below it would be lost",
    },
    Difference {
        message: "expected a group, found",
        reason: "Ansible skips it with a warning",
    },
];

/// What Ansible refuses and pogo reads.
pub(crate) const REFUSED_THERE: &[Difference] = &[
    Difference {
        message: "invalid literal for int()",
        reason: "a priority such as \"1.5\" is cut to a whole number whether it is quoted or not",
    },
    Difference {
        message: "Could not determine a constructor for the tag",
        reason: "types of variables that pogo does not use are nothing to it",
    },
];
