//! The pages that are one form each.

use super::{CONFIRM_PUBLIC, Fields, Section};
use crate::http::web::views::{FieldKind, FieldOption, SettingsField};
use crate::model::{
    CustomCss, Description, Language, LinkOrder, Menu, MessageDemand, MessagePolicy, MessageTemplate, Name, Sidebar,
    StartPage, TreeDepth, TreeFocus, TreeMode,
};
use crate::wiki::{Access, Admin, Settings, WikiError};

pub(super) struct General;
pub(super) struct Reading;
pub(super) struct Writing;
pub(super) struct Appearance;
pub(super) struct Redirects;

impl Section for General {
    const AT: &'static str = "general";
    const TITLE: &'static str = "General";

    fn fields(access: &Access<Admin>) -> Vec<SettingsField> {
        let preferences = access.preferences();
        let yes_no = |yes| if yes { "yes" } else { "no" }.to_owned();
        vec![
            line("name", "Name", "What the wiki is called, at the top of every page.", access.name().to_string(), 100),
            line(
                "description",
                "Description",
                "One or two sentences on what it is about, for search engines and previews of links. At most 300 characters.",
                preferences.description.to_string(),
                Description::LONGEST,
            ),
            choice(
                "public",
                "Who may read it",
                "",
                yes_no(access.public()),
                &[
                    ("no", "Only people whom you let in", "See People and Tokens."),
                    (
                        "yes",
                        "Everybody",
                        "Without signing in: all pages, files and their whole history. Only people whom you let in may write.",
                    ),
                ],
            ),
            choice(
                "indexed",
                "Search engines",
                "Counts only while everybody may read the wiki.",
                yes_no(preferences.indexed),
                &[
                    ("yes", "May list its pages", ""),
                    (
                        "no",
                        "Are asked to stay away",
                        "With robots.txt and in every page. Most search engines follow that.",
                    ),
                ],
            ),
            line(
                "home_page",
                "First page",
                "What the wiki's bare address shows: a page, /-/changelog for the latest changes, or /-/index for all pages.",
                preferences.start.to_string(),
                800,
            ),
            SettingsField {
                kind: FieldKind::Select(
                    Language::ALL
                        .iter()
                        .map(|language| option(language.as_str(), language_name(*language), ""))
                        .collect(),
                ),
                ..field(
                    "language",
                    "Language",
                    "Searches take forms of a word for one by its rules. After a change all pages are indexed anew, in the background.",
                    access.language().to_string(),
                )
            },
        ]
    }

    fn parse(access: &Access<Admin>, typed: &Fields) -> Result<Settings, WikiError> {
        let name = Name::parse(text(typed, "name"))
            .map_err(|cause| invalid("name", cause.to_string().trim_start_matches("name ")))?;
        let public = yes(typed, "public")?;
        let settings = Settings {
            name: Some(name),
            public: Some(public),
            language: Some(
                Language::parse(text(typed, "language")).map_err(|cause| invalid("language", &cause.to_string()))?,
            ),
            description: Some(Description::parse(text(typed, "description"))?),
            start: Some(StartPage::parse(text(typed, "home_page"))?),
            indexed: Some(yes(typed, "indexed")?),
            ..Settings::default()
        };
        if public && !access.public() && text(typed, CONFIRM_PUBLIC) != "yes" {
            return Err(invalid(CONFIRM_PUBLIC, "must be ticked"));
        }
        Ok(settings)
    }
}

impl Section for Reading {
    const AT: &'static str = "reading";
    const TITLE: &'static str = "Reading";

