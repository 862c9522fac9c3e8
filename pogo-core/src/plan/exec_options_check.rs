//! What no host could do.

use std::time::Duration;

use super::{ExecOptions, PlanError, RunAs};

impl ExecOptions {
    /// Refuses what cannot be.
    pub(super) fn check(&self) -> Result<(), PlanError> {
        self.check_environment()?;
        self.check_run_as()?;
        self.check_detached()?;
        self.check_reboot()?;
        self.check_texts()
    }

    fn check_detached(&self) -> Result<(), PlanError> {
        let is_name = |key: &str| {
            (1..=64).contains(&key.len())
                && key
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        match &self.detached {
            Some(key) if !is_name(key) => refuse(format!(
                "`{key}` cannot name a detached job; use up to 64 letters, digits, `-` and `_`"
            )),
            _ => Ok(()),
        }
    }

    fn check_reboot(&self) -> Result<(), PlanError> {
        match self.reboot {
            Some(_) if self.detached.is_some() => {
                refuse("a detached command does not outlive a restart of its host; take `reboot` or `detached`")
            }
            Some(_) if self.forced_command => refuse(
                "a host that runs a command of its own does not report its boot; take `reboot` or `forced_command`",
            ),
            Some(Duration::ZERO) => refuse("a host needs time to restart; give `reboot` more than none"),
            _ => Ok(()),
        }
    }

    fn check_environment(&self) -> Result<(), PlanError> {
        let secrets = &self.secret_environment;
        if let Some(name) = secrets.iter().find(|name| self.environment.contains_key(*name)) {
            return refuse(format!(
                "the variable `{name}` is given as a secret and openly; leave one out"
            ));
        }
        if !secrets.is_empty() && (self.detached.is_some() || self.forced_command) {
            return refuse(
                "secret variables are for a command that runs on its own connection; leave out `detached` and \
                 `forced_command`",
            );
        }
        for name in self.environment.keys().chain(secrets) {
            let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
            if !starts_well || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return refuse(format!(
                    "`{name}` cannot be an environment variable; use letters, digits and `_`"
                ));
            }
            if name.starts_with("POGO_") {
                return refuse(format!(
                    "the environment variable `{name}` is pogo's own; take a name without POGO_"
                ));
            }
        }
        Ok(())
    }

    fn check_run_as(&self) -> Result<(), PlanError> {
        match &self.run_as {
            Some(RunAs::User(user)) if user.is_empty() || user.starts_with('-') => {
                refuse(format!("`{user}` cannot be the user to run as; give a user's name"))
            }
            Some(RunAs::Through(words)) if words.first().is_none_or(String::is_empty) => {
                refuse("the program to run the command through is missing; name it")
            }
            _ => Ok(()),
        }
    }

    fn check_texts(&self) -> Result<(), PlanError> {
        let user = match &self.run_as {
            Some(RunAs::User(user)) => std::slice::from_ref(user),
            Some(RunAs::Through(words)) => words,
            None => &[],
        };
        let texts = self
            .environment
            .values()
            .chain(&self.directory)
            .chain(user)
            .chain(self.files.iter().filter_map(|file| file.destination.as_ref()));
        for text in texts {
            // Arguments and variables end there on every Unix.
            if text.contains('\0') {
                return refuse("no text for a host can hold a NUL byte");
            }
        }
        for file in &self.files {
            let destination = file.destination.as_deref();
            if destination.is_some_and(|path| path.is_empty() || path.ends_with('/')) {
                return refuse(format!("`{}` is sent to no file; name one, or nothing", file.source));
            }
            if file.mode.is_some_and(|mode| mode > 0o7777) {
                return refuse(format!(
                    "`{}` has no such mode; give octal digits up to 7777",
                    file.source
                ));
            }
        }
        Ok(())
    }
}

fn refuse(message: impl Into<String>) -> Result<(), PlanError> {
    Err(PlanError::Spec(message.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::SentFile;

    #[test]
    fn what_no_host_could_take_is_refused() {
        let odd = |change: fn(&mut ExecOptions)| {
            let mut exec_options = ExecOptions::default();
            change(&mut exec_options);
            exec_options.check().unwrap_err().to_string()
        };
        let file = |destination: &str| SentFile::new("tool").to(destination.to_owned());
        assert!(odd(|it| _ = it.environment.insert("A=B".into(), String::new())).contains("`A=B`"));
        assert!(odd(|it| _ = it.environment.insert("POGO_X".into(), String::new())).contains("pogo's own"));
        assert!(odd(|it| it.secret_environment.push("A=B".into())).contains("`A=B`"));
        assert!(odd(|it| it.secret_environment.push("POGO_X".into())).contains("pogo's own"));
        let both = odd(|it| {
            it.environment.insert("A".into(), String::new());
            it.secret_environment.push("A".into());
        });
        assert!(both.contains("openly"), "{both}");
        let detached = odd(|it| {
            it.detached = Some("x".into());
            it.secret_environment.push("A".into());
        });
        assert!(detached.contains("its own connection"), "{detached}");
        assert!(odd(|it| _ = it.environment.insert("A".into(), "\0".into())).contains("NUL"));
        assert!(odd(|it| it.run_as = Some(RunAs::User("-u".into()))).contains("`-u`"));
        assert!(odd(|it| it.run_as = Some(RunAs::Through(Vec::new()))).contains("missing"));
        assert!(odd(|it| it.detached = Some("../x".into())).contains("`../x`"));
        assert!(odd(|it| it.detached = Some(String::new())).contains("64 letters"));
        assert!(odd(|it| it.reboot = Some(Duration::ZERO)).contains("needs time"));
        let both = |it: &mut ExecOptions| {
            it.reboot = Some(Duration::from_secs(600));
            it.detached = Some("k".into());
        };
        assert!(odd(both).contains("`reboot` or `detached`"));
        let mut exec_options = ExecOptions::new().file(file("bin/"));
        assert!(exec_options.check().unwrap_err().to_string().contains("`tool`"));
        exec_options.files = vec![file("bin/tool")];
        assert_eq!(exec_options.check(), Ok(()));
    }
}
