//! Filesystems on which a lock of this machine keeps nobody away.

use std::fmt;

/// A filesystem that other machines may have mounted too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NetworkFilesystem(&'static str);

/// By the numbers that `statfs` gives. FUSE may be anything; sshfs and virtiofs say so too, and their locks are those
/// of one machine.
const KNOWN: [(u32, &str); 16] = [
    (0x0000_6969, "NFS"),
    (0x0000_517b, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0x0102_1997, "9P"),
    (0x6573_5546, "FUSE"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x7461_636f, "OCFS2"),
    (0x0116_1970, "GFS2"),
    (0x1983_0326, "BeeGFS"),
    (0x786f_4256, "a shared folder of VirtualBox"),
];

impl NetworkFilesystem {
    /// The filesystem of this number, if it is one over a network.
    pub(crate) fn of_magic(magic: u32) -> Option<Self> {
        let found = KNOWN.iter().find(|(known, _)| *known == magic);
        found.map(|(_, name)| Self(name))
    }
}

impl fmt::Display for NetworkFilesystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::NetworkFilesystem;

    #[test]
    fn filesystems_of_networks_are_known_by_their_numbers() {
        let name = |magic| NetworkFilesystem::of_magic(magic).map(|known| known.to_string());
        assert_eq!(name(0x6969).as_deref(), Some("NFS"));
        assert_eq!(name(0xff53_4d42).as_deref(), Some("CIFS"));
        // ext4, xfs, btrfs, tmpfs, overlayfs.
        for local in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630] {
            assert_eq!(name(local), None);
        }
    }
}
