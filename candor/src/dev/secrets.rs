//! Secrets that `candor dev` makes once and keeps in its data folder, readable by their owner only.
//!
//! They outlive restarts, so that session ids, tokens and a key pasted into a script stay valid. A
//! secret that a setting gives is used as it is and never written.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, ensure};
use runtime::config::Secret;

use super::settings::DevConfig;

/// The secrets of one installation.
#[derive(Debug)]
pub(super) struct Secrets {
    /// `CANDOR_SESSION_SECRET`.
    pub(super) session: Secret,
    /// `CANDOR_BOOTSTRAP_SECRET_KEY`.
    pub(super) key: Secret,
}

impl Secrets {
    /// Takes given secrets, else kept ones from below `data`, else makes and keeps new ones.
    pub(super) fn load(data: &Path, config: &DevConfig) -> anyhow::Result<Self> {
        let folder = data.join("secrets");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let load = |given: &Option<Secret>, name: &str, prefix: &str| match given {
            Some(secret) => Ok(secret.clone()),
            None => kept(&folder.join(name), prefix),
        };
        Ok(Self {
            session: load(&config.session_secret, "session_secret", "")?,
            key: load(&config.bootstrap_key, "bootstrap_secret_key", "sk_test_")?,
        })
    }
}

/// The secret in `path`; a new one that begins with `prefix` if there is no such file.
fn kept(path: &Path, prefix: &str) -> anyhow::Result<Secret> {
    let fresh = format!(
        "{prefix}{:032x}{:032x}",
        rand::random::<u128>(),
        rand::random::<u128>()
    );
    // `create_new` decides in one step, and the mode holds from the file's first moment.
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let name = path.display();
    match created {
        Ok(mut file) => {
            let written = writeln!(file, "{fresh}").and_then(|()| file.sync_all());
            written.with_context(|| format!("cannot write {name}"))?;
            Ok(Secret::new(fresh))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let mode = std::fs::metadata(path)?.permissions().mode();
            ensure!(
                mode & 0o077 == 0,
                "{name} can be read by others; chmod 600 it, or remove it for a new one"
            );
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
            let text = text.trim();
            let whole = text.len() >= prefix.len() + 32 && text.starts_with(prefix);
            ensure!(
                whole,
                "{name} does not hold a whole secret; remove it for a new one"
            );
            Ok(Secret::new(text))
        }
        Err(error) => Err(error).with_context(|| format!("cannot make {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::config::load_from;

    fn config(secret: Option<&str>) -> DevConfig {
        let find = |name: &str| {
            secret
                .filter(|_| name == "CANDOR_SESSION_SECRET")
                .map(str::to_owned)
        };
        load_from::<DevConfig>(find).unwrap().config
    }

    #[test]
    fn secrets_are_kept_for_their_owner_only_and_given_ones_are_not_written() {
        let data = std::env::temp_dir().join(format!("candor-secrets-{}", std::process::id()));
        let first = Secrets::load(&data, &config(None)).unwrap();
        let again = Secrets::load(&data, &config(None)).unwrap();
        assert_eq!(
            (first.session.expose(), first.key.expose()),
            (again.session.expose(), again.key.expose())
        );
        assert!(first.key.expose().starts_with("sk_test_"));
        assert_ne!(first.key.expose()[8..], *first.session.expose());
        let path = data.join("secrets/session_secret");
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let given = Secrets::load(&data, &config(Some("0123456789abcdef"))).unwrap();
        assert_eq!(given.session.expose(), "0123456789abcdef");
        assert!(
            !std::fs::read_to_string(&path)
                .unwrap()
                .contains("0123456789abcdef")
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let open = Secrets::load(&data, &config(None)).unwrap_err().to_string();
        assert!(open.contains("can be read by others"), "{open}");
        std::fs::remove_file(&path).unwrap();
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .unwrap();
        file.write_all(b"torn").unwrap();
        assert!(Secrets::load(&data, &config(None)).is_err());
        std::fs::remove_dir_all(&data).unwrap();
    }
}
