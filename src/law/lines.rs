//! On which line of a rule file something stands, for whoever has to correct it.

/// The lines of a rule file.
pub(super) struct Lines<'a> {
    lines: Vec<&'a str>,
    /// Whether its rules are all of its own, so that they can be counted.
    whole: bool,
}

impl<'a> Lines<'a> {
    /// Of a file that became so many rules.
    pub(super) fn of(text: &'a str, rules: usize) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let own = lines.iter().filter(|line| line.trim() == RULE).count();
        Self { whole: own == rules, lines }
    }

    /// The first line that sets a field, or begins its table.
    pub(super) fn of_field(&self, field: &str) -> Option<usize> {
        self.find(0, self.lines.len(), field)
    }

    /// The line of a field of a rule, by the rule's place; the rule's first line where the field is not there.
    pub(super) fn in_rule(&self, place: usize, field: &str) -> Option<usize> {
        let begins = |line: &&str| line.trim().starts_with("[[") && !line.trim().starts_with("[[rule.");
        let from = self.lines.iter().enumerate().filter(|(_, line)| line.trim() == RULE).nth(place)?.0;
        let until = self.lines.iter().skip(from + 1).position(begins).map(|next| from + 1 + next);
        let found = self.find(from, until.unwrap_or(self.lines.len()), field);
        found.or(Some(from + 1)).filter(|_| self.whole)
    }

    /// The line that names a form.
    pub(super) fn in_form(&self, form: &str) -> Option<usize> {
        let wanted = format!("id = \"{form}\"");
        self.lines.iter().rposition(|line| line.trim() == wanted).map(|line| line + 1)
    }

    fn find(&self, from: usize, until: usize, field: &str) -> Option<usize> {
        let last = field.rsplit('.').next().unwrap_or(field);
        let sets = |line: &&str| {
            let line = line.trim();
            let key = line.split('=').next().unwrap_or_default().trim();
            key == last || key == field || line.trim_matches(['[', ']']).rsplit('.').next() == Some(last)
        };
        self.lines.iter().take(until).skip(from).position(sets).map(|place| from + place + 1)
    }
}

/// How a rule begins.
const RULE: &str = "[[rule]]";

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "id = \"xx\"\nrules_version = \"1\"\n\n[[rule]]\nid = \"a\"\n\n[rule.deadline]\namount = 3\n\n\
                        [[rule.citation]]\ntext = \"\"\n\n[[rule]]\nid = \"b\"\nmet_by = \"x\"\n\n[[form]]\nid = \"f\"\n";

    #[test]
    fn what_is_there_is_found_and_what_is_not_gives_the_rule() {
        let lines = Lines::of(TEXT, 2);
        assert_eq!(lines.of_field("rules_version"), Some(2));
        assert_eq!(lines.in_rule(0, "deadline.amount"), Some(8));
        assert_eq!((lines.in_rule(0, "citation"), lines.in_rule(1, "citation")), (Some(10), Some(13)));
        assert_eq!((lines.in_rule(0, "met_by"), lines.in_rule(1, "met_by")), (Some(4), Some(15)));
        assert_eq!(lines.in_form("f"), Some(18));
        // Rules from a shared file stand in no line of this one.
        assert_eq!(Lines::of(TEXT, 3).in_rule(0, "met_by"), None);
    }
}
