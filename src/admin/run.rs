use std::io::Write as _;
use std::sync::Arc;

use super::request::{Answer, Person, Request, Token, WikiInfo};
use super::talk::{Shared, Talk};
use super::{Failure, doctor, import, reindex};
use crate::auth::{Auth, AuthError, Operator, PersonSummary, SignInLink};
use crate::config::Config;
use crate::model::{Slug, WikiId};
use crate::wiki::{ExportFormat, NewWiki, WikiError, WikiSummary, Wikis};

/// What the verbs work on.
#[derive(Clone)]
pub struct Parts {
    pub config: Arc<Config>,
    pub auth: Arc<Auth>,
    pub wikis: Arc<Wikis>,
}

/// Does what the operator asks. `talk` hears what takes long. Blocks.
///
/// # Errors
/// With a text for whoever asked; nothing has changed then.
pub fn run(parts: &Parts, proof: Operator, request: Request, talk: &mut dyn Talk) -> Result<Answer, Failure> {
    if let Request::Export { slug, format } = request {
        return export(parts, proof, &slug, format, talk);
    }
    let progress: &mut dyn FnMut(&str) = &mut |text| talk.progress(text);
    Ok(match request {
        Request::Setup => {
            let person = parts.auth.operator_account(proof)?;
            parts.sign_in_link(proof, person)?
        }
        Request::UserCreate { name } => {
            let id = parts.auth.create_person(proof, &name, false)?;
            let person = parts.auth.find_person(proof, &id.to_string())?;
            parts.sign_in_link(proof, person)?
        }
        Request::UserList => {
            let people = parts.auth.list_people(proof)?.into_iter().map(Person::from).collect();
            Answer::People { people }
        }
        Request::WikiCreate { slug, name, owner, public, from_git } => {
            let owner = match owner {
                Some(text) => parts.auth.find_person(proof, &text)?,
                None => parts.auth.operator_account(proof)?,
            };
            let new = NewWiki { slug, name, owner: owner.id, public, from_git };
            Answer::Wiki { wiki: parts.info(parts.wikis.create(proof, &new, progress)?) }
        }
        Request::WikiList => {
            let wikis = parts.wikis.list(proof)?.into_iter().map(|wiki| parts.info(wiki)).collect();
            Answer::Wikis { wikis }
        }
        Request::WikiLanguage { slug, language } => {
            parts.wikis.set_language(proof, &slug, language)?;
            Answer::Done
        }
        Request::WikiDelete { slug } => {
            parts.wikis.delete(proof, &slug)?;
            Answer::Done
        }
        Request::WikiGrant { slug, person, role } => {
            let person = parts.auth.find_person(proof, &person)?;
            parts.wikis.grant(proof, &slug, person.id, role)?;
            Answer::Granted { person: person.into(), role }
        }
        Request::TokenCreate { slug, name, role, days } => {
            let token = parts.auth.create_token(proof, parts.wiki(proof, &slug)?, &name, role, days)?;
            Answer::NewToken { id: token.id.to_string(), secret: token.secret, expires: token.expires }
        }
        Request::TokenList { slug } => {
            let tokens = parts.auth.list_tokens(proof, parts.wiki(proof, &slug)?)?;
            let tokens = tokens
                .into_iter()
                .map(|token| Token {
                    id: token.id.to_string(),
                    name: token.name,
                    role: token.role,
                    created: token.created,
                    expires: token.expires,
                })
                .collect();
            Answer::Tokens { tokens }
        }
        Request::TokenRevoke { slug, token } => {
            parts.revoke(proof, &slug, &token)?;
            Answer::Done
        }
        Request::Reindex { slug, wait } => {
            Answer::Reindexing { wikis: reindex::reindex(parts, proof, slug, wait, progress)? }
        }
        Request::Export { .. } => Answer::Done,
        Request::Import { slug, path, options, create } => {
            import::import(parts, proof, &slug, (&path, options), create, progress)?
        }
        Request::Doctor => Answer::Findings { findings: doctor::examine(parts, proof) },
    })
}

fn export(
    parts: &Parts,
    proof: Operator,
    slug: &Slug,
    format: ExportFormat,
    talk: &mut dyn Talk,
) -> Result<Answer, Failure> {
    let shared = Shared::new(talk);
    let mut content = shared.content();
    let written = parts.wikis.export(proof, slug, format, &mut content, &mut |text| shared.progress(text));
    written.and_then(|()| Ok(content.flush()?)).map_err(|error| Failure { text: error.to_string() })?;
    Ok(Answer::Done)
}

impl Parts {
    fn wiki(&self, proof: Operator, slug: &Slug) -> Result<WikiId, Failure> {
        Ok(self.wikis.find(proof, slug)?)
    }

    fn sign_in_link(&self, proof: Operator, person: PersonSummary) -> Result<Answer, Failure> {
        let SignInLink { secret, expires, .. } = self.auth.create_sign_in_link(proof, &person)?;
        let config = &self.config;
        let link = format!("{}://{}/auth/link?token={secret}", config.scheme(), config.server.domain);
        Ok(Answer::SignInLink { person: person.into(), link, expires })
    }

    fn revoke(&self, proof: Operator, slug: &Slug, text: &str) -> Result<(), Failure> {
        let wiki = self.wiki(proof, slug)?;
        let tokens = self.auth.list_tokens(proof, wiki)?;
        let mut named = tokens.iter().filter(|token| token.id.to_string() == text || token.name.as_str() == text);
        match (named.next(), named.next()) {
            (Some(token), None) => Ok(self.auth.revoke_token(proof, wiki, token.id)?),
            (None, _) => Err(AuthError::NoSuchToken(text.to_owned()).into()),
            (Some(_), Some(_)) => Err(Failure {
                text: format!(
                    "several tokens are named '{text}'; give an identifier from `robotwiki token list {slug}`"
                ),
            }),
        }
    }

    fn info(&self, wiki: WikiSummary) -> WikiInfo {
        WikiInfo {
            id: wiki.id.to_string(),
            address: format!("{}://{}.{}/", self.config.scheme(), wiki.slug, self.config.server.domain),
            slug: wiki.slug,
            name: wiki.name,
            public: wiki.public,
            created: wiki.created,
            language: wiki.language,
            pages: wiki.pages,
            attachments: wiki.attachments,
            bytes: wiki.bytes,
        }
    }
}

impl From<PersonSummary> for Person {
    fn from(person: PersonSummary) -> Self {
        Self { id: person.id.to_string(), name: person.name, operator: person.operator, created: person.created }
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        Self { text: error.to_string() }
    }
}

impl From<WikiError> for Failure {
    fn from(error: WikiError) -> Self {
        Self { text: error.to_string() }
    }
}
