use super::WikiError;

/// Longest commit message that is accepted, in characters.
const LONGEST: usize = 2_000;

/// The surface that a change came through; it decides the commit's default message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    Web,
    Api,
    Mcp,
}

/// What a commit does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    Create,
    Update,
    Edit,
    Delete,
    Rename,
    Restore,
    Revert,
    Append,
    Attach,
    DeleteAttachment,
    Change,
}

/// The commit's message: what was given, or a default that names action and path
/// (reference 1.1 and 2.3: `[api]` only before defaults, `[mcp]` before both).
pub(super) fn message(origin: Origin, action: Action, given: Option<&str>, path: &str) -> Result<String, WikiError> {
    let given = given.map(str::trim).filter(|text| !text.is_empty());
    if given.is_some_and(|text| text.chars().count() > LONGEST) {
        let problem = format!("must be at most {LONGEST} characters");
        return Err(WikiError::Invalid { field: "commit_message", problem });
    }
    let clean = given.map(|text| text.chars().filter(|c| !c.is_control() || *c == '\n').collect::<String>());
    let verb = match action {
        Action::Create => "Create",
        Action::Update => "Update",
        Action::Edit => "Edit",
        Action::Delete => "Delete",
        Action::Rename => "Rename",
        Action::Restore => "Restore",
        Action::Revert => "Revert",
        Action::Append => "Append",
        Action::Attach => "Attach",
        Action::DeleteAttachment => "Delete attachment",
        Action::Change => "Change",
    };
    Ok(match (origin, clean) {
        (Origin::Web | Origin::Api, Some(text)) => text,
        (Origin::Mcp, Some(text)) => format!("[mcp] {text}"),
        (Origin::Web, None) => format!("{verb} {path}"),
        (Origin::Api, None) => format!("[api] {verb}: {path}"),
        (Origin::Mcp, None) => format!("[mcp] {verb}: {path}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_message_is_kept_and_a_missing_one_names_the_change() {
        let api = |given| message(Origin::Api, Action::Create, given, "A/B").unwrap();
        assert_eq!(api(Some("my message")), "my message");
        assert_eq!(api(None), "[api] Create: A/B");
        assert_eq!(api(Some("  ")), "[api] Create: A/B");
        assert_eq!(message(Origin::Mcp, Action::Delete, Some("why\u{0}"), "A").unwrap(), "[mcp] why");
        assert!(message(Origin::Web, Action::Edit, Some(&"x".repeat(2001)), "A").is_err());
    }
}
