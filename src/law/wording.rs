//! Names in braces within the wording of a rule.

/// The names in a template, in order.
///
/// # Errors
/// When a brace is not closed or was never opened.
pub(super) fn names(template: &str) -> Result<Vec<&str>, &'static str> {
    let mut names = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        if rest.as_bytes()[at] == b'}' {
            return Err("a brace is closed that was not opened");
        }
        let end = rest[at..].find('}').ok_or("a brace is not closed")? + at;
        names.push(&rest[at + 1..end]);
        rest = &rest[end + 1..];
    }
    Ok(names)
}

/// The template with each name replaced. Names that the loader has not let through stay as they are.
pub(super) fn fill(template: &str, values: &[(&str, String)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_filled() {
        assert_eq!(names("{a} of {bc}, no more"), Ok(vec!["a", "bc"]));
        assert!(names("{a").is_err());
        assert!(names("a}").is_err());
        assert_eq!(fill("{a} > {b}", &[("a", String::from("3")), ("b", String::from("2"))]), "3 > 2");
    }
}
