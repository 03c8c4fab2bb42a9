//! A letter's template, filled, as blocks: the few elements of HTML that a letter is made of.
//!
//! The template is HTML because values are escaped in it, so that nothing a person or an author wrote becomes a heading.
//! Elements: `h1`, `h2`, `p`, `ul` with `li`, `dl` with `dt` and `dd`, `br`; `div` and `section` group and mean nothing.

use super::context::one_line;
use crate::domain::letter::Block;

/// The element whose text is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaf {
    Title,
    Heading,
    Paragraph,
    Item,
    Label,
    Value,
}

impl Leaf {
    fn of(tag: &str) -> Option<Self> {
        Some(match tag {
            "h1" => Self::Title,
            "h2" => Self::Heading,
            "p" => Self::Paragraph,
            "li" => Self::Item,
            "dt" => Self::Label,
            "dd" => Self::Value,
            _ => return None,
        })
    }
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    open: Option<Leaf>,
    /// Lines of the open element, the last still growing.
    text: String,
    label: Option<String>,
}

/// Reads it. Blocks without text are left out.
///
/// # Errors
/// What the template has that a letter cannot have, in words for who wrote it. Repeats no text, only names of elements.
pub(super) fn read(html: &str) -> Result<Vec<Block>, String> {
    let mut reader = Reader::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        reader.text(&rest[..at])?;
        let tag = &rest[at + 1..];
        let end = tag.find('>').ok_or("an element is not closed with >")?;
        reader.tag(&tag[..end])?;
        rest = &tag[end + 1..];
    }
    reader.text(rest)?;
    match reader.open {
        None => Ok(reader.blocks),
        Some(_) => Err(String::from("the last element is not closed")),
    }
}

impl Reader {
    fn text(&mut self, raw: &str) -> Result<(), String> {
        if self.open.is_some() {
            self.text.push_str(&unescaped(raw));
        } else if !raw.trim().is_empty() {
            return Err(String::from("text stands outside of an element; put it into <p>"));
        }
        Ok(())
    }

    fn tag(&mut self, tag: &str) -> Result<(), String> {
        let closing = tag.starts_with('/');
        let name = tag.trim_start_matches('/').split([' ', '\t', '\n', '/']).next().unwrap_or_default();
        match (name, Leaf::of(name), self.open) {
            ("br", _, Some(_)) => self.text.push('\u{b}'),
            ("ul" | "dl", _, None) => {
                // A list begins a block of its own, also after another list.
                let empty = if name == "ul" { Block::Items(Vec::new()) } else { Block::Facts(Vec::new()) };
                if closing {
                    self.blocks.retain(|block| !is_empty(block));
                } else {
                    self.blocks.push(empty);
                }
            }
            ("div" | "section", _, None) => {}
            (_, Some(leaf), None) if !closing => self.open = Some(leaf),
            (_, Some(leaf), Some(open)) if closing && leaf == open => self.close(leaf)?,
            (_, Some(_), _) => return Err(format!("<{name}> stands where it cannot")),
            _ => return Err(format!("a letter cannot have <{name}>, or not here")),
        }
        Ok(())
    }

    fn close(&mut self, leaf: Leaf) -> Result<(), String> {
        self.open = None;
        let text = std::mem::take(&mut self.text);
        let lines: Vec<String> = text.split('\u{b}').map(one_line).filter(|line| !line.is_empty()).collect();
        let text = lines.join("\n");
        match (leaf, self.blocks.last_mut()) {
            (Leaf::Label, Some(Block::Facts(_))) => self.label = Some(text),
            (Leaf::Value, Some(Block::Facts(facts))) => {
                let label = self.label.take().ok_or("<dd> has no <dt> before it")?;
                facts.push((label, text));
            }
            (Leaf::Item, Some(Block::Items(items))) if !text.is_empty() => items.push(text),
            (Leaf::Item, Some(Block::Items(_))) => {}
            (Leaf::Label | Leaf::Value, _) => return Err(String::from("<dt> and <dd> stand within <dl>")),
            (Leaf::Item, _) => return Err(String::from("<li> stands within <ul>")),
            (_, _) if text.is_empty() => {}
            (Leaf::Title, _) => self.blocks.push(Block::Title(text)),
            (Leaf::Heading, _) => self.blocks.push(Block::Heading(text)),
            (Leaf::Paragraph, _) => self.blocks.push(Block::Paragraph(text)),
        }
        Ok(())
    }
}

fn is_empty(block: &Block) -> bool {
    match block {
        Block::Items(items) => items.is_empty(),
        Block::Facts(facts) => facts.is_empty(),
        Block::Title(_) | Block::Heading(_) | Block::Paragraph(_) => false,
    }
}

/// The text that character references stand for; what is none stays as it is.
fn unescaped(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(10).position(|byte| byte == b';');
        if let Some((end, c)) = end.and_then(|end| Some((end, referred(&rest[1..end])?))) {
            text.push(c);
            rest = &rest[end + 1..];
        } else {
            text.push('&');
            rest = &rest[1..];
        }
    }
    text.push_str(rest);
    text
}

fn referred(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::render::snippet::paragraphs;
    use crate::render::stencil::escaped;

    #[test]
    fn elements_become_blocks_and_empty_ones_go() {
        let html = "<h1> A  letter </h1>\n<div lang=\"de\"><p>One &amp; two<br>\nthree &#x27;</p></div><p> </p>\
                    <ul><li>a</li>\n<li>b</li></ul><dl></dl><dl><dt>L:</dt><dd>v</dd></dl><h2>End</h2>";
        let expected = [
            Block::Title(String::from("A letter")),
            Block::Paragraph(String::from("One & two\nthree '")),
            Block::Items(vec![String::from("a"), String::from("b")]),
            Block::Facts(vec![(String::from("L:"), String::from("v"))]),
            Block::Heading(String::from("End")),
        ];
        assert_eq!(read(html).unwrap(), expected);
    }

    #[test]
    fn what_a_letter_cannot_have_is_named() {
        for (html, named) in [
            ("loose", "outside"),
            ("<p>a<b>b</b></p>", "<b>"),
            ("<p>a", "not closed"),
            ("<p", "not closed"),
            ("<li>a</li>", "<li> stands within <ul>"),
            ("<dl><dd>a</dd></dl>", "<dd> has no <dt>"),
            ("<h1>a</h2>", "<h2>"),
            ("<script>x</script>", "<script>"),
        ] {
            let error = read(html).unwrap_err();
            assert!(error.contains(named), "{html}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_value_becomes_a_block_of_its_own(value in "\\PC{0,40}") {
            let blocks = read(&format!("<p>x{}x</p>", escaped(&value))).unwrap();
            prop_assert_eq!(blocks, [Block::Paragraph(one_line(&format!("x{value}x")))]);
        }

        #[test]
        fn paragraphs_of_authors_are_read_as_such(text in "(\\PC{0,12}\n){0,6}") {
            let blocks = read(&paragraphs(&text)).unwrap();
            prop_assert!(blocks.iter().all(|block| matches!(block, Block::Paragraph(text) if !text.is_empty())));
        }
    }
}