    fn fields(access: &Access<Admin>) -> Vec<SettingsField> {
        let preferences = access.preferences();
        let sidebar = preferences.sidebar;
        vec![
            choice(
                "link_order",
                "Links with a text of their own",
                "A change alters what links mean in every page that has such links; the pages themselves stay as they \
                 are. All pages are then read anew, in the background: until that is done, links mean what they meant.",
                preferences.link_order.as_str().to_owned(),
                &[
                    ("label_first", "[[Text|Page]]", "As Otterwiki writes them."),
                    ("target_first", "[[Page|Text]]", "As MediaWiki and Obsidian write them."),
                ],
            ),
            choice(
                "sidebar_tree",
                "Pages beside the text",
                "",
                sidebar.tree.as_str().to_owned(),
                &[
                    ("sorted", "By name", ""),
                    ("folders_first", "Folders first, then pages", ""),
                    ("folders_only", "Folders only", ""),
                    ("off", "None", ""),
                ],
            ),
            choice(
                "sidebar_focus",
                "What of them is open",
                "",
                sidebar.focus.as_str().to_owned(),
                &[
                    ("folded", "The way to the page", "The rest is folded up."),
                    ("branch", "The page's own branch", "What is above, beside and below it. Nothing else is shown."),
                    ("open", "Everything", ""),
                ],
            ),
            line(
                "sidebar_depth",
                "Levels",
                "From 1 to 10. Leave it empty for all levels.",
                sidebar.depth.map(|depth| depth.levels().to_string()).unwrap_or_default(),
                2,
            ),
            area(
                "menu",
                "Menu of your own",
                "One entry a line, above the pages: Title | where it leads. That is a page, an address that begins \
                 with https://, http:// or mailto:, or one of this wiki such as /-/changelog. A line of --- is a \
                 divider. At most 50 entries.",
                preferences.menu.to_string(),
                8,
            ),
        ]
    }

    fn parse(_access: &Access<Admin>, typed: &Fields) -> Result<Settings, WikiError> {
        Ok(Settings {
            link_order: Some(LinkOrder::parse(text(typed, "link_order"))?),
            sidebar: Some(Sidebar {
                tree: TreeMode::parse(text(typed, "sidebar_tree"))?,
                focus: TreeFocus::parse(text(typed, "sidebar_focus"))?,
                depth: TreeDepth::parse(text(typed, "sidebar_depth"))?,
            }),
            menu: Some(Menu::parse(text(typed, "menu"))?),
            ..Settings::default()
        })
    }

    fn note(access: &Access<Admin>) -> Option<&'static str> {
        (access.link_order() != access.preferences().link_order)
            .then_some("All pages are being read anew. Until that is done, links mean what they meant.")
    }
}

impl Section for Writing {
    const AT: &'static str = "writing";
    const TITLE: &'static str = "Writing";

    fn fields(access: &Access<Admin>) -> Vec<SettingsField> {
        let messages = &access.preferences().messages;
        vec![
            choice(
                "message_policy",
                "Summary of a change",
                "Asked of people who save a page in a browser. Programs and agents say theirs themselves.",
                messages.demand.as_str().to_owned(),
                &[
                    ("optional", "May be left empty", ""),
                    ("required", "Must be given", "Nothing is saved without one; the text is kept."),
                    ("hidden", "Is not asked for", "Every change gets the one below."),
                ],
            ),
            line(
                "message_template",
                "When nothing was typed",
                "%P is the page's name, %Y-%m-%d the day and %H:%M the time (UTC), %% a percent sign. Leave it empty \
                 for the usual one: Update Page.",
                messages.template.to_string(),
                MessageTemplate::LONGEST,
            ),
        ]
    }

    fn parse(_access: &Access<Admin>, typed: &Fields) -> Result<Settings, WikiError> {
        let messages = MessagePolicy {
            demand: MessageDemand::parse(text(typed, "message_policy"))?,
            template: MessageTemplate::parse(text(typed, "message_template"))?,
        };
        Ok(Settings { messages: Some(messages), ..Settings::default() })
    }
}

impl Section for Appearance {
    const AT: &'static str = "appearance";
    const TITLE: &'static str = "Appearance";

