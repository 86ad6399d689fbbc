use std::cmp::Ordering;

use gix::validate::path::component;

use super::pack::{Entry, compare, entries};

/// What `git fsck --strict` has against an object, in the words of its documentation (git-fsck(1), "FSCK MESSAGES").
pub(super) type Fault = &'static str;

/// Entry names beyond this make `git fsck` complain.
const LONGEST_NAME: usize = 4_096;
/// Lines of `.gitattributes` from this length on are ignored by git and refused by `git fsck`.
const LONG_ATTRIBUTE_LINE: usize = 2_048;

/// Git reads these files itself, so their content is checked too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Special {
    Modules,
    Attributes,
}

/// Checks a tree; `special` is told of the entries whose content [`check_special`] must see.
///
/// Somewhat stricter than git: it also refuses modes that git only remarks on.
pub(super) fn check_tree(tree: &[u8], special: &mut dyn FnMut(Special, gix::ObjectId)) -> Result<(), (Fault, Vec<u8>)> {
    let mut previous: Option<Entry<'_>> = None;
    // Names of files that a directory further on may repeat: each begins with the one before.
    let mut open: Vec<&[u8]> = Vec::new();
    for entry in entries(tree) {
        let entry = entry.map_err(|()| ("the tree is malformed", Vec::new()))?;
        let fault = |fault: Fault| Err((fault, entry.name.to_vec()));
        if let Some(problem) = name_fault(&entry) {
            return fault(problem);
        }
        match entry.mode {
            b"100644" | b"100755" | b"100664" | b"120000" | b"40000" | b"160000" => {}
            [b'0', ..] => return fault("its mode is padded with zeros"),
            _ => return fault("its mode is not one that git uses"),
        }
        if entry.id.is_null() {
            return fault("it points to the null object");
        }
        while open.last().is_some_and(|name| !entry.name.starts_with(name)) {
            open.pop();
        }
        if open.last() == Some(&entry.name) || previous.as_ref().is_some_and(|previous| previous.name == entry.name) {
            return fault("the name is there twice");
        }
        if previous.as_ref().is_some_and(|previous| compare(previous, &entry) != Ordering::Less) {
            return fault("the tree is not sorted");
        }
        if !entry.is_tree() {
            open.push(entry.name);
        }
        match special_kind(entry.name) {
            Some(Special::Modules) if entry.mode == b"120000" => return fault(".gitmodules is a symbolic link"),
            Some(kind) if entry.mode.starts_with(b"100") => special(kind, entry.id),
            _ => {}
        }
        previous = Some(entry);
    }
    Ok(())
}

fn name_fault(entry: &Entry<'_>) -> Option<Fault> {
    let options = component::Options { protect_windows: false, protect_hfs: true, protect_ntfs: true };
    if entry.name.len() > LONGEST_NAME {
        return Some("the name is too long");
    }
    match gix::validate::path::component(entry.name.into(), None, options) {
        Err(component::Error::Empty) => return Some("the name is empty"),
        Err(component::Error::Relative) => return Some("the name is '.' or '..'"),
        Err(component::Error::PathSeparator) => return Some("the name contains a slash"),
        Err(_) => return Some("the name stands for '.git'"),
        Ok(_) => {}
    }
    // On Windows a backslash separates directories.
    let hidden = entry.name.split(|byte| *byte == b'\\').skip(1).any(|part| {
        matches!(gix::validate::path::component(part.into(), None, options), Err(component::Error::DotGitDir))
    });
    hidden.then_some("the name stands for '.git'")
}

fn special_kind(name: &[u8]) -> Option<Special> {
    let options = component::Options { protect_windows: false, protect_hfs: true, protect_ntfs: true };
    let modules = name.split(|byte| *byte == b'\\').any(|part| {
        let as_link = gix::validate::path::component(part.into(), Some(component::Mode::Symlink), options);
        matches!(as_link, Err(component::Error::SymlinkedGitModules))
    });
    if modules {
        return Some(Special::Modules);
    }
    // Wider than HFS+ and NTFS spell it: a name too many only has its lines measured.
    let ascii: Vec<u8> = name.iter().filter(|byte| byte.is_ascii()).map(u8::to_ascii_lowercase).collect();
    let attributes = [&b".gitattributes"[..], b"gitatt~", b"gi7d29~"].iter().any(|prefix| ascii.starts_with(prefix));
    attributes.then_some(Special::Attributes)
}

