//! What the owner of a wiki has decided about it, and how that is changed.

use sha2::{Digest as _, Sha256};

use super::{Access, AccessError, Admin, WikiError, Wikis};
use crate::markdown::custom_css;
use crate::model::{
    CustomCss, Description, Language, LinkOrder, Menu, MessagePolicy, Name, PreferenceError, Preferences, Redirects,
    Sidebar, StartPage,
};
use crate::store::{AuditEntry, AuditEvent};

/// What of a wiki can be changed; none leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub name: Option<Name>,
    pub public: Option<bool>,
    pub language: Option<Language>,
    pub description: Option<Description>,
    pub start: Option<StartPage>,
    pub indexed: Option<bool>,
    pub link_order: Option<LinkOrder>,
    pub sidebar: Option<Sidebar>,
    pub menu: Option<Menu>,
    pub messages: Option<MessagePolicy>,
    pub css: Option<CustomCss>,
    pub redirects: Option<Redirects>,
}

/// An owner's style sheet as it is served.
#[derive(Clone, Debug)]
pub struct Style {
    /// Names its content: `3f2a9c11d0e7a1b2.css`.
    pub name: String,
    pub css: String,
}

impl Style {
    pub(super) fn of(css: &CustomCss) -> Self {
        let css = custom_css(css.as_str()).css;
        let hash: String = Sha256::digest(&css).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { name: format!("{hash}.css"), css }
    }
}

impl From<PreferenceError> for WikiError {
    fn from(error: PreferenceError) -> Self {
        Self::Invalid { field: error.field, problem: error.problem }
    }
}

impl Wikis {
    /// Changes what an owner may decide about a wiki, all of it or nothing. Where that decides
    /// what is derived from the pages (the language for searches, the order of links), they are
    /// read anew in the background, and what was holds until then.
    ///
    /// # Errors
    /// [`WikiError::Invalid`] for a style sheet with something in it that cannot be served, or a
    /// storage failure.
    pub fn change_settings(&self, access: &Access<Admin>, settings: &Settings) -> Result<(), WikiError> {
        if let Some(css) = &settings.css
            && let Some(first) = custom_css(css.as_str()).problems.first()
        {
            return Err(WikiError::Invalid { field: "css", problem: format!("line {}: {}", first.line, first.text) });
        }
        let before = access.wiki().preferences().link_order;
        access.wiki().change_preferences(|| self.store_settings(access, settings))?;
        if access.wiki().preferences().link_order != before {
            // The index of words finds out by itself.
            self.embed_anew(access.id());
        }
        self.notify_indexes(access.id());
        Ok(())
    }

    fn store_settings(&self, access: &Access<Admin>, settings: &Settings) -> Result<Preferences, WikiError> {
        let at = self.clock().now();
        self.store().write(|tx| {
            let missing = || AccessError::NoSuchWiki(access.slug().to_string());
            let before = tx.wiki(access.id())?.ok_or_else(missing)?;
            let mut record = before.clone();
            let mut preferences = tx.preferences(access.id())?;
            let mut fields = Vec::new();
            set(&mut record.language, settings.language.as_ref(), "language", &mut fields);
            set(&mut preferences.description, settings.description.as_ref(), "description", &mut fields);
            set(&mut preferences.start, settings.start.as_ref(), "home_page", &mut fields);
            set(&mut preferences.indexed, settings.indexed.as_ref(), "indexed", &mut fields);
            set(&mut preferences.link_order, settings.link_order.as_ref(), "link_order", &mut fields);
            set(&mut preferences.sidebar, settings.sidebar.as_ref(), "sidebar", &mut fields);
            set(&mut preferences.menu, settings.menu.as_ref(), "menu", &mut fields);
            set(&mut preferences.messages, settings.messages.as_ref(), "messages", &mut fields);
            set(&mut preferences.css, settings.css.as_ref(), "css", &mut fields);
            set(&mut preferences.redirects, settings.redirects.as_ref(), "redirects", &mut fields);
            record.name = settings.name.clone().unwrap_or(record.name);
            record.public = settings.public.unwrap_or(record.public);

            let audit = |event| tx.audit(&AuditEntry { at, actor: access.actor(), wiki: Some(access.id()), event });
            if record.name != before.name || record.public != before.public {
                audit(AuditEvent::SettingsChanged { name: record.name.to_string(), public: record.public })?;
            }
            if !fields.is_empty() {
                audit(AuditEvent::PreferencesChanged { fields: fields.join(", ") })?;
            }
            tx.set_wiki(access.id(), &record)?;
            tx.set_preferences(access.id(), &preferences)?;
            Ok(preferences)
        })
    }
}

fn set<T: Clone + PartialEq>(current: &mut T, wanted: Option<&T>, name: &'static str, fields: &mut Vec<&'static str>) {
    if let Some(wanted) = wanted
        && wanted != current
    {
        wanted.clone_into(current);
        fields.push(name);
    }
}
