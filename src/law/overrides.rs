//! A directory of rule files that stand in for the embedded ones of the same name, or add to them, without a build.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::LawError;
use super::{Rules, embedded};

impl Rules {
    /// The embedded rules, with those of a directory in their place: `<id>.toml` for a jurisdiction, and a file named
    /// after a shared one for that. Other files are left alone.
    ///
    /// # Errors
    /// When the directory cannot be read, or the first rule file that is not sound.
    pub fn with_overrides(directory: Option<&Path>) -> Result<Self, LawError> {
        let Some(directory) = directory else { return Self::embedded() };
        let own = read(directory)?;
        let mut shared: BTreeMap<&str, &str> = embedded::SHARED.iter().copied().collect();
        let mut files: BTreeMap<&str, &str> = embedded::FILES.iter().copied().collect();
        for (name, text) in &own {
            let place = if shared.contains_key(name.as_str()) { &mut shared } else { &mut files };
            place.insert(name, text);
        }
        let shared: Vec<_> = shared.into_iter().collect();
        let files: Vec<_> = files.into_iter().collect();
        let rules = super::Reader::new(&shared)?.rules(&files)?;
        match own.keys().find(|name| !names_its_set(&rules, name, &shared)) {
            None => Ok(rules),
            // Otherwise it would stand beside the embedded file that it means to replace.
            Some(name) => Err(LawError::Set {
                file: name.clone(),
                line: own.get(name).and_then(|text| super::lines::Lines::of(text, 0).of_field("id")),
                field: String::from("id"),
                reason: String::from("a rule file is named after its jurisdiction: <id>.toml"),
            }),
        }
    }
}

fn names_its_set(rules: &Rules, name: &str, shared: &[(&str, &str)]) -> bool {
    let stem = name.trim_end_matches(".toml");
    shared.iter().any(|(shared, _)| *shared == name) || rules.known().any(|id| id.as_str() == stem)
}

fn read(directory: &Path) -> Result<BTreeMap<String, String>, LawError> {
    let fail = |error: std::io::Error| LawError::Directory {
        directory: directory.display().to_string(),
        reason: error.to_string(),
    };
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(directory).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.extension().is_some_and(|extension| extension == "toml") && path.is_file() {
            files.insert(name, std::fs::read_to_string(&path).map_err(fail)?);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::jurisdiction::JurisdictionId;

    fn with(files: &[(&str, &str)]) -> Result<Rules, LawError> {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).expect("it is writable");
        }
        Rules::with_overrides(Some(directory.path()))
    }

    fn text(name: &str) -> String {
        embedded::FILES.iter().find(|(file, _)| *file == name).expect("an embedded file").1.to_owned()
    }

    #[test]
    fn a_file_stands_in_for_the_embedded_one_and_a_new_one_adds() {
        let corrected = text("sg.toml").replace("2026-11-22.1", "2027-01-01.1");
        let added = text("sg.toml").replace("id = \"sg\"", "id = \"mo\"").replace("Singapore", "Macao");
        let rules = with(&[("sg.toml", &corrected), ("mo.toml", &added), ("notes.txt", "no rules")]).unwrap();
        let id = |id: &str| JurisdictionId::parse(id).unwrap();
        assert_eq!(rules.jurisdiction(&id("sg")).unwrap().rules_version, "2027-01-01.1");
        assert_eq!(rules.jurisdiction(&id("mo")).unwrap().name, "Macao");
        assert_eq!(rules.known().count(), embedded::FILES.len() + 1);
    }

    #[test]
    fn a_state_may_be_short_here_too() {
        let guam = text("us-gu.toml").replace("10000", "20000");
        assert!(with(&[("us-gu.toml", &guam)]).is_ok());
    }

    #[test]
    fn what_is_not_sound_is_refused_by_file_and_place() {
        let error = with(&[("sg.toml", "id = ")]).unwrap_err();
        assert!(error.to_string().starts_with("sg.toml, line 1"), "{error}");
        let error = with(&[("us-gu.toml", &text("us-gu.toml").replace("words = \"acc", "wrods = \"acc"))]).unwrap_err();
        assert!(error.to_string().contains("breach.w"), "{error}");
        // Under another name it would stand beside the embedded file.
        assert!(with(&[("singapore.toml", &text("sg.toml"))]).is_err());
        assert!(Rules::with_overrides(Some(Path::new("/nowhere"))).unwrap_err().to_string().contains("/nowhere"));
    }
}
