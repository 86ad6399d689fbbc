use crate::model::{AttachmentName, AttachmentPath, PagePath, Revision, RevisionPrefix, Slug, display_name};

/// Names of pages, files, wikis and revisions.
pub fn paths(text: &str) {
    if let Ok(path) = PagePath::parse(text) {
        page(&path);
    }
    if let Some(path) = PagePath::from_file(text) {
        assert_eq!(path.file().as_str(), text);
    }
    if let Ok(name) = AttachmentName::parse(text) {
        assert_eq!(AttachmentName::parse(name.as_str()).as_ref(), Ok(&name));
        assert!(!name.as_str().contains('/'));
        assert_harmless(name.as_str());
    }
    if let Some(path) = AttachmentPath::from_file(text) {
        assert_eq!(path.file().as_str(), text);
        path.file().components().for_each(assert_harmless);
    }
    if let Ok(slug) = Slug::parse(text) {
        assert!(slug.to_string().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{slug}");
    }
    if let Ok(revision) = Revision::parse(text) {
        assert_eq!(Revision::parse(&revision.to_string()), Ok(revision));
        assert_eq!(Revision::from_bytes(*revision.as_bytes()), revision);
        assert!(revision.matches(&RevisionPrefix::parse(text).expect("a whole one is a prefix, too")));
    }
    if let Ok(prefix) = RevisionPrefix::parse(text) {
        assert_eq!(prefix.as_str(), text.to_ascii_lowercase());
    }
}

fn page(path: &PagePath) {
    assert_eq!(PagePath::parse(path.as_str()).as_ref(), Ok(path), "its own spelling");
    assert_eq!(PagePath::from_file(path.file().as_str()).as_ref(), Some(path), "its own file");
    path.file().components().for_each(assert_harmless);
    assert!(!path.fold().as_str().contains('_'), "{path} folds to {}", path.fold().as_str());
    assert!(path.as_str().ends_with(path.leaf()));
    if let Some(parent) = path.parent() {
        assert_eq!(format!("{parent}/{}", path.leaf()), path.as_str());
    }
    if let Ok(new) = path.for_new_page() {
        assert!(!new.as_str().contains(' '), "{new}");
        assert_eq!(new.fold(), path.fold());
        assert_eq!(PagePath::parse(new.as_str()).as_ref(), Ok(&new));
        assert!(!new.as_str().starts_with("-/"), "{new} is an address of ours");
    }
    let _ = display_name(path.leaf());
}

/// What git refuses, or takes for its own (`git fsck --strict`), and what leads out of a directory.
fn assert_harmless(component: &str) {
    let dotless = component.trim_end_matches(['.', ' ']).to_lowercase();
    assert!(!component.is_empty() && component != "." && component != "..", "{component:?}");
    assert!(dotless != ".git" && dotless != "git~1", "{component:?}");
    assert!(!component.contains(['\0', '/', '\\']) && !component.chars().any(char::is_control), "{component:?}");
}
