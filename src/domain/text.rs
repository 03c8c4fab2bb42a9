//! Texts that people write.

/// Whether a character has no place in such a text: neither on a page nor in a feed, and U+0000 not even in a database. Line
/// breaks and tabs have one.
#[must_use]
pub fn is_stray(letter: char) -> bool {
    (letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) || matches!(letter, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::is_stray;

    #[test]
    fn line_breaks_stay_and_control_characters_do_not() {
        assert!("Two lines,\r\n\tthe second moved in: Öl, 数据.".chars().all(|letter| !is_stray(letter)));
        assert!(['\0', '\u{1b}', '\u{7f}', '\u{85}', '\u{ffff}'].into_iter().all(is_stray));
    }
}
