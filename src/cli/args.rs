use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::model::{Language, Name, Role, Slug, TokenRole};
use crate::wiki::{ExportFormat, ImportKind, OnConflict};

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 it failed and nothing changed, 2 wrong arguments or configuration.

Every verb works while the server runs and while it is stopped. Run it as the server's
user or as root, with the same configuration as the server.";

const EXAMPLES: &str = "\
Examples:
  robotwiki serve --data-dir ./data --listen 127.0.0.1:8080 --domain localhost:8080
  robotwiki setup
  robotwiki wiki create docs --name Docs --public
  robotwiki token create docs --name 'Claude Code' --role write --expires 90";

/// Git-backed Markdown wikis for people and AI agents, in one binary.
#[derive(Debug, Parser)]
#[command(name = "robotwiki", version, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(super) struct Arguments {
    /// Configuration file [default: /etc/robotwiki/robotwiki.toml, if it exists].
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Where everything is kept; overrides server.data_dir.
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,

    #[command(subcommand)]
    pub(super) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Runs the server until it is told to stop (SIGTERM, Ctrl-C).
    #[command(
        after_help = "Example:\n  robotwiki serve --data-dir ./data --listen 127.0.0.1:8080 --domain localhost:8080"
    )]
    Serve {
        /// Address and port; port 0 takes a free one. Overrides server.listen.
        #[arg(long, value_name = "ADDR")]
        listen: Option<SocketAddr>,
        /// The host name that visitors use; wikis answer at SLUG.HOST. Port 0 stands for
        /// the port listened on. Overrides server.domain.
        #[arg(long, value_name = "HOST[:PORT]")]
        domain: Option<String>,
    },
    /// Prints a one-time sign-in link for the operator, making the account on first use.
    #[command(after_help = "Example:\n  sudo robotwiki setup")]
    Setup,
    /// Accounts.
    #[command(subcommand, after_help = "Examples:\n  robotwiki user create 'Ada Lovelace'\n  robotwiki user list")]
    User(UserVerb),
    /// Wikis, and who may do what on them.
    #[command(
        subcommand,
        after_help = "Examples:\n  robotwiki wiki create docs --name Docs\n  robotwiki wiki grant docs 'Ada Lovelace' editor"
    )]
    Wiki(WikiVerb),
    /// Tokens, with which agents, programs and git reach a wiki.
    #[command(
        subcommand,
        after_help = "Examples:\n  robotwiki token create docs --name 'Claude Code' --role write\n  robotwiki token revoke docs 'Claude Code'"
    )]
    Token(TokenVerb),
    /// Turns texts into vectors: one text a line in, one JSON array a line out, in the same order.
    ///
    /// Reads neither the configuration nor the data directory. Of a text that is longer than the model reads,
    /// its beginning counts.
    #[command(
        after_help = "Examples:\n  robotwiki embed < texts.txt > vectors.jsonl\n  robotwiki embed --query --model ./bge-small-en-v1.5 < questions.txt\n\nExit codes: 0 done, 1 it failed, after the vectors so far; 2 wrong arguments."
    )]
    Embed {
        /// Threads that embed [default: the number of cores].
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
        threads: Option<u16>,
        /// Embeds this many lines together, and waits for them; 1 is one text at a time [default: what is there].
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
        batch: Option<u16>,
        /// A sentence-transformers directory [default: the model inside the program].
        #[arg(long, value_name = "DIR")]
        model: Option<PathBuf>,
        /// The texts are queries, which some models want to know.
        #[arg(long)]
        query: bool,
    },
    /// Prints the configuration in force, as TOML.
    #[command(
        after_help = "Every key can be set in the file, as ROBOTWIKI_SECTION__KEY in the environment, or by a flag \
                            where one exists; the later wins.\n\nExamples:\n  robotwiki config\n  \
                            ROBOTWIKI_LIMITS__PAGES_PER_WIKI=0 robotwiki config"
    )]
    Config,
    /// Indexes the pages of wikis anew, for searching. Never necessary: indexes repair themselves.
    #[command(after_help = "Examples:\n  robotwiki reindex docs --wait\n  robotwiki reindex --all")]
    Reindex {
        /// The wiki's short name.
        #[arg(value_parser = Slug::parse, required_unless_present = "all", conflicts_with = "all")]
        slug: Option<Slug>,
        /// Every wiki.
        #[arg(long)]
        all: bool,
        /// Print progress, and end when everything is indexed. Without a running server that is
        /// always so.
        #[arg(long)]
        wait: bool,
    },
    /// Writes a wiki into one file: its files, its history, or a static site.
    #[command(
        after_help = "Examples:\n  robotwiki export docs docs.zip\n  robotwiki export docs --format site docs-site.zip\n  robotwiki export docs --format bundle docs.bundle"
    )]
    Export {
        /// The wiki's short name.
        #[arg(value_parser = Slug::parse)]
        slug: Slug,
        /// The file to write, which must not exist; - for standard output.
        out: PathBuf,
        /// zip: the Markdown files and attachments; bundle: git clone reads it, with all history;
        /// site: HTML pages that need no server, zipped.
        #[arg(long, value_name = "FORMAT", default_value = "zip", value_parser = ExportFormat::parse)]
        format: ExportFormat,
    },
    /// Brings pages and attachments into a wiki, from Markdown files, Obsidian, Otterwiki or git, as one commit.
    #[command(
        after_help = "Examples:\n  robotwiki import docs vault.zip --dry-run\n  robotwiki import docs ./notes --on-conflict rename\n  robotwiki import old /srv/otterwiki/repository --create --name 'Old wiki'"
    )]
    Import {
        /// The wiki's short name.
        #[arg(value_parser = Slug::parse)]
        slug: Slug,
        /// A zip file, a folder or a git repository that the server may read.
        path: PathBuf,
        /// What wrote it: auto, markdown (any Markdown files), git, obsidian, otterwiki, robotwiki.
        #[arg(long, value_name = "KIND", default_value = "auto", value_parser = ImportKind::parse)]
        kind: ImportKind,
        /// When a name is taken: skip keeps what is there, rename gives the new one a number, overwrite
        /// replaces what is there.
        #[arg(long, value_name = "WHAT", default_value = "skip", value_parser = OnConflict::parse)]
        on_conflict: OnConflict,
        /// Say what would happen, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Make the wiki first; the history of a git repository comes along.
        #[arg(long, requires = "name")]
        create: bool,
        /// The new wiki's name for people.
        #[arg(long, value_parser = Name::parse, requires = "create")]
        name: Option<Name>,
        /// Anybody may read the new wiki.
        #[arg(long, requires = "create")]
        public: bool,
        /// The report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Looks at everything and says what is wrong and what to do. Exit code 1 when
    /// something does not work.
    #[command(after_help = "Example:\n  sudo robotwiki doctor")]
    Doctor {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum UserVerb {
    /// Makes an account and prints its one-time sign-in link.
    #[command(after_help = "Example:\n  robotwiki user create 'Ada Lovelace'")]
    Create {
        /// Shown as the author of the person's changes.
        #[arg(value_parser = Name::parse)]
        name: Name,
    },
    /// Lists accounts.
    #[command(after_help = "Example:\n  robotwiki user list --json")]
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum WikiVerb {
    /// Makes a wiki, with the pages a new wiki begins with or from a git repository.
    #[command(
        after_help = "Examples:\n  robotwiki wiki create docs --name Docs --public\n  robotwiki wiki create old --name 'Old wiki' --from-git /srv/old.git"
    )]
    Create {
        /// 3 to 30 of a-z, 0-9 and '-': the wiki answers at SLUG.DOMAIN.
        #[arg(value_parser = Slug::parse)]
        slug: Slug,
        /// The wiki's name for people.
        #[arg(long, value_parser = Name::parse)]
        name: Name,
        /// Who owns it: a person's identifier or name [default: the operator].
        #[arg(long, value_name = "PERSON")]
        owner: Option<String>,
        /// Anybody may read it.
        #[arg(long)]
        public: bool,
        /// Take content and history of the current branch of this repository.
        #[arg(long, value_name = "PATH")]
        from_git: Option<PathBuf>,
    },
    /// Lists wikis.
    #[command(after_help = "Example:\n  robotwiki wiki list --json")]
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Says what a wiki is written in, for searches. Its pages are indexed anew in the background.
    #[command(after_help = "Example:\n  robotwiki wiki language docs german")]
    Language {
        /// The wiki's short name.
        #[arg(value_parser = Slug::parse)]
        slug: Slug,
        /// arabic, danish, dutch, english, finnish, french, german, greek, hungarian, italian,
        /// norwegian, portuguese, romanian, russian, spanish, swedish, tamil, turkish, or none.
        #[arg(value_parser = Language::parse)]
        language: Language,
    },
    /// Deletes a wiki with all its history. There is no way back.
    #[command(after_help = "Example:\n  robotwiki wiki delete docs --yes")]
    Delete {
        /// The wiki's short name.
        #[arg(value_parser = Slug::parse)]
        slug: Slug,
        /// Really.
        #[arg(long)]
        yes: bool,
    },
    /// Makes a person owner, editor or viewer of a wiki.
    #[command(after_help = "Example:\n  robotwiki wiki grant docs 'Ada Lovelace' editor")]
    Grant {
        /// The wiki's short name.
        #[arg(value_parser = Slug::parse)]
        slug: Slug,
        /// Identifier or name.
        person: String,
        /// owner, editor or viewer.
        role: Role,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenVerb {
    /// Makes a token and prints it, once.
    #[command(after_help = "Example:\n  robotwiki token create docs --name 'Claude Code' --role write --expires 90")]
    Create {
        /// The wiki's short name.
        #[arg(value_parser = Slug::parse)]
        slug: Slug,
        /// Shown as the author of the changes made with it.
        #[arg(long, value_parser = Name::parse)]
        name: Name,
        /// read or write.
        #[arg(long)]
        role: TokenRole,
        /// Days until it stops working, 1 to 3650 [default: never].
        #[arg(long, value_name = "DAYS")]
        expires: Option<u32>,
    },
    /// Lists the tokens of a wiki.
    #[command(after_help = "Example:\n  robotwiki token list docs --json")]
    List {
        /// The wiki's short name.
        #[arg(value_parser = Slug::parse)]
        slug: Slug,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes a token useless, at once.
    #[command(after_help = "Examples:\n  robotwiki token revoke docs t3\n  robotwiki token revoke docs 'Claude Code'")]
    Revoke {
        /// The wiki's short name.
        #[arg(value_parser = Slug::parse)]
        slug: Slug,
        /// Identifier or name.
        token: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_help_of_every_verb_shows_an_example() {
        fn check(command: &clap::Command) {
            let help = command.clone().render_long_help().to_string();
            let (_, examples) = help.split_once("Example").unwrap_or_else(|| panic!("{}: none", command.get_name()));
            assert!(examples.contains("\n  robotwiki ") || examples.contains("\n  sudo robotwiki "), "{help}");
            command.get_subcommands().for_each(check);
        }
        check(&Arguments::command());
    }

    #[test]
    fn the_manual_page_has_every_verb_and_option() {
        fn check(command: &clap::Command, verb: &str, manual: &str) {
            for option in command.get_arguments().filter_map(|argument| argument.get_long()) {
                assert!(manual.contains(&format!("--{option}")), "{verb} --{option}");
            }
            for below in command.get_subcommands() {
                let verb = format!("{verb}{} ", below.get_name());
                if below.has_subcommands() {
                    check(below, &verb, manual);
                } else {
                    let section = manual.lines().find(|line| format!("{line} ").starts_with(&format!(".B {verb}")));
                    check(below, &verb, section.unwrap_or_else(|| panic!("{verb}: no section")));
                }
            }
        }
        // Without what only says how to print: escapes, and the changes of font.
        let mut manual = include_str!("../../packaging/robotwiki.1").replace("\\-", "-");
        for font in ["\\fB", "\\fI", "\\fR"] {
            manual = manual.replace(font, "");
        }
        check(&Arguments::command(), "", &manual);
    }

    #[test]
    fn examples_can_be_typed() {
        fn examples(command: &clap::Command, found: &mut Vec<String>) {
            let help = command.clone().render_long_help().to_string();
            let typed = help.lines().filter_map(|line| line.strip_prefix("  ")?.split_once("robotwiki "));
            found.extend(typed.map(|(_, typed)| typed.to_owned()));
            command.get_subcommands().for_each(|verb| examples(verb, found));
        }
        let mut found = Vec::new();
        examples(&Arguments::command(), &mut found);
        assert!(found.len() > 12, "{found:?}");
        for typed in &found {
            // Quotes and files are the only things that these leave to the shell.
            let typed = typed.split_once(" <").map_or(typed.as_str(), |(typed, _)| typed);
            let words = typed.split('\'').enumerate().flat_map(|(at, part)| match at % 2 {
                0 => part.split_whitespace().collect(),
                _ => vec![part],
            });
            let parsed = Arguments::try_parse_from(std::iter::once("robotwiki").chain(words));
            assert!(parsed.is_ok(), "{typed}: {}", parsed.unwrap_err());
        }
    }
}