    fn fields(access: &Access<Admin>) -> Vec<SettingsField> {
        let css = area(
            "css",
            "Style sheet for the text of pages",
            "CSS of at most 32 KB. It reaches the text alone, whose element is .prose: h2 { } means the headings in \
             it. @media and @supports may be used. Nothing may be loaded (url(), @import, @font-face) and nothing may \
             be fixed to the window.",
            access.preferences().css.to_string(),
            18,
        );
        vec![SettingsField { kind: FieldKind::Area { rows: 18, code: true }, ..css }]
    }

    fn parse(_access: &Access<Admin>, typed: &Fields) -> Result<Settings, WikiError> {
        Ok(Settings { css: Some(CustomCss::parse(text(typed, "css"))?), ..Settings::default() })
    }
}

impl Section for Redirects {
    const AT: &'static str = "redirects";
    const TITLE: &'static str = "Redirects";

    fn fields(access: &Access<Admin>) -> Vec<SettingsField> {
        vec![area(
            "redirects",
            "Addresses that lead elsewhere",
            "One a line: Old page -> New page, or Old page -> https://example.org/. They count while there is no page \
             of the old name, in any of its spellings. A page that was renamed here leads on by itself. At most 500.",
            access.preferences().redirects.to_string(),
            14,
        )]
    }

    fn parse(_access: &Access<Admin>, typed: &Fields) -> Result<Settings, WikiError> {
        Ok(Settings {
            redirects: Some(crate::model::Redirects::parse(text(typed, "redirects"))?),
            ..Settings::default()
        })
    }
}

fn text<'t>(typed: &'t Fields, name: &str) -> &'t str {
    typed.get(name).map_or("", String::as_str)
}

fn yes(typed: &Fields, name: &'static str) -> Result<bool, WikiError> {
    match text(typed, name) {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(invalid(name, "must be chosen")),
    }
}

fn invalid(field: &'static str, problem: &str) -> WikiError {
    WikiError::Invalid { field, problem: problem.to_owned() }
}

fn field(name: &'static str, label: &'static str, help: &'static str, value: String) -> SettingsField {
    SettingsField { name, label, help, value, kind: FieldKind::Line { longest: 0 }, problem: None }
}

fn line(name: &'static str, label: &'static str, help: &'static str, value: String, longest: usize) -> SettingsField {
    SettingsField { kind: FieldKind::Line { longest }, ..field(name, label, help, value) }
}

fn area(name: &'static str, label: &'static str, help: &'static str, value: String, rows: u8) -> SettingsField {
    SettingsField { kind: FieldKind::Area { rows, code: false }, ..field(name, label, help, value) }
}

fn choice(
    name: &'static str,
    label: &'static str,
    help: &'static str,
    value: String,
    options: &[(&'static str, &'static str, &'static str)],
) -> SettingsField {
    let options = options.iter().map(|(value, label, help)| option(value, label, help)).collect();
    SettingsField { kind: FieldKind::Choice(options), ..field(name, label, help, value) }
}

const fn option(value: &'static str, label: &'static str, help: &'static str) -> FieldOption {
    FieldOption { value, label, help }
}

const fn language_name(language: Language) -> &'static str {
    match language {
        Language::None => "None: every form is a word of its own",
        Language::Arabic => "Arabic",
        Language::Danish => "Danish",
        Language::Dutch => "Dutch",
        Language::English => "English",
        Language::Finnish => "Finnish",
        Language::French => "French",
        Language::German => "German",
        Language::Greek => "Greek",
        Language::Hungarian => "Hungarian",
        Language::Italian => "Italian",
        Language::Norwegian => "Norwegian",
        Language::Portuguese => "Portuguese",
        Language::Romanian => "Romanian",
        Language::Russian => "Russian",
        Language::Spanish => "Spanish",
        Language::Swedish => "Swedish",
        Language::Tamil => "Tamil",
        Language::Turkish => "Turkish",
    }
}
