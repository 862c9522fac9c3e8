//! The treatment of each keyword: supported, ignored, ignored with a remark, or refused.

/// The treatment of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keyword {
    /// Begins lines for hosts by their names.
    Host,
    /// Begins lines for hosts by conditions.
    Match,
    /// Reads other files in its place.
    Include,
    /// Names keywords that may be unknown from here on.
    IgnoreUnknown,
    /// Refuses to connect to the host, with its text.
    RefuseConnection,
    /// Supported.
    Followed(ClientSetting),
    /// Ignored: it does not affect running a command.
    Harmless,
    /// Ignored with one of these values (case-insensitive), refused otherwise: it would
    /// change which host is reached or trusted, or whether a command runs at all.
    Only(&'static [&'static str]),
    /// Ignored with a remark, unless it has one of these values: the command runs without it, but it may be missed.
    Noted(&'static [&'static str]),
}

/// The supported settings, by OpenSSH's names. Older names map to the same setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ClientSetting {
    /// Whether IPv4, IPv6 or either is used.
    AddressFamily,
    /// The address of this machine that connections come from.
    BindAddress,
    /// The interface of this machine whose address they come from.
    BindInterface,
    /// What authorities may sign certificates with.
    CaSignatureAlgorithms,
    /// Certificates to offer, with their keys.
    CertificateFile,
    /// Whether the address of a host is checked and recorded beside its name.
    CheckHostIp,
    /// The ciphers to offer.
    Ciphers,
    /// How long connecting may take.
    ConnectTimeout,
    /// How often one address is tried.
    ConnectionAttempts,
    /// Whether the host may use an agent, and which.
    ForwardAgent,
    /// Known hosts of the machine, which are only read.
    GlobalKnownHostsFile,
    /// Whether names of new hosts are hashed where they are recorded.
    HashKnownHosts,
    /// The algorithms of host keys to offer.
    HostKeyAlgorithms,
    /// The name under which the host key is looked up.
    HostKeyAlias,
    /// The name or address that is connected to.
    HostName,
    /// Whether the agent shows only keys of configured files.
    IdentitiesOnly,
    /// The socket of the agent.
    IdentityAgent,
    /// Keys to offer.
    IdentityFile,
    /// Whether questions of the host are answered.
    KbdInteractiveAuthentication,
    /// The key exchanges to offer.
    KexAlgorithms,
    /// The message authentication codes to offer.
    Macs,
    /// Whether any key is accepted of this machine itself.
    NoHostAuthenticationForLocalhost,
    /// Whether a password may be sent.
    PasswordAuthentication,
    /// The port that is connected to.
    Port,
    /// In which order ways to log in are tried.
    PreferredAuthentications,
    /// A command whose input and output are the connection.
    ProxyCommand,
    /// Hosts through which it is reached.
    ProxyJump,
    /// The algorithms with which keys may be offered.
    PubkeyAcceptedAlgorithms,
    /// Whether keys are offered.
    PubkeyAuthentication,
    /// After how much data or time new session keys are made.
    RekeyLimit,
    /// The fewest bits of an RSA key, of hosts and users.
    RequiredRsaSize,
    /// Variables of this process that sessions get.
    SendEnv,
    /// How many signs of life may be missed.
    ServerAliveCountMax,
    /// How often a host that sends nothing is asked for a sign of life.
    ServerAliveInterval,
    /// Variables with values that sessions get.
    SetEnv,
    /// What is done about unknown host keys.
    StrictHostKeyChecking,
    /// A name for `Match tagged`.
    Tag,
    /// Whether the kernel asks for signs of life too.
    TcpKeepAlive,
    /// The user who logs in.
    User,
    /// Known hosts of the user; new ones are recorded in the first.
    UserKnownHostsFile,
}

const NO: &[&str] = &["no", "false"];
const NONE: &[&str] = &["none"];
const NEVER: &[&str] = &[];

