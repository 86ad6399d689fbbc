//! Configuration: a TOML file, then the environment, then flags, each overriding the last.
//!
//! Every key has a default, so that a server starts with none set. A key that does not
//! exist is an error that names the nearest one that does.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// Environment variables are `ROBOTWIKI_SECTION__KEY`.
const ENV_PREFIX: &str = "ROBOTWIKI_";
/// Read when no `--config` names another file; may be absent.
pub const DEFAULT_FILE: &str = "/etc/robotwiki/robotwiki.toml";

/// Everything that can be set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    pub server: ServerConfig,
    pub limits: Limits,
    pub sessions: SessionConfig,
    pub embedding: EmbeddingConfig,
    pub log: LogConfig,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerConfig {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The host name, with its port if unusual, that visitors use: `wiki.example.org`.
    /// Wikis answer at `{slug}.{domain}`.
    pub domain: String,
    /// Whether visitors reach the server over HTTPS (a reverse proxy in front). Decides
    /// the scheme of links and the `Secure` attribute of cookies.
    pub https: bool,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// The slug of a wiki to serve on the bare domain as well; empty for none.
    pub wiki_at_root: String,
}

/// What one wiki may hold. 0 means no limit, except for `page_bytes`. Wikis that an
/// operator owns are exempt, except from `page_bytes` and `attachment_bytes`, which bound
/// a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Pages in a wiki.
    pub pages_per_wiki: u64,
    /// Bytes of all pages and attachments at the newest revision.
    pub wiki_bytes: u64,
    /// Bytes of one page.
    pub page_bytes: u64,
    /// Bytes of one attachment that is read through the API.
    pub attachment_bytes: u64,
    /// Wikis that a person who is no operator may own before they may make another.
    pub wikis_per_person: u64,
    /// People beside its first owner who may be something on a wiki.
    pub collaborators: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionConfig {
    /// Days until a person has to sign in again.
    pub days: u32,
    /// Minutes for which a printed sign-in link works.
    pub link_minutes: u32,
}

/// What search by meaning runs on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EmbeddingConfig {
    /// A sentence-transformers directory with a model of BERT's architecture; empty for the model inside the binary.
    pub model: PathBuf,
    /// Threads that embed; 0 for as many as the machine has cores.
    pub threads: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogConfig {
    /// `error`, `warn`, `info`, `debug`, `trace`, or a `tracing` filter.
    pub level: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            domain: "localhost:8080".to_owned(),
            https: false,
            data_dir: PathBuf::from("/var/lib/robotwiki"),
            wiki_at_root: String::new(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pages_per_wiki: 500,
            wiki_bytes: 50 << 20,
            page_bytes: 1_000_000,
            attachment_bytes: 10 << 20,
            wikis_per_person: 1,
            collaborators: 3,
        }
    }
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self { days: 30, link_minutes: 60 }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Text }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {path}: {cause}")]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error("{path}: {cause}")]
    Syntax { path: PathBuf, cause: String },
    #[error("{source_name}: unknown key '{key}'{}", suggestion.as_ref().map(|s| format!("; did you mean '{s}'?")).unwrap_or_default())]
    UnknownKey { source_name: String, key: String, suggestion: Option<String> },
    #[error("{source_name}: {key} must be {expected}, not '{found}'")]
    WrongType { source_name: String, key: String, expected: &'static str, found: String },
    #[error("configuration: {0}")]
    Invalid(String),
}

/// One value from the command line: `server.listen`, `127.0.0.1:0`.
pub type Flag = (&'static str, String);

impl Config {
    /// Reads the file, then the environment, then the flags.
    ///
    /// `file` is an explicit `--config`, which must exist; without it the default file is
    /// read if there is one. `environment` is the process's variables.
    ///
    /// # Errors
    /// The first unreadable file, unknown key or value of the wrong type.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        flags: &[Flag],
    ) -> Result<Self, ConfigError> {
        let mut table = known_keys()?;
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let given: Table = text.parse().map_err(|cause: toml::de::Error| ConfigError::Syntax {
                    path: path.into(),
                    cause: cause.to_string(),
                })?;
                let source = path.display().to_string();
                for (section, value) in given {
                    match value {
                        Value::Table(keys) => {
                            for (key, value) in keys {
                                set(&mut table, &source, &format!("{section}.{key}"), value)?;
                            }
                        }
                        value => set(&mut table, &source, &section, value)?,
                    }
                }
            }
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound && file.is_none() => {}
            Err(cause) => return Err(ConfigError::Unreadable { path: path.into(), cause }),
        }
        for (name, value) in environment {
            let Some((section, key)) = name.strip_prefix(ENV_PREFIX).and_then(|rest| rest.split_once("__")) else {
                continue;
            };
            let dotted = format!("{}.{}", section.to_lowercase(), key.to_lowercase());
            set_text(&mut table, &name, &dotted, &value)?;
        }
        for (key, value) in flags {
            set_text(&mut table, "command line", key, value)?;
        }
        let config: Self =
            table.try_into().map_err(|cause: toml::de::Error| ConfigError::Invalid(cause.to_string()))?;
        config.validate()?;
        Ok(config)
    }

    /// The configuration as TOML, as `robotwiki config` prints it. It holds no secrets.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).unwrap_or_default()
    }

    /// `https` or `http`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.server.https { "https" } else { "http" }
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let domain = &self.server.domain;
        let (host, port) = domain.rsplit_once(':').unwrap_or((domain, "0"));
        let host_ok = !host.is_empty()
            && host.len() <= 220
            && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.');
        if !host_ok || port.parse::<u16>().is_err() {
            return Err(ConfigError::Invalid(format!(
                "server.domain must be a lower-case host name with an optional port, not '{domain}'"
            )));
        }
        if !self.server.wiki_at_root.is_empty() {
            crate::model::Slug::parse(&self.server.wiki_at_root)
                .map_err(|cause| ConfigError::Invalid(format!("server.wiki_at_root: {cause}")))?;
        }
        if self.sessions.days == 0 || self.sessions.link_minutes == 0 {
            return Err(ConfigError::Invalid("sessions.days and sessions.link_minutes must be at least 1".to_owned()));
        }
        if self.limits.page_bytes == 0 || self.limits.page_bytes > 16 << 20 {
            return Err(ConfigError::Invalid("limits.page_bytes must be between 1 and 16777216".to_owned()));
        }
        Ok(())
    }
}

