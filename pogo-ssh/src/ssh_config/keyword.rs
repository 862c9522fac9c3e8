//! What becomes of each keyword.

/// What a keyword means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Host,
    Match,
    Include,
    IgnoreUnknown,
    /// Followed.
    Followed(Setting),
    /// It changes nothing about how a command is run on a host.
    Harmless,
    /// It changes nothing when set to one of these values (whatever their case), and is refused otherwise.
    Only(&'static [&'static str]),
}

/// The settings that are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    AddressFamily,
    ConnectTimeout,
    ConnectionAttempts,
    GlobalKnownHostsFile,
    HostKeyAlias,
    HostName,
    IdentitiesOnly,
    IdentityAgent,
    IdentityFile,
    KbdInteractiveAuthentication,
    PasswordAuthentication,
    Port,
    PreferredAuthentications,
    ProxyCommand,
    ProxyJump,
    PubkeyAuthentication,
    ServerAliveCountMax,
    ServerAliveInterval,
    StrictHostKeyChecking,
    User,
    UserKnownHostsFile,
}

const NO: &[&str] = &["no", "false"];
const NONE: &[&str] = &["none"];
const NEVER: &[&str] = &[];

/// Sorted by name, which is in lower case.
const KEYWORDS: &[(&str, Keyword)] = &[
    ("addkeystoagent", Keyword::Harmless),
    ("addressfamily", Keyword::Followed(Setting::AddressFamily)),
    ("afstokenpassing", Keyword::Harmless),
    ("batchmode", Keyword::Harmless),
    ("bindaddress", Keyword::Only(NEVER)),
    ("bindinterface", Keyword::Only(NEVER)),
    ("canonicaldomains", Keyword::Harmless),
    ("canonicalizefallbacklocal", Keyword::Harmless),
    ("canonicalizehostname", Keyword::Only(NO)),
    ("canonicalizemaxdots", Keyword::Harmless),
    ("canonicalizepermittedcnames", Keyword::Only(NONE)),
    ("casignaturealgorithms", Keyword::Only(NEVER)),
    ("certificatefile", Keyword::Only(NEVER)),
    (
        "challengeresponseauthentication",
        Keyword::Followed(Setting::KbdInteractiveAuthentication),
    ),
    ("channeltimeout", Keyword::Only(NONE)),
    ("checkhostip", Keyword::Only(NO)),
    ("cipher", Keyword::Harmless),
    ("ciphers", Keyword::Only(NEVER)),
    ("clearallforwardings", Keyword::Harmless),
    ("compression", Keyword::Harmless),
    ("compressionlevel", Keyword::Harmless),
    ("connectionattempts", Keyword::Followed(Setting::ConnectionAttempts)),
    ("connecttimeout", Keyword::Followed(Setting::ConnectTimeout)),
    ("controlmaster", Keyword::Harmless),
    ("controlpath", Keyword::Harmless),
    ("controlpersist", Keyword::Harmless),
    ("dsaauthentication", Keyword::Followed(Setting::PubkeyAuthentication)),
    ("dynamicforward", Keyword::Harmless),
    ("enableescapecommandline", Keyword::Harmless),
    ("enablesshkeysign", Keyword::Harmless),
    ("escapechar", Keyword::Harmless),
    ("exitonforwardfailure", Keyword::Harmless),
    ("fallbacktorsh", Keyword::Harmless),
    ("fingerprinthash", Keyword::Harmless),
    ("forkafterauthentication", Keyword::Only(NO)),
    ("forwardagent", Keyword::Only(NO)),
    ("forwardx11", Keyword::Only(NO)),
    ("forwardx11timeout", Keyword::Harmless),
    ("forwardx11trusted", Keyword::Harmless),
    ("gatewayports", Keyword::Harmless),
    ("globalknownhostsfile", Keyword::Followed(Setting::GlobalKnownHostsFile)),
    ("globalknownhostsfile2", Keyword::Harmless),
    // One more way to log in, which this library does not have: it does well without, or says what it tried.
    ("gssapiauthentication", Keyword::Harmless),
    ("gssapiclientidentity", Keyword::Harmless),
    ("gssapidelegatecredentials", Keyword::Only(NO)),
    ("gssapikexalgorithms", Keyword::Harmless),
    ("gssapikeyexchange", Keyword::Harmless),
    ("gssapirenewalforcesrekey", Keyword::Harmless),
    ("gssapiserveridentity", Keyword::Harmless),
    ("gssapitrustdns", Keyword::Harmless),
    ("hashknownhosts", Keyword::Harmless),
    ("host", Keyword::Host),
    ("hostbasedacceptedalgorithms", Keyword::Harmless),
    ("hostbasedauthentication", Keyword::Harmless),
    ("hostbasedkeytypes", Keyword::Harmless),
    ("hostkeyalgorithms", Keyword::Only(NEVER)),
    ("hostkeyalias", Keyword::Followed(Setting::HostKeyAlias)),
    ("hostname", Keyword::Followed(Setting::HostName)),
    ("identitiesonly", Keyword::Followed(Setting::IdentitiesOnly)),
    ("identityagent", Keyword::Followed(Setting::IdentityAgent)),
    ("identityfile", Keyword::Followed(Setting::IdentityFile)),
    ("identityfile2", Keyword::Followed(Setting::IdentityFile)),
    ("ignoreunknown", Keyword::IgnoreUnknown),
    ("include", Keyword::Include),
    ("ipqos", Keyword::Harmless),
    (
        "kbdinteractiveauthentication",
        Keyword::Followed(Setting::KbdInteractiveAuthentication),
    ),
    ("kbdinteractivedevices", Keyword::Only(NEVER)),
    ("keepalive", Keyword::Harmless),
    ("kerberosauthentication", Keyword::Harmless),
    ("kerberostgtpassing", Keyword::Harmless),
    ("kexalgorithms", Keyword::Only(NEVER)),
    ("knownhostscommand", Keyword::Only(NONE)),
    ("localcommand", Keyword::Harmless),
    ("localforward", Keyword::Harmless),
    ("loglevel", Keyword::Harmless),
    ("logverbose", Keyword::Harmless),
    ("macs", Keyword::Only(NEVER)),
    ("match", Keyword::Match),
    ("nohostauthenticationforlocalhost", Keyword::Only(NO)),
    ("numberofpasswordprompts", Keyword::Harmless),
    ("obscurekeystroketiming", Keyword::Harmless),
    (
        "passwordauthentication",
        Keyword::Followed(Setting::PasswordAuthentication),
    ),
    ("permitlocalcommand", Keyword::Only(NO)),
    ("permitremoteopen", Keyword::Harmless),
    ("pkcs11provider", Keyword::Only(NONE)),
    ("port", Keyword::Followed(Setting::Port)),
    (
        "preferredauthentications",
        Keyword::Followed(Setting::PreferredAuthentications),
    ),
    ("protocol", Keyword::Harmless),
    ("proxycommand", Keyword::Followed(Setting::ProxyCommand)),
    ("proxyjump", Keyword::Followed(Setting::ProxyJump)),
    ("proxyusefdpass", Keyword::Harmless),
    ("pubkeyacceptedalgorithms", Keyword::Only(NEVER)),
    ("pubkeyacceptedkeytypes", Keyword::Only(NEVER)),
    ("pubkeyauthentication", Keyword::Followed(Setting::PubkeyAuthentication)),
    ("refuseconnection", Keyword::Only(NEVER)),
    ("rekeylimit", Keyword::Harmless),
    ("remotecommand", Keyword::Only(NONE)),
    ("remoteforward", Keyword::Only(NEVER)),
    ("requesttty", Keyword::Only(&["no", "false", "auto"])),
    ("requiredrsasize", Keyword::Only(NEVER)),
    ("revokedhostkeys", Keyword::Only(NONE)),
    ("rhostsauthentication", Keyword::Harmless),
    ("rhostsrsaauthentication", Keyword::Harmless),
    ("rsaauthentication", Keyword::Harmless),
    ("securitykeyprovider", Keyword::Harmless),
    // The environment of hooks and commands is what the job says, and the same from every machine.
    ("sendenv", Keyword::Harmless),
    ("serveralivecountmax", Keyword::Followed(Setting::ServerAliveCountMax)),
    ("serveraliveinterval", Keyword::Followed(Setting::ServerAliveInterval)),
    ("sessiontype", Keyword::Only(&["default"])),
    ("setenv", Keyword::Only(NEVER)),
    (
        "skeyauthentication",
        Keyword::Followed(Setting::KbdInteractiveAuthentication),
    ),
    ("smartcarddevice", Keyword::Only(NONE)),
    ("stdinnull", Keyword::Harmless),
    ("streamlocalbindmask", Keyword::Harmless),
    ("streamlocalbindunlink", Keyword::Harmless),
    (
        "stricthostkeychecking",
        Keyword::Followed(Setting::StrictHostKeyChecking),
    ),
    ("syslogfacility", Keyword::Harmless),
    ("tag", Keyword::Harmless),
    ("tcpkeepalive", Keyword::Harmless),
    (
        "tisauthentication",
        Keyword::Followed(Setting::KbdInteractiveAuthentication),
    ),
    ("tunnel", Keyword::Only(NO)),
    ("tunneldevice", Keyword::Harmless),
    ("updatehostkeys", Keyword::Harmless),
    ("useprivilegedport", Keyword::Harmless),
    ("user", Keyword::Followed(Setting::User)),
    ("userknownhostsfile", Keyword::Followed(Setting::UserKnownHostsFile)),
    ("userknownhostsfile2", Keyword::Harmless),
    ("useroaming", Keyword::Harmless),
    ("usersh", Keyword::Harmless),
    ("verifyhostkeydns", Keyword::Only(NO)),
    ("versionaddendum", Keyword::Harmless),
    ("visualhostkey", Keyword::Harmless),
    ("warnweakcrypto", Keyword::Harmless),
    ("xauthlocation", Keyword::Harmless),
];

impl Keyword {
    /// The keyword of this name, in lower case.
    pub(super) fn of(name: &str) -> Option<Self> {
        let found = KEYWORDS.binary_search_by_key(&name, |(name, _)| name);
        found.ok().and_then(|at| KEYWORDS.get(at)).map(|(_, keyword)| *keyword)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_found() {
        assert!(KEYWORDS.is_sorted_by_key(|(name, _)| name));
        for (name, keyword) in KEYWORDS {
            assert_eq!(Keyword::of(name), Some(*keyword));
        }
        assert_eq!(Keyword::of("nosuchkeyword"), None);
    }
}