/// Sorted by name, which is in lower case.
// Every keyword of OpenSSH's table, also obsolete ones: an unknown one makes OpenSSH refuse the
// whole file, and so do we.
const KEYWORDS: &[(&str, Keyword)] = &[
    ("addkeystoagent", Keyword::Harmless),
    ("addressfamily", Keyword::Followed(ClientSetting::AddressFamily)),
    ("afstokenpassing", Keyword::Harmless),
    ("batchmode", Keyword::Harmless),
    ("bindaddress", Keyword::Followed(ClientSetting::BindAddress)),
    ("bindinterface", Keyword::Followed(ClientSetting::BindInterface)),
    ("canonicaldomains", Keyword::Harmless),
    ("canonicalizefallbacklocal", Keyword::Harmless),
    // Would rewrite names by DNS: another host might be reached than the fleet names.
    ("canonicalizehostname", Keyword::Only(NO)),
    ("canonicalizemaxdots", Keyword::Harmless),
    ("canonicalizepermittedcnames", Keyword::Harmless),
    (
        "casignaturealgorithms",
        Keyword::Followed(ClientSetting::CaSignatureAlgorithms),
    ),
    ("certificatefile", Keyword::Followed(ClientSetting::CertificateFile)),
    (
        "challengeresponseauthentication",
        Keyword::Followed(ClientSetting::KbdInteractiveAuthentication),
    ),
    ("channeltimeout", Keyword::Noted(NONE)),
    ("checkhostip", Keyword::Followed(ClientSetting::CheckHostIp)),
    ("cipher", Keyword::Harmless),
    ("ciphers", Keyword::Followed(ClientSetting::Ciphers)),
    ("clearallforwardings", Keyword::Harmless),
    ("compression", Keyword::Harmless),
    ("compressionlevel", Keyword::Harmless),
    (
        "connectionattempts",
        Keyword::Followed(ClientSetting::ConnectionAttempts),
    ),
    ("connecttimeout", Keyword::Followed(ClientSetting::ConnectTimeout)),
    ("controlmaster", Keyword::Harmless),
    ("controlpath", Keyword::Harmless),
    ("controlpersist", Keyword::Harmless),
    (
        "dsaauthentication",
        Keyword::Followed(ClientSetting::PubkeyAuthentication),
    ),
    ("dynamicforward", Keyword::Harmless),
    ("enableescapecommandline", Keyword::Harmless),
    ("enablesshkeysign", Keyword::Harmless),
    ("escapechar", Keyword::Harmless),
    ("exitonforwardfailure", Keyword::Harmless),
    ("fallbacktorsh", Keyword::Harmless),
    ("fingerprinthash", Keyword::Harmless),
    ("forkafterauthentication", Keyword::Harmless),
    ("forwardagent", Keyword::Followed(ClientSetting::ForwardAgent)),
    ("forwardx11", Keyword::Noted(NO)),
    ("forwardx11timeout", Keyword::Harmless),
    ("forwardx11trusted", Keyword::Harmless),
    ("gatewayports", Keyword::Harmless),
    (
        "globalknownhostsfile",
        Keyword::Followed(ClientSetting::GlobalKnownHostsFile),
    ),
    ("globalknownhostsfile2", Keyword::Harmless),
    // An additional login method; if it was the only one, the login error lists what was tried.
    ("gssapiauthentication", Keyword::Harmless),
    ("gssapiclientidentity", Keyword::Harmless),
    ("gssapidelegatecredentials", Keyword::Noted(NO)),
    ("gssapikexalgorithms", Keyword::Harmless),
    ("gssapikeyexchange", Keyword::Harmless),
    ("gssapirenewalforcesrekey", Keyword::Harmless),
    ("gssapiserveridentity", Keyword::Harmless),
    ("gssapitrustdns", Keyword::Harmless),
    ("hashknownhosts", Keyword::Followed(ClientSetting::HashKnownHosts)),
    ("host", Keyword::Host),
    ("hostbasedacceptedalgorithms", Keyword::Harmless),
    ("hostbasedauthentication", Keyword::Harmless),
    ("hostbasedkeytypes", Keyword::Harmless),
    ("hostkeyalgorithms", Keyword::Followed(ClientSetting::HostKeyAlgorithms)),
    ("hostkeyalias", Keyword::Followed(ClientSetting::HostKeyAlias)),
    ("hostname", Keyword::Followed(ClientSetting::HostName)),
    ("identitiesonly", Keyword::Followed(ClientSetting::IdentitiesOnly)),
    ("identityagent", Keyword::Followed(ClientSetting::IdentityAgent)),
    ("identityfile", Keyword::Followed(ClientSetting::IdentityFile)),
    ("identityfile2", Keyword::Followed(ClientSetting::IdentityFile)),
    ("ignoreunknown", Keyword::IgnoreUnknown),
    ("include", Keyword::Include),
    ("ipqos", Keyword::Harmless),
    (
        "kbdinteractiveauthentication",
        Keyword::Followed(ClientSetting::KbdInteractiveAuthentication),
    ),
    ("kbdinteractivedevices", Keyword::Noted(NEVER)),
    ("keepalive", Keyword::Followed(ClientSetting::TcpKeepAlive)),
    ("kerberosauthentication", Keyword::Harmless),
    ("kerberostgtpassing", Keyword::Harmless),
    ("kexalgorithms", Keyword::Followed(ClientSetting::KexAlgorithms)),
    // Keys from a command are not read, so a host that is only known there would be refused without
    // a hint.
    ("knownhostscommand", Keyword::Only(NONE)),
    ("localcommand", Keyword::Harmless),
    ("localforward", Keyword::Harmless),
    ("loglevel", Keyword::Harmless),
    ("logverbose", Keyword::Harmless),
    ("macs", Keyword::Followed(ClientSetting::Macs)),
    ("match", Keyword::Match),
    (
        "nohostauthenticationforlocalhost",
        Keyword::Followed(ClientSetting::NoHostAuthenticationForLocalhost),
    ),
    ("numberofpasswordprompts", Keyword::Harmless),
    ("obscurekeystroketiming", Keyword::Harmless),
    (
        "passwordauthentication",
        Keyword::Followed(ClientSetting::PasswordAuthentication),
    ),
    ("permitlocalcommand", Keyword::Noted(NO)),
    ("permitremoteopen", Keyword::Harmless),
    ("pkcs11provider", Keyword::Noted(NONE)),
    ("port", Keyword::Followed(ClientSetting::Port)),
    (
        "preferredauthentications",
        Keyword::Followed(ClientSetting::PreferredAuthentications),
    ),
    ("protocol", Keyword::Harmless),
    // Debian's names of keepalive settings.
    (
        "protocolkeepalives",
        Keyword::Followed(ClientSetting::ServerAliveInterval),
    ),
    ("proxycommand", Keyword::Followed(ClientSetting::ProxyCommand)),
    ("proxyjump", Keyword::Followed(ClientSetting::ProxyJump)),
    ("proxyusefdpass", Keyword::Harmless),
    (
        "pubkeyacceptedalgorithms",
        Keyword::Followed(ClientSetting::PubkeyAcceptedAlgorithms),
    ),
    (
        "pubkeyacceptedkeytypes",
        Keyword::Followed(ClientSetting::PubkeyAcceptedAlgorithms),
    ),
    (
        "pubkeyauthentication",
        Keyword::Followed(ClientSetting::PubkeyAuthentication),
    ),
    ("refuseconnection", Keyword::RefuseConnection),
    ("rekeylimit", Keyword::Followed(ClientSetting::RekeyLimit)),
    // Would run in place of the job's command.
    ("remotecommand", Keyword::Only(NONE)),
    ("remoteforward", Keyword::Noted(NEVER)),
    ("requesttty", Keyword::Noted(&["no", "false", "auto"])),
    ("requiredrsasize", Keyword::Followed(ClientSetting::RequiredRsaSize)),
    ("revokedhostkeys", Keyword::Only(NONE)),
    ("rhostsauthentication", Keyword::Harmless),
    ("rhostsrsaauthentication", Keyword::Harmless),
    ("rsaauthentication", Keyword::Harmless),
    // RHEL's name.
    ("rsaminsize", Keyword::Followed(ClientSetting::RequiredRsaSize)),
    ("securitykeyprovider", Keyword::Harmless),
    ("sendenv", Keyword::Followed(ClientSetting::SendEnv)),
    (
        "serveralivecountmax",
        Keyword::Followed(ClientSetting::ServerAliveCountMax),
    ),
    (
        "serveraliveinterval",
        Keyword::Followed(ClientSetting::ServerAliveInterval),
    ),
    ("sessiontype", Keyword::Only(&["default"])),
    ("setenv", Keyword::Followed(ClientSetting::SetEnv)),
    ("setuptimeout", Keyword::Followed(ClientSetting::ServerAliveInterval)),
    (
        "skeyauthentication",
        Keyword::Followed(ClientSetting::KbdInteractiveAuthentication),
    ),
    ("smartcarddevice", Keyword::Noted(NONE)),
    ("stdinnull", Keyword::Harmless),
    ("streamlocalbindmask", Keyword::Harmless),
    ("streamlocalbindunlink", Keyword::Harmless),
    (
        "stricthostkeychecking",
        Keyword::Followed(ClientSetting::StrictHostKeyChecking),
    ),
    ("syslogfacility", Keyword::Harmless),
    ("tag", Keyword::Followed(ClientSetting::Tag)),
    ("tcpkeepalive", Keyword::Followed(ClientSetting::TcpKeepAlive)),
    (
        "tisauthentication",
        Keyword::Followed(ClientSetting::KbdInteractiveAuthentication),
    ),
    ("tunnel", Keyword::Noted(NO)),
    ("tunneldevice", Keyword::Harmless),
    ("updatehostkeys", Keyword::Harmless),
    // macOS.
    ("usekeychain", Keyword::Harmless),
    ("useprivilegedport", Keyword::Harmless),
    ("user", Keyword::Followed(ClientSetting::User)),
    (
        "userknownhostsfile",
        Keyword::Followed(ClientSetting::UserKnownHostsFile),
    ),
    ("userknownhostsfile2", Keyword::Harmless),
    ("useroaming", Keyword::Harmless),
    ("usersh", Keyword::Harmless),
    // `yes` would trust keys from DNS; `ask` only shows them to a person.
    ("verifyhostkeydns", Keyword::Only(&["no", "false", "ask"])),
    ("versionaddendum", Keyword::Harmless),
    ("visualhostkey", Keyword::Harmless),
    ("warnweakcrypto", Keyword::Harmless),
    ("xauthlocation", Keyword::Harmless),
];

impl Keyword {
    /// The keyword with this lower-case name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let found = KEYWORDS.binary_search_by_key(&name, |(name, _)| name);
        found.ok().and_then(|at| KEYWORDS.get(at)).map(|(_, keyword)| *keyword)
    }

    /// The most similar keyword.
    pub(crate) fn nearest(name: &str) -> Option<&'static str> {
        // The distance takes time in the product of both lengths, and a line may have megabytes.
        const LONGEST: usize = 64;
        let close = KEYWORDS.iter().filter(|_| name.len() <= LONGEST).map(|(known, _)| {
            let distance = strsim::damerau_levenshtein(name, known);
            (*known, distance)
        });
        let (known, distance) = close.min_by_key(|(_, distance)| *distance)?;
        (distance <= 2.max(known.len() / 3)).then_some(known)
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

    #[test]
    fn a_slip_finds_the_keyword_and_nonsense_finds_none() {
        assert_eq!(Keyword::nearest("hostt"), Some("host"));
        assert_eq!(Keyword::nearest("identifyfile"), Some("identityfile"));
        assert_eq!(Keyword::nearest("qqqqqqqqqq"), None);
        assert_eq!(Keyword::nearest(&"x".repeat(1_000_000)), None);
    }
}
