//! Who may do what with a directory.

/// The owner of a file or a directory and its permissions, and the user of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) owner: u32,
    /// The user of this process.
    pub(crate) user: u32,
    /// The permissions, without the type.
    pub(crate) mode: u32,
    pub(crate) is_link: bool,
}

/// Why a directory is not for this user alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// It is a symbolic link: whoever made it decides what is written where.
    Link,
    /// Somebody else owns it, who can open it to anybody at any time.
    OtherUser { owner: u32, user: u32 },
    /// Others may replace what is in it.
    Writable { mode: u32 },
}

impl Access {
    /// Write permission of group and others.
    const OTHERS_WRITE: u32 = 0o022;

    /// Whether others than this user may change what is in it.
    pub(crate) fn foreign(self) -> Option<Foreign> {
        let Self {
            owner,
            user,
            mode,
            is_link,
        } = self;
        if is_link {
            Some(Foreign::Link)
        } else if owner != user {
            Some(Foreign::OtherUser { owner, user })
        } else if mode & Self::OTHERS_WRITE != 0 {
            Some(Foreign::Writable { mode })
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_foreign_if_anybody_else_may_change_what_is_in_it() {
        let mine = Access {
            owner: 7,
            user: 7,
            mode: 0o700,
            is_link: false,
        };
        let foreign = |mode| Access { mode, ..mine }.foreign();
        for mode in 0..=0o777 {
            let writable = mode & 0o020 != 0 || mode & 0o002 != 0;
            assert_eq!(
                foreign(mode),
                writable.then_some(Foreign::Writable { mode }),
                "{mode:o}"
            );
        }
        assert_eq!(
            Access { owner: 8, ..mine }.foreign(),
            Some(Foreign::OtherUser { owner: 8, user: 7 })
        );
        // Not even root's user may use what another one can replace at any time.
        assert_eq!(
            Access { user: 0, ..mine }.foreign(),
            Some(Foreign::OtherUser { owner: 7, user: 0 })
        );
        assert_eq!(Access { is_link: true, ..mine }.foreign(), Some(Foreign::Link));
    }
}
