//! The command line: arguments, help, exit codes, printing. What verbs do is in `admin`;
//! only `serve`, `embed` and `config` are done here, and files are opened for `export`.

mod args;
mod embed;
mod export;
mod operate;
mod print;
mod serve;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;

use crate::admin::{Health, NewFromImport, Request};
use crate::config::{Config, ConfigError, Flag};
use crate::embed::Kind;
use crate::wiki::ImportOptions;
use args::{Arguments, TokenVerb, UserVerb, Verb, WikiVerb};
use print::Listing;

/// Why a command failed; decides its exit code.
#[derive(Debug, thiserror::Error)]
enum CliError {
    /// Exit code 1.
    #[error("{0}")]
    Failed(String),
    /// Exit code 2, as for wrong arguments.
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Usage(String),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            print::problem(&error.to_string());
            match error {
                CliError::Failed(_) => ExitCode::from(1),
                CliError::Config(_) | CliError::Usage(_) => ExitCode::from(2),
            }
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode, CliError> {
    let mut flags: Vec<Flag> = Vec::new();
    if let Some(dir) = &arguments.data_dir {
        flags.push(("server.data_dir", dir.display().to_string()));
    }
    if let Verb::Serve { listen, domain } = &arguments.verb {
        flags.extend(listen.iter().map(|address| ("server.listen", address.to_string())));
        flags.extend(domain.iter().map(|domain| ("server.domain", domain.clone())));
    }
    if let Verb::Embed { threads, batch, model, query } = arguments.verb {
        return embed::embed(threads, batch, model.as_deref(), if query { Kind::Query } else { Kind::Passage });
    }
    let config = Config::load(arguments.config.as_deref(), std::env::vars(), &flags)?;
    match arguments.verb {
        Verb::Serve { .. } => serve::serve(config),
        Verb::Config => {
            print::lines(&config.to_toml());
            Ok(ExitCode::SUCCESS)
        }
        Verb::Doctor { json } => {
            let answer = operate::ask(config, Request::Doctor)?;
            let broken = print::answer(&answer, Listing::of(json))? == Health::Broken;
            Ok(if broken { ExitCode::from(1) } else { ExitCode::SUCCESS })
        }
        Verb::Export { slug, out, format } => export::export(config, slug, &out, format),
        verb => {
            let (request, json) = request(verb)?;
            let answer = operate::ask(config, request)?;
            print::answer(&answer, Listing::of(json))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The request that a verb stands for, and whether its answer is wanted as JSON.
fn request(verb: Verb) -> Result<(Request, bool), CliError> {
    Ok(match verb {
        Verb::Serve { .. } | Verb::Embed { .. } | Verb::Export { .. } | Verb::Config => {
            return Err(CliError::Usage("not a request".to_owned()));
        }
        Verb::Doctor { json } => (Request::Doctor, json),
        // Without a slug it is for all, which the arguments demand to be said.
        Verb::Reindex { slug, wait, all: _ } => (Request::Reindex { slug, wait }, false),
        Verb::Setup => (Request::Setup, false),
        Verb::User(UserVerb::Create { name }) => (Request::UserCreate { name }, false),
        Verb::User(UserVerb::List { json }) => (Request::UserList, json),
        Verb::Wiki(WikiVerb::Create { slug, name, owner, public, from_git }) => {
            let from_git = from_git.map(|path| absolute(&path)).transpose()?;
            (Request::WikiCreate { slug, name, owner, public, from_git }, false)
        }
        Verb::Import { slug, path, kind, on_conflict, dry_run, create: _, name, public, json } => {
            let create = name.map(|name| NewFromImport { name, public });
            let options = ImportOptions { kind, on_conflict, dry_run };
            (Request::Import { slug, path: absolute(&path)?, options, create }, json)
        }
        Verb::Wiki(WikiVerb::List { json }) => (Request::WikiList, json),
        Verb::Wiki(WikiVerb::Language { slug, language }) => (Request::WikiLanguage { slug, language }, false),
        Verb::Wiki(WikiVerb::Delete { slug, yes }) => {
            if !yes {
                let text = format!("this deletes the wiki '{slug}' and all its history; add --yes to do it");
                return Err(CliError::Usage(text));
            }
            (Request::WikiDelete { slug }, false)
        }
        Verb::Wiki(WikiVerb::Grant { slug, person, role }) => (Request::WikiGrant { slug, person, role }, false),
        Verb::Token(TokenVerb::Create { slug, name, role, expires }) => {
            (Request::TokenCreate { slug, name, role, days: expires }, false)
        }
        Verb::Token(TokenVerb::List { slug, json }) => (Request::TokenList { slug }, json),
        Verb::Token(TokenVerb::Revoke { slug, token }) => (Request::TokenRevoke { slug, token }, false),
    })
}

/// A path as the server sees it.
fn absolute(path: &Path) -> Result<PathBuf, CliError> {
    std::fs::canonicalize(path).map_err(|cause| CliError::Failed(format!("cannot read {}: {cause}", path.display())))
}