/// The defaults as a table: the list of what exists, and of what type each key is.
fn known_keys() -> Result<Table, ConfigError> {
    Table::try_from(Config::default()).map_err(|cause| ConfigError::Invalid(cause.to_string()))
}

fn slot<'t>(table: &'t mut Table, source: &str, dotted: &str) -> Result<&'t mut Value, ConfigError> {
    let known: Vec<String> = table
        .iter()
        .flat_map(|(section, keys)| {
            keys.as_table().into_iter().flatten().map(move |(key, _)| format!("{section}.{key}"))
        })
        .collect();
    let found = dotted.split_once('.').and_then(|(section, key)| table.get_mut(section)?.get_mut(key));
    found.ok_or_else(|| ConfigError::UnknownKey {
        source_name: source.to_owned(),
        key: dotted.to_owned(),
        suggestion: nearest(dotted, &known),
    })
}

fn nearest(key: &str, known: &[String]) -> Option<String> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(key, candidate), candidate))
        .filter(|(similarity, _)| *similarity > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.clone())
}

fn set(table: &mut Table, source: &str, dotted: &str, value: Value) -> Result<(), ConfigError> {
    let slot = slot(table, source, dotted)?;
    if slot.same_type(&value) {
        *slot = value;
        return Ok(());
    }
    Err(ConfigError::WrongType {
        source_name: source.to_owned(),
        key: dotted.to_owned(),
        expected: expected(slot),
        found: value.to_string(),
    })
}

fn set_text(table: &mut Table, source: &str, dotted: &str, text: &str) -> Result<(), ConfigError> {
    let slot = slot(table, source, dotted)?;
    let parsed = match slot {
        Value::Integer(_) => text.parse().ok().map(Value::Integer),
        Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
        _ => Some(Value::String(text.to_owned())),
    };
    *slot = parsed.ok_or_else(|| ConfigError::WrongType {
        source_name: source.to_owned(),
        key: dotted.to_owned(),
        expected: expected(slot),
        found: text.to_owned(),
    })?;
    Ok(())
}

fn expected(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "a whole number",
        Value::Boolean(_) => "true or false",
        _ => "a text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, env: &[(&str, &str)], flags: &[Flag]) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("robotwiki.toml");
        std::fs::write(&path, file).unwrap();
        let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::load(Some(&path), env, flags)
    }

    #[test]
    fn flags_override_the_environment_which_overrides_the_file() {
        let file = "[server]\ndomain = \"file.example\"\nlisten = \"127.0.0.1:1\"\n[log]\nlevel = \"warn\"\n";
        let env =
            [("ROBOTWIKI_SERVER__DOMAIN", "env.example"), ("ROBOTWIKI_LIMITS__PAGES_PER_WIKI", "7"), ("PATH", "x")];
        let config = load(file, &env, &[("server.listen", "127.0.0.1:3".to_owned())]).unwrap();
        assert_eq!(config.server.domain, "env.example");
        assert_eq!(config.server.listen.port(), 3);
        assert_eq!((config.log.level.as_str(), config.limits.pages_per_wiki), ("warn", 7));
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        let error = load("[server]\ndomian = \"x\"\n", &[], &[]).unwrap_err().to_string();
        assert!(error.contains("unknown key 'server.domian'; did you mean 'server.domain'?"), "{error}");
        let error = load("", &[("ROBOTWIKI_LIMIT__PAGE_BYTES", "3")], &[]).unwrap_err().to_string();
        assert!(error.contains("did you mean 'limits.page_bytes'?"), "{error}");
    }

    #[test]
    fn wrong_types_and_values_are_named() {
        let error = load("[limits]\npage_bytes = \"many\"\n", &[], &[]).unwrap_err().to_string();
        assert!(error.contains("limits.page_bytes must be a whole number"), "{error}");
        assert!(load("[server]\ndomain = \"Wiki Example\"\n", &[], &[]).is_err());
        assert!(load("[server]\nlisten = \"nowhere\"\n", &[], &[]).is_err());
        assert!(load("[server", &[], &[]).is_err());
        assert!(load("[limits]\npages_per_wiki = -1\n", &[], &[]).is_err());
    }

    #[test]
    fn the_packaged_file_shows_every_key_with_its_default() {
        let packaged = include_str!("../packaging/robotwiki.toml");
        let shown: String = packaged
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(key) if !key.starts_with(' ') => key,
                _ => line,
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let table: Table = shown.parse().unwrap();
        assert_eq!(table, known_keys().unwrap());
        assert_eq!(load(packaged, &[], &[]).unwrap(), Config::default());
    }

    #[test]
    fn what_is_printed_can_be_read_back() {
        let config = Config::default();
        assert_eq!(load(&config.to_toml(), &[], &[]).unwrap(), config);
    }
}
