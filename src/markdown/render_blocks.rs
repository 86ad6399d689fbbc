//! The HTML of the wiki's own blocks.

use std::fmt::{self, Write as _};

use comrak::html::ChildRendering;
use comrak::nodes::{Node, NodeValue};

use super::assemble::block_of;
use super::blocks::{Block, Family};
use super::render::Out;
use super::render_embeds;

/// Begins or ends a block.
pub(super) fn block<'a>(
    out: &mut Out<'_, '_, '_>,
    node: Node<'a>,
    entering: bool,
) -> Result<ChildRendering, fmt::Error> {
    match block_of(out.user.blocks, node) {
        Some(Block::Embedding(shown)) => return render_embeds::embedding(out, node, shown, entering),
        Some(Block::Piece(piece)) => return render_embeds::piece(out, node, *piece, entering),
        Some(block) => own(out, node, block, entering)?,
        None => {}
    }
    Ok(ChildRendering::HTML)
}

fn own(out: &mut Out<'_, '_, '_>, node: Node<'_>, block: &Block, entering: bool) -> fmt::Result {
    let seal = out.user.seal.as_str();
    out.cr()?;
    if !entering {
        return out.write_str(if matches!(block, Block::Box { .. }) { "</div>\n" } else { "</details>\n" });
    }
    let titled = node.first_child().is_some_and(|first| matches!(first.data().value, NodeValue::Subtext));
    match block {
        Block::Box { family, .. } => {
            writeln!(out, "<div class=\"{seal}alert alert-{}\" role=\"{seal}note\">", kind(*family))
        }
        Block::Spoiler => writeln!(out, "<details class=\"{seal}spoiler\">\n<summary>Spoiler</summary>"),
        Block::Fold if titled => writeln!(out, "<details class=\"{seal}fold\">"),
        Block::Fold => writeln!(out, "<details class=\"{seal}fold\">\n<summary>Details</summary>"),
        Block::Embedding(_) | Block::Piece(_) => Ok(()),
    }
}

/// Begins or ends a block's title.
pub(super) fn title(out: &mut Out<'_, '_, '_>, node: Node<'_>, entering: bool) -> fmt::Result {
    let seal = out.user.seal.as_str();
    let is_fold = node.parent().and_then(|parent| block_of(out.user.blocks, parent)) == Some(&Block::Fold);
    match (is_fold, entering) {
        (true, true) => out.write_str("<summary>"),
        (true, false) => out.write_str("</summary>\n"),
        (false, true) => write!(out, "<p class=\"{seal}alert-title\">"),
        (false, false) => out.write_str("</p>\n"),
    }
}

/// The alert that a box looks like.
fn kind(family: Family) -> &'static str {
    match family {
        Family::Info => "note",
        Family::Warning => "warning",
        Family::Success => "tip",
        Family::Danger => "caution",
        Family::Plain => "plain",
    }
}
