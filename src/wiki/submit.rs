//! What a person sends from a form: a page or a section of one, begun some time ago. It is
//! merged with what others did meanwhile, or comes back beside it; nothing is lost.

use super::sections::with_section;
use super::versions::version;
use super::write::{Recording, Saved, WriteMode, WritePage, check_content, write};
use super::{Access, Page, Read, WikiError, Wikis, Write, find_page, moved_to, read};
use crate::markdown::{LinkOrder, headings};
use crate::model::{MessageDemand, PagePath, RevisionPrefix, display_name};
use crate::repo::{MergePart, differing_parts, merge_parts};

/// A text to save.
#[derive(Clone, Debug)]
pub struct Submission<'a> {
    pub content: &'a str,
    /// The revision that the writer began with; none for a new page.
    pub base: Option<RevisionPrefix>,
    /// The anchor of the section that `content` is, as of `base`; none when it is the page.
    pub section: Option<&'a str>,
    pub recording: Recording<'a>,
}

/// What became of a text.
#[derive(Clone, Debug)]
pub enum Submitted {
    Saved {
        page: Saved,
        /// The anchor of the section that was changed first; none at the top of the page.
        near: Option<String>,
    },
    Contested(Box<Contested>),
}

/// A text that overlaps with what somebody else did.
#[derive(Clone, Debug)]
pub struct Contested {
    /// Where the page is now.
    pub path: PagePath,
    /// The whole page as the writer wants it.
    pub mine: String,
    /// The page as it is; none when it was deleted.
    pub theirs: Option<Page>,
    /// Both put together, with the places that somebody has to decide on.
    pub parts: Vec<MergePart>,
}

/// What is taken where two changes clash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    Mine,
    Theirs,
    Both,
}

/// Saves a text, on top of what others saved meanwhile where the changes do not overlap; also
/// under the name that somebody else gave the page. Lines end as most of the page's do.
///
/// # Errors
/// [`WikiError::NoSuchSection`] when the section was not there at `base`,
/// [`WikiError::Invalid`] when the wiki demands a message and there is none, the refusals of
/// [`write`], a limit, or a storage failure; nothing has changed then.
pub fn submit(
    wikis: &Wikis,
    access: &Access<Write>,
    path: &PagePath,
    given: &Submission<'_>,
) -> Result<Submitted, WikiError> {
    check_content(wikis, given.content)?;
    let note = note(wikis, access, path, given.recording.message)?;
    let reading = access.reading();
    let order = access.link_order();
    let origin = match &given.base {
        Some(base) => text_at(&reading, path, base)?,
        None => None,
    };
    let now = current(&reading, path)?;
    let before = origin.as_deref().or(now.as_ref().map(|page| page.content.as_str()));
    let content = line_ends(given.content, before);
    let (mine, place) = match given.section {
        None => (content, None),
        Some(anchor) => {
            let missing =
                || WikiError::NoSuchSection { query: anchor.to_owned(), candidates: Vec::new(), ambiguous: false };
            let whole = origin.as_deref().and_then(|origin| with_section(origin, order, anchor, &content));
            let (text, at) = whole.ok_or_else(missing)?;
            (text, Some(at))
        }
    };
    let request = WritePage {
        content: &mine,
        base: given.base.clone(),
        mode: WriteMode::Merge,
        recording: Recording { message: note.as_deref(), ..given.recording.clone() },
    };
    match write(wikis, access, path, &request) {
        Ok(done) => {
            let near = near(before.unwrap_or_default(), &mine, order, place);
            Ok(Submitted::Saved { page: done.value, near })
        }
        Err(
            WikiError::RevisionMismatch { .. }
            | WikiError::RevisionRequired
            | WikiError::Conflict(_)
            | WikiError::PageDeleted { .. },
        ) => {
            let theirs = current(&reading, path)?;
            let parts = match &theirs {
                Some(theirs) => parts(origin.as_deref(), &mine, &theirs.content),
                None => Vec::new(),
            };
            let path = theirs.as_ref().map_or(path, |page| &page.path).clone();
            Ok(Submitted::Contested(Box::new(Contested { path, mine, theirs, parts })))
        }
        Err(error) => Err(error),
    }
}

/// The text that choices make of a contested one: `mine`, which began with the revision
/// `origin`, and the page as of `theirs`, with one choice for each clash in order. None when
/// the choices do not fit.
///
/// # Errors
/// [`WikiError::NotAtRevision`] when there was no page at `theirs`, or a storage failure.
pub fn settle(
    access: &Access<Read>,
    path: &PagePath,
    mine: &str,
    (origin, theirs): (Option<&RevisionPrefix>, &RevisionPrefix),
    choices: &[Choice],
) -> Result<Option<String>, WikiError> {
    let missing = || WikiError::NotAtRevision { path: path.to_string(), revision: theirs.to_string() };
    let theirs = text_at(access, path, theirs)?.ok_or_else(missing)?;
    let origin = match origin {
        Some(origin) => text_at(access, path, origin)?,
        None => None,
    };
    let mine = line_ends(mine, Some(origin.as_deref().unwrap_or(&theirs)));
    Ok(settled(&parts(origin.as_deref(), &mine, &theirs), choices))
}

