//! Letters on their way to a printing house, as files: nothing is lost or doubled, whenever the process or the machine dies.
//!
//! | place | holds |
//! |---|---|
//! | `parts/` | what is being written; of no value after a crash |
//! | `collecting/` | whole letters, one file each, for the next batch |
//! | `closing/` | the batch that is being handed over |
//! | `ready/BATCH/` | batches with their manifests, for the house to take |
//!
//! A letter is in exactly one of the last three: every step is one rename. A letter that came in is synced under its name in
//! `collecting/` before it counts as accepted. A batch begins when `collecting/` becomes `closing/`, gets its manifest, and is
//! handed over when `closing/` becomes `ready/BATCH/`, whole. Whoever finds a `closing/` finishes it. Processes that share
//! the directory take turns by a lock that ends with its holder.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::manifest::{Entry, Form, Manifest};
use crate::domain::id::AttemptId;

/// The directory.
#[derive(Clone, Debug)]
pub struct Tray {
    root: PathBuf,
}

/// What a letter's file name says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// The attempt; the token that comes back in returns.
    pub attempt: AttemptId,
    /// Pages.
    pub pages: usize,
    /// Country it goes to, ISO 3166-1 alpha-2.
    pub country: Option<String>,
}

/// How a manifest is written and what it counts.
#[derive(Clone, Debug)]
pub struct Rules {
    /// CSV or JSON lines.
    pub form: Form,
    /// Whether two pages share a sheet.
    pub duplex: bool,
    /// Country of posting.
    pub country: Option<String>,
    /// Postage class within the country of posting, and abroad.
    pub postage: (String, String),
}

impl Tray {
    /// Opens or makes the directory, for the owner alone.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(root: &Path) -> io::Result<Self> {
        for place in ["parts", "collecting", "ready"] {
            DirBuilder::new().recursive(true).mode(0o700).create(root.join(place))?;
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Takes in a letter and says how many wait for the next batch. When this returns, a power failure does not take it back.
    ///
    /// # Errors
    /// When it could not be written; then it is not in.
    pub fn take_in(&self, slip: &Slip, pdf: &[u8]) -> io::Result<usize> {
        let name = slip.file_name();
        let part = self.root.join("parts").join(&name);
        write_synced(&part, pdf)?;
        let _turn = self.lock()?;
        let collecting = self.collecting()?;
        // The same attempt again, after a crash: it replaces itself.
        let place = collecting.join(&name);
        fs::rename(&part, &place)?;
        if let Err(error) = sync(&collecting) {
            // What is not sure to stay must not be printed either: it is taken in again as another attempt.
            fs::remove_file(&place)?;
            return Err(error);
        }
        Ok(count(&collecting).unwrap_or(0))
    }

    /// How many letters wait for the next batch, or in one that was not finished.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn waiting(&self) -> io::Result<usize> {
        let _turn = self.lock()?;
        let closing = self.root.join("closing");
        let unfinished = if closing.exists() { count(&closing)?.max(1) } else { 0 };
        Ok(unfinished + count(&self.collecting()?)?)
    }

    /// Hands over what waits, as one batch, and gives its name; `None` if nothing waits. A batch that was not finished goes
    /// first, by itself.
    ///
    /// # Errors
    /// When a step failed; the next call goes on from there.
    pub fn hand_over(&self, rules: &Rules) -> io::Result<Option<String>> {
        let _turn = self.lock()?;
        let closing = self.root.join("closing");
        if !closing.exists() {
            let collecting = self.collecting()?;
            if count(&collecting)? == 0 {
                return Ok(None);
            }
            fs::rename(&collecting, &closing)?;
            sync(&self.root)?;
        }
        let letters = letters(&closing)?;
        let Some(first) = letters.keys().next() else {
            // Nothing but its manifest at most: the letters are what it is for.
            fs::remove_dir_all(&closing)?;
            return Ok(None);
        };
        let batch = batch_name(*first);
        let manifest = closing.join(rules.form.file_name());
        if !manifest.exists() {
            let part = self.root.join("parts").join(rules.form.file_name());
            write_synced(&part, &write_manifest(&closing, &batch, &letters, rules)?)?;
            fs::rename(&part, &manifest)?;
            sync(&closing)?;
        }
        let ready = self.root.join("ready");
        fs::rename(&closing, ready.join(&batch))?;
        sync(&ready)?;
        sync(&self.root)?;
        Ok(Some(batch))
    }

    fn lock(&self) -> io::Result<File> {
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(self.root.join("lock"))?;
        file.lock()?;
        Ok(file)
    }

    /// The directory for the next batch. It has become `closing/` when a crash came between two steps.
    fn collecting(&self) -> io::Result<PathBuf> {
        let collecting = self.root.join("collecting");
        DirBuilder::new().recursive(true).mode(0o700).create(&collecting)?;
        Ok(collecting)
    }
}

impl Slip {
    fn file_name(&self) -> String {
        format!("{}.{}.{}.pdf", self.attempt, self.pages, self.country.as_deref().unwrap_or("--"))
    }

    fn read(name: &str) -> Option<Self> {
        let mut parts = name.strip_suffix(".pdf")?.split('.');
        let (attempt, pages, country) = (parts.next()?, parts.next()?, parts.next()?);
        let country = (country != "--").then(|| country.to_owned());
        Some(Self { attempt: attempt.parse().ok()?, pages: pages.parse().ok()?, country })
    }
}

fn count(place: &Path) -> io::Result<usize> {
    Ok(letters(place)?.len())
}

