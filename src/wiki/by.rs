use crate::repo::CommitInfo;

/// Whether a person made a commit, or a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    Person,
    /// With a token of the wiki, or over MCP in whoever's name.
    Agent,
}

impl By {
    /// What an author's address and a message say; see [`super::Access`] for the addresses and
    /// [`super::Origin::Mcp`] for the message. Commits that were made elsewhere count as a
    /// person's.
    pub(super) fn of(commit: &CommitInfo) -> Self {
        let id = commit.email.strip_suffix("@robotwiki.invalid").and_then(|id| id.strip_prefix('t'));
        let token = id.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()));
        if token || commit.message.starts_with("[mcp] ") { Self::Agent } else { Self::Person }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Revision;

    #[test]
    fn tokens_and_mcp_are_agents() {
        let by = |email: &str, message: &str| {
            By::of(&CommitInfo {
                revision: Revision::from_bytes([1; 20]),
                author: "Ada".to_owned(),
                email: email.to_owned(),
                time: 0,
                offset_seconds: 0,
                message: message.to_owned(),
            })
        };
        assert_eq!(by("t12@robotwiki.invalid", "x"), By::Agent);
        assert_eq!(by("p1@robotwiki.invalid", "[mcp] Update: Home"), By::Agent);
        for email in ["p12@robotwiki.invalid", "t@robotwiki.invalid", "tom@robotwiki.invalid", "t1@example.org"] {
            assert_eq!(by(email, "Say [mcp] in a message"), By::Person, "{email}");
        }
    }
}