fn parts(origin: Option<&str>, mine: &str, theirs: &str) -> Vec<MergePart> {
    match origin {
        Some(origin) => merge_parts(origin, mine, theirs),
        None => differing_parts(mine, theirs),
    }
}

fn settled(parts: &[MergePart], choices: &[Choice]) -> Option<String> {
    let mut choices = choices.iter();
    let mut text = String::new();
    for part in parts {
        match part {
            MergePart::Agreed(agreed) => text.push_str(agreed),
            MergePart::Clash(clash) => match choices.next()? {
                Choice::Mine => text.push_str(&clash.ours),
                Choice::Theirs => text.push_str(&clash.theirs),
                Choice::Both => {
                    text.push_str(&clash.ours);
                    if !clash.ours.is_empty() && !clash.ours.ends_with('\n') {
                        text.push('\n');
                    }
                    text.push_str(&clash.theirs);
                }
            },
        }
    }
    choices.next().is_none().then_some(text)
}

/// The message of the commit as the wiki's owner wants it: what was typed, unless there is no
/// field for it; else what the owner calls a change; none for what the product says itself.
fn note(
    wikis: &Wikis,
    access: &Access<Write>,
    path: &PagePath,
    typed: Option<&str>,
) -> Result<Option<String>, WikiError> {
    let policy = &access.preferences().messages;
    let typed = typed.map(str::trim).filter(|text| !text.is_empty() && policy.demand != MessageDemand::Hidden);
    match (typed, policy.demand) {
        (Some(text), _) => Ok(Some(text.to_owned())),
        (None, MessageDemand::Required) => {
            let problem = "of the change is needed on this wiki: say in a few words what you changed".to_owned();
            Err(WikiError::Invalid { field: "a summary", problem })
        }
        (None, _) => Ok(policy.template.expand(&display_name(path.leaf()), wikis.clock().now())),
    }
}

/// The page under this name, or where it went.
fn current(access: &Access<Read>, path: &PagePath) -> Result<Option<Page>, WikiError> {
    let place = match find_page(access, path)? {
        Some(there) => Some(there),
        None => moved_to(access, path)?,
    };
    let Some(place) = place else { return Ok(None) };
    match read(access, &place, None) {
        Ok(page) => Ok(Some(page)),
        Err(WikiError::NoSuchPage { .. } | WikiError::NotText { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn text_at(access: &Access<Read>, path: &PagePath, at: &RevisionPrefix) -> Result<Option<String>, WikiError> {
    let Some(revision) = access.wiki().find(at)? else { return Ok(None) };
    let place = match find_page(access, path)? {
        Some(there) => there,
        None => path.clone(),
    };
    match version(access, &place, revision)?.text() {
        Ok(None) if place != *path => version(access, path, revision)?.text(),
        Err(WikiError::NotText { .. }) => Ok(None),
        found => found,
    }
}

/// Browsers send CRLF; pages are stored with LF, or as most of their lines were.
fn line_ends(posted: &str, before: Option<&str>) -> String {
    let text = posted.replace("\r\n", "\n");
    if before.is_some_and(mostly_crlf) { text.replace('\n', "\r\n") } else { text }
}

fn mostly_crlf(text: &str) -> bool {
    text.matches("\r\n").count() * 2 > text.matches('\n').count()
}

/// The section in which a text begins to differ, or that begins at `place`.
fn near(before: &str, after: &str, order: LinkOrder, place: Option<usize>) -> Option<String> {
    let common = || before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
    let at = place.unwrap_or_else(common);
    let all = headings(after, order);
    let (index, heading) = all.iter().enumerate().rfind(|(_, heading)| heading.start <= at)?;
    (index > 0 || place.is_some()).then(|| heading.anchor.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_lines_decide_how_lines_end() {
        assert_eq!(line_ends("a\r\nb", Some("a\r\nb\r\nc\n")), "a\r\nb");
        assert_eq!(line_ends("a\r\nb", Some("a\r\nb\n")), "a\nb");
        assert_eq!(line_ends("a\r\nb", None), "a\nb");
    }

    #[test]
    fn a_change_is_near_the_heading_above_it() {
        let page = "# A\n\none\n\n## B\n\ntwo\n";
        assert_eq!(near(page, &page.replace("two", "2"), LinkOrder::LabelFirst, None).as_deref(), Some("b"));
        assert_eq!(near(page, &page.replace("one", "1"), LinkOrder::LabelFirst, None), None);
        assert_eq!(near(page, page, LinkOrder::LabelFirst, Some(0)).as_deref(), Some("a"));
        assert_eq!(near("", "no heading", LinkOrder::LabelFirst, None), None);
    }

    #[test]
    fn choices_settle_every_clash_or_none() {
        let parts = merge_parts("a\nb\nc\nd\n", "a\nB\nc\nD\n", "a\nb2\nc\nd2\n");
        let text = |choices: &[Choice]| settled(&parts, choices);
        assert_eq!(text(&[Choice::Mine, Choice::Theirs]).as_deref(), Some("a\nB\nc\nd2\n"));
        assert_eq!(text(&[Choice::Both, Choice::Mine]).as_deref(), Some("a\nB\nb2\nc\nD\n"));
        assert_eq!(text(&[Choice::Mine]), None);
        assert_eq!(text(&[Choice::Mine; 3]), None);
    }
}
