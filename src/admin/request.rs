use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Finding;
use crate::model::{Language, Name, Role, Slug, TokenRole, UnixSeconds};
use crate::wiki::{ExportFormat, ImportOptions, ImportReport};

/// A verb with its arguments.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verb")]
pub enum Request {
    /// A sign-in link for the operator's account, which is made on first use.
    Setup,
    UserCreate {
        name: Name,
    },
    UserList,
    WikiCreate {
        slug: Slug,
        name: Name,
        /// Identifier or name; the operator's account when absent.
        owner: Option<String>,
        public: bool,
        /// An absolute path on the server's machine.
        from_git: Option<PathBuf>,
    },
    WikiList,
    WikiLanguage {
        slug: Slug,
        language: Language,
    },
    WikiDelete {
        slug: Slug,
    },
    WikiGrant {
        slug: Slug,
        person: String,
        role: Role,
    },
    TokenCreate {
        slug: Slug,
        name: Name,
        role: TokenRole,
        days: Option<u32>,
    },
    TokenList {
        slug: Slug,
    },
    TokenRevoke {
        slug: Slug,
        /// Identifier (`t3`) or name.
        token: String,
    },
    Reindex {
        /// None for all wikis.
        slug: Option<Slug>,
        /// Answer when it is done.
        wait: bool,
    },
    Doctor,
    /// Its answer is the content of the file, and then [`Answer::Done`].
    Export {
        slug: Slug,
        format: ExportFormat,
    },
    Import {
        slug: Slug,
        /// An absolute path on the server's machine.
        path: PathBuf,
        options: ImportOptions,
        /// Makes the wiki first.
        create: Option<NewFromImport>,
    },
}

/// A wiki that is made for an import.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewFromImport {
    pub name: Name,
    pub public: bool,
}

impl Request {
    /// The same, answered when everything is done: for a process that ends with the answer.
    #[must_use]
    pub fn to_its_end(self) -> Self {
        match self {
            Self::Reindex { slug, .. } => Self::Reindex { slug, wait: true },
            request => request,
        }
    }
}

/// What a verb answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub enum Answer {
    SignInLink { person: Person, link: String, expires: UnixSeconds },
    People { people: Vec<Person> },
    Wiki { wiki: WikiInfo },
    Wikis { wikis: Vec<WikiInfo> },
    Granted { person: Person, role: Role },
    NewToken { id: String, secret: String, expires: Option<UnixSeconds> },
    Tokens { tokens: Vec<Token> },
    Reindexing { wikis: Vec<Reindexed> },
    Findings { findings: Vec<Finding> },
    Imported { report: Box<ImportReport>, dry_run: bool },
    Done,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Person {
    pub id: String,
    pub name: Name,
    pub operator: bool,
    pub created: UnixSeconds,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WikiInfo {
    pub id: String,
    pub slug: Slug,
    pub name: Name,
    pub public: bool,
    pub created: UnixSeconds,
    #[serde(default)]
    pub language: Language,
    pub pages: u64,
    pub attachments: u64,
    pub bytes: u64,
    pub address: String,
}

/// A wiki that is indexed anew.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reindexed {
    pub slug: Slug,
    /// Whether that was waited for.
    pub done: bool,
    /// Pages that are found by their words, by their meaning, and in how many passages; those
    /// of before while it is not done. No numbers for meaning without a model.
    pub pages: usize,
    pub embedded: Option<(usize, usize)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Token {
    pub id: String,
    pub name: Name,
    pub role: TokenRole,
    pub created: UnixSeconds,
    pub expires: Option<UnixSeconds>,
}
