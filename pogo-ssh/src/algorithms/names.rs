//! Supported algorithms and the default offer: OpenSSH's defaults in its order, but for AES-GCM, as far as they are
//! supported, then the SSH library's own, then those that are sound but use SHA-1.

/// Key exchange methods offered by default.
pub(super) const KEX: &[&str] = &[
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group17-sha512",
    "diffie-hellman-group15-sha512",
];

/// Key exchange methods offered only if the configuration names them.
pub(super) const MORE_KEX: &[&str] = &[
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group1-sha1",
];

/// Ciphers offered by default.
pub(super) const CIPHERS: &[&str] = &[
    "chacha20-poly1305@openssh.com",
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
];

/// The ciphers offered by default, as this processor does them best.
// OpenSSH's first choice took 118,000 instructions for a host's connection more than AES-GCM where the processor has
// instructions for that, a twenty-fifth of all that is spent on a host. Go's library prefers it as well.
pub(super) fn usual_ciphers() -> Vec<&'static str> {
    ciphers(has_aes_instructions())
}

fn ciphers(has_aes_instructions: bool) -> Vec<&'static str> {
    let mut ciphers = CIPHERS.to_vec();
    if has_aes_instructions {
        // Stable: the others stay in their order.
        ciphers.sort_by_key(|name| !name.contains("-gcm@"));
    }
    ciphers
}

/// Whether the processor has instructions for both parts of AES-GCM. Without them it is slower than the others.
fn has_aes_instructions() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("aes") && std::arch::is_x86_feature_detected!("pclmulqdq");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("aes") && std::arch::is_aarch64_feature_detected!("pmull");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    false
}

/// Ciphers offered only if the configuration names them.
pub(super) const MORE_CIPHERS: &[&str] = &["aes128-cbc", "aes192-cbc", "aes256-cbc"];

/// Ciphers with built-in authentication, which need no MAC.
pub(super) const WITHOUT_MAC: &[&str] = &[
    "chacha20-poly1305@openssh.com",
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
];

/// MACs offered by default. HMAC does not depend on collision resistance, so OpenSSH offers HMAC-SHA-1 too.
pub(super) const MACS: &[&str] = &[
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha1-etm@openssh.com",
    "hmac-sha1",
];

/// Host key algorithms accepted by default.
pub(super) const HOST_KEYS: &[&str] = &[
    "ssh-ed25519-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "rsa-sha2-512-cert-v01@openssh.com",
    "rsa-sha2-256-cert-v01@openssh.com",
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
];

/// Algorithms that sign with SHA-1, accepted only if the configuration names them.
pub(super) const SHA1_KEYS: &[&str] = &["ssh-rsa", "ssh-rsa-cert-v01@openssh.com"];

/// Key types on hardware tokens, usable through an agent.
pub(super) const TOKEN_KEYS: &[&str] = &[
    "sk-ssh-ed25519-cert-v01@openssh.com",
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

/// Names of current and earlier OpenSSH releases that are not supported; they are skipped
/// without a warning.
pub(super) const NOT_SPOKEN: &[&str] = &[
    "mlkem768nistp256-sha256",
    "mlkem1024nistp384-sha384",
    "sntrup761x25519-sha512",
    "sntrup761x25519-sha512@openssh.com",
    "3des-cbc",
    "rijndael-cbc@lysator.liu.se",
    "umac-64-etm@openssh.com",
    "umac-128-etm@openssh.com",
    "umac-64@openssh.com",
    "umac-128@openssh.com",
    "hmac-sha1-96",
    "hmac-sha1-96-etm@openssh.com",
    "hmac-md5",
    "hmac-md5-96",
    "hmac-md5-etm@openssh.com",
    "hmac-md5-96-etm@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ssh-dss",
    "ssh-dss-cert-v01@openssh.com",
];

#[cfg(test)]
#[test]
fn aes_gcm_comes_first_where_the_processor_has_instructions_for_it() {
    assert_eq!(ciphers(false), CIPHERS);
    let (first, others) = (&CIPHERS[1..3], [&CIPHERS[..1], &CIPHERS[3..]].concat());
    assert_eq!(ciphers(true), [first, &others].concat());
    assert!(first.iter().all(|name| name.contains("-gcm@")));
}