/// Checks the content of a file that git itself reads.
pub(super) fn check_special(kind: Special, content: &[u8]) -> Result<(), Fault> {
    match kind {
        Special::Attributes => {
            let long = content.split(|byte| *byte == b'\n').any(|line| line.len() >= LONG_ATTRIBUTE_LINE);
            if long { Err("a line of .gitattributes is too long") } else { Ok(()) }
        }
        Special::Modules => {
            let text = std::str::from_utf8(content).map_err(|_invalid| ".gitmodules is not UTF-8")?;
            if text.lines().all(is_plain_modules_line) {
                Ok(())
            } else {
                Err(".gitmodules holds more than plain submodules")
            }
        }
    }
}

/// Lines that no version of git can be tricked with; what people write by hand or with `git submodule`.
fn is_plain_modules_line(line: &str) -> bool {
    let line = line.trim();
    let plain = |text: &str, more: &str| {
        !text.is_empty()
            && !text.starts_with('-')
            && !text.contains("..")
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c) || more.contains(c))
    };
    if line.is_empty() || line.starts_with(['#', ';']) {
        return true;
    }
    if let Some(name) = line.strip_prefix("[submodule \"").and_then(|rest| rest.strip_suffix("\"]")) {
        return plain(name, " ");
    }
    let Some((key, value)) = line.split_once('=') else { return false };
    let value = value.trim();
    match key.trim() {
        "path" => plain(value, " "),
        "url" => plain(value.trim_start_matches("../"), ":@~+") && !value.contains("::") && !value.ends_with("//"),
        "branch" | "ignore" | "shallow" | "fetchRecurseSubmodules" => plain(value, ""),
        "update" => matches!(value, "checkout" | "rebase" | "merge" | "none"),
        _ => false,
    }
}

/// Checks a commit.
pub(super) fn check_commit(commit: &[u8]) -> Result<(), Fault> {
    if commit.contains(&0) {
        return Err("it contains a NUL byte");
    }
    if !commit.windows(2).any(|pair| pair == b"\n\n") && !commit.ends_with(b"\n") {
        return Err("its header does not end");
    }
    let mut rest = strip_id(commit, b"tree ").ok_or("its tree line is malformed")?;
    while rest.starts_with(b"parent ") {
        rest = strip_id(rest, b"parent ").ok_or("a parent line is malformed")?;
    }
    let (author, rest) = strip_line(rest, b"author ").ok_or("it has no author")?;
    check_signature(author)?;
    if rest.starts_with(b"author ") {
        return Err("it has several authors");
    }
    let (committer, _) = strip_line(rest, b"committer ").ok_or("it has no committer")?;
    check_signature(committer)
}

fn strip_id<'c>(commit: &'c [u8], name: &[u8]) -> Option<&'c [u8]> {
    let (hex, rest) = commit.strip_prefix(name)?.split_at_checked(40)?;
    let canonical = hex.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if canonical { rest.strip_prefix(b"\n") } else { None }
}

fn strip_line<'c>(commit: &'c [u8], name: &[u8]) -> Option<(&'c [u8], &'c [u8])> {
    let rest = commit.strip_prefix(name)?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (line, rest) = rest.split_at_checked(end)?;
    Some((line, rest.get(1..)?))
}

/// Checks `Name <address> seconds zone`.
fn check_signature(line: &[u8]) -> Result<(), Fault> {
    let bracket = line.iter().position(|byte| matches!(byte, b'<' | b'>')).ok_or("a signature lacks its address")?;
    let (name, rest) = line.split_at_checked(bracket).unwrap_or_default();
    let rest = rest.strip_prefix(b"<").ok_or("a name contains '>'")?;
    if name.last() != Some(&b' ') {
        return Err("there is no space before an address");
    }
    let end = rest.iter().position(|byte| matches!(byte, b'<' | b'>')).ok_or("an address does not end")?;
    let rest = rest.get(end..).and_then(|rest| rest.strip_prefix(b">")).ok_or("an address contains '<'")?;
    let rest = rest.strip_prefix(b" ").ok_or("there is no space before a date")?;
    let space = rest.iter().position(|byte| *byte == b' ').ok_or("a date is malformed")?;
    let (seconds, zone) = rest.split_at_checked(space).unwrap_or_default();
    if seconds.is_empty() || !seconds.iter().all(u8::is_ascii_digit) {
        return Err("a date is malformed");
    }
    if seconds.len() > 1 && seconds.starts_with(b"0") {
        return Err("a date is padded with zeros");
    }
    if std::str::from_utf8(seconds).ok().and_then(|text| text.parse::<i64>().ok()).is_none() {
        return Err("a date is too far in the future");
    }
    match zone {
        [b' ', b'+' | b'-', digits @ ..] if digits.len() == 4 && digits.iter().all(u8::is_ascii_digit) => Ok(()),
        _ => Err("a time zone is malformed"),
    }
}