/// The letters in a directory, in the order of their attempts, with their file names.
fn letters(place: &Path) -> io::Result<BTreeMap<AttemptId, (Slip, String)>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(place)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some(slip) = Slip::read(&name) {
            found.insert(slip.attempt, (slip, name));
        }
    }
    Ok(found)
}

/// A batch is named after its first letter, which is in no other: the second of the attempt, and what tells it from others.
fn batch_name(first: AttemptId) -> String {
    let at =
        first.0.get_timestamp().and_then(|at| jiff::Timestamp::from_second(i64::try_from(at.to_unix().0).ok()?).ok());
    let at = at.map(|at| at.strftime("%Y%m%dT%H%M%SZ-").to_string()).unwrap_or_default();
    let id = first.0.simple().to_string();
    format!("{at}{}", id.get(20..).unwrap_or(&id))
}

fn write_manifest(
    closing: &Path,
    batch: &str,
    letters: &BTreeMap<AttemptId, (Slip, String)>,
    rules: &Rules,
) -> io::Result<Vec<u8>> {
    let mut manifest = Manifest::new(rules.form);
    for (place, (slip, file)) in letters.values().enumerate() {
        let abroad = slip.country.is_some() && rules.country.is_some() && slip.country != rules.country;
        let postage = if abroad { &rules.postage.1 } else { &rules.postage.0 };
        manifest.add(&Entry {
            batch,
            sequence: place + 1,
            letter: slip.attempt,
            file,
            pdf: &fs::read(closing.join(file))?,
            pages: slip.pages,
            sheets: if rules.duplex { slip.pages.div_ceil(2) } else { slip.pages },
            duplex: rules.duplex,
            postage,
            country: slip.country.as_deref().unwrap_or_default(),
        });
    }
    Ok(manifest.finish())
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip(number: u128, country: &str) -> Slip {
        let attempt = AttemptId(uuid::Uuid::from_u128(0x019a_a000_0000_7000_8000_0000_0000_0000 + number));
        Slip { attempt, pages: 3, country: Some(country.to_owned()) }
    }

    fn rules() -> Rules {
        let postage = (String::from("standard"), String::from("abroad"));
        Rules { form: Form::Csv, duplex: true, country: Some(String::from("DE")), postage }
    }

    fn ready(tray: &Tray, batch: &str) -> (String, Vec<String>) {
        let directory = tray.root.join("ready").join(batch);
        let files = fs::read_dir(&directory).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        (fs::read_to_string(directory.join("manifest.csv")).unwrap(), files.collect())
    }

    #[test]
    fn letters_come_out_as_a_batch_with_its_manifest() {
        let directory = tempfile::tempdir().unwrap();
        let tray = Tray::open(directory.path()).unwrap();
        assert_eq!(tray.hand_over(&rules()).unwrap(), None);
        assert_eq!(tray.take_in(&slip(2, "FR"), b"two").unwrap(), 1);
        assert_eq!(tray.take_in(&slip(1, "DE"), b"one").unwrap(), 2);
        assert_eq!(tray.take_in(&slip(1, "DE"), b"one").unwrap(), 2, "the same attempt again is one letter");
        let batch = tray.hand_over(&rules()).unwrap().unwrap();
        let (manifest, files) = ready(&tray, &batch);
        assert_eq!(files.len(), 3);
        let rows: Vec<Vec<&str>> = manifest.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(rows[0][..4], ["batch", "sequence", "letter", "file"]);
        assert_eq!(
            (rows[1][0], rows[1][1], rows[1][2]),
            (batch.as_str(), "1", slip(1, "DE").attempt.to_string().as_str())
        );
        // echo -n one | sha256sum
        assert_eq!(rows[1][4], "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed");
        assert_eq!(
            (&rows[1][5..], &rows[2][8..]),
            (&["3", "3", "2", "true", "standard", "DE"][..], &["true", "abroad", "FR"][..])
        );
        assert_eq!((tray.waiting().unwrap(), tray.hand_over(&rules()).unwrap()), (0, None));
    }

    #[test]
    fn a_batch_that_was_begun_is_finished_from_every_step() {
        for step in 0..3 {
            let directory = tempfile::tempdir().unwrap();
            let tray = Tray::open(directory.path()).unwrap();
            tray.take_in(&slip(1, "DE"), b"one").unwrap();
            // Where a crash can leave it: renamed; with a half-written manifest elsewhere; with the whole manifest.
            fs::rename(tray.root.join("collecting"), tray.root.join("closing")).unwrap();
            if step > 0 {
                fs::write(tray.root.join("parts/manifest.csv"), "half").unwrap();
            }
            if step > 1 {
                let all = letters(&tray.root.join("closing")).unwrap();
                let text = write_manifest(&tray.root.join("closing"), "b", &all, &rules()).unwrap();
                fs::write(tray.root.join("closing/manifest.csv"), text).unwrap();
            }
            // What comes in meanwhile is of the next batch.
            let tray = Tray::open(directory.path()).unwrap();
            tray.take_in(&slip(2, "DE"), b"two").unwrap();
            assert_eq!(tray.waiting().unwrap(), 2);
            let first = tray.hand_over(&rules()).unwrap().unwrap();
            let second = tray.hand_over(&rules()).unwrap().unwrap();
            assert_ne!(first, second);
            for batch in [&first, &second] {
                assert_eq!(ready(&tray, batch).0.lines().count(), 2, "step {step}");
            }
        }
    }
}
