use comrak::nodes::NodeValue;

use super::document::{self, Document};
use super::front_matter::front_matter;
use super::html;
use super::wikilink::LinkOrder;

/// The words of a page for the search index and for snippets: no markup, no addresses, no
/// front matter; a line for each block.
#[must_use]
pub fn plain_text(text: &str) -> String {
    document::read(text, LinkOrder::default(), |document| document.plain_text())
        .unwrap_or_else(|| front_matter(text).body.to_owned())
}

/// Words of a body without front matter: what white space separates, markup included.
#[must_use]
pub fn word_count(body: &str) -> usize {
    body.split_whitespace().count()
}

impl Document<'_> {
    fn plain_text(&self) -> String {
        let mut plain = String::with_capacity(self.text.len());
        for node in self.root.descendants() {
            let ast = node.data();
            match &ast.value {
                NodeValue::Text(text) => plain.push_str(text),
                NodeValue::Code(code) => plain.push_str(&code.literal),
                NodeValue::SoftBreak | NodeValue::LineBreak => plain.push(' '),
                NodeValue::CodeBlock(block) => {
                    end_line(&mut plain);
                    plain.push_str(&block.literal);
                    end_line(&mut plain);
                }
                NodeValue::HtmlBlock(block) => {
                    end_line(&mut plain);
                    html::push_text(&block.literal, &mut plain);
                    end_line(&mut plain);
                }
                NodeValue::HtmlInline(tag) if html::is_break(tag) => plain.push(' '),
                // What is shown as text is text: `Vec<String>`.
                NodeValue::HtmlInline(tag) if !html::is_hidden(tag) => plain.push_str(tag),
                NodeValue::TableCell => {
                    if node.previous_sibling().is_some() {
                        plain.push(' ');
                    } else {
                        end_line(&mut plain);
                    }
                }
                value if value.block() => end_line(&mut plain),
                _ => {}
            }
        }
        plain.truncate(plain.trim_end().len());
        plain
    }
}

fn end_line(plain: &mut String) {
    plain.truncate(plain.trim_end().len());
    if !plain.is_empty() {
        plain.push('\n');
    }
}
