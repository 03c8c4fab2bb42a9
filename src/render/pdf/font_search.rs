//! Looks through font directories for faces that have what the binary's own lack.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use typst::foundations::Bytes;
use typst::text::{Font, FontInfo, FontStyle};

/// Directories below a font directory are followed this deep.
const DEPTH: usize = 6;

/// Parts of file names, lower case and without separators, that promise Chinese text faces; the best come first.
/// Serif ones lead because the Latin face beside them is one.
const CHINESE: &[&str] = &[
    "notoserifcjk",
    "sourcehanserif",
    "notoserifsc",
    "notoseriftc",
    "notoserifhk",
    "songti",
    "simsun",
    "mingliu",
    "uming",
    "notosanscjk",
    "sourcehansans",
    "notosanssc",
    "notosanstc",
    "notosanshk",
    "pingfang",
    "hiraginosansgb",
    "msyh",
    "msjh",
    "stheiti",
    "wqy",
    "lxgwwenkai",
    "droidsansfallback",
];

/// What a search gave.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) fonts: Vec<Font>,
    pub(super) families: Vec<String>,
    /// Characters that no face has.
    pub(super) lacking: BTreeSet<char>,
}

/// Where the supported systems keep their fonts.
pub(super) fn system_directories() -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> =
        ["/usr/local/share/fonts", "/usr/share/fonts", "/Library/Fonts", "/System/Library/Fonts", r"C:\Windows\Fonts"]
            .map(PathBuf::from)
            .into();
    if let Some(home) = std::env::home_dir() {
        directories.extend([".local/share/fonts", ".fonts", "Library/Fonts"].map(|tail| home.join(tail)));
    }
    directories
}

/// Finds faces for the characters: the first file that has them all, by the order of directories and the promise of
/// names, or else few files that have them between them.
pub(super) fn search(directories: &[PathBuf], wanted: &BTreeSet<char>, locale: &str) -> Found {
    let mut partial: Vec<(PathBuf, u32, BTreeSet<char>)> = Vec::new();
    for path in files(directories) {
        let Some((index, has)) = best_face(&path, wanted, locale) else { continue };
        if has.len() == wanted.len() {
            partial = vec![(path, index, has)];
            break;
        }
        partial.push((path, index, has));
    }
    let mut found = Found { lacking: wanted.clone(), ..Found::default() };
    while !found.lacking.is_empty() {
        let gain = |has: &BTreeSet<char>| has.intersection(&found.lacking).count();
        // The earliest of the best, so that the order of preference decides between equals.
        let best = partial.iter().rev().max_by_key(|(_, _, has)| gain(has));
        let Some((path, index, has)) = best.filter(|(_, _, has)| gain(has) > 0) else { break };
        found.lacking = found.lacking.difference(has).copied().collect();
        load(path, *index, &mut found);
    }
    found
}

/// Adds a face and, where it lies beside it, the bold one of its family.
fn load(path: &Path, index: u32, found: &mut Found) {
    let Some(regular) = read_face(path, index) else { return };
    let family = regular.info().family.clone();
    let bold = bold_sibling(path).and_then(|p| read_face(&p, index)).filter(|f| f.info().family == family);
    found.fonts.push(regular);
    found.fonts.extend(bold);
    if !found.families.contains(&family) {
        found.families.push(family);
    }
}

fn read_face(path: &Path, index: u32) -> Option<Font> {
    Font::new(Bytes::new(std::fs::read(path).ok()?), index)
}

/// `NotoSerifCJK-Bold.ttc` for `NotoSerifCJK-Regular.ttc`.
fn bold_sibling(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let bold = name.replace("Regular", "Bold");
    (bold != name).then(|| path.with_file_name(bold))
}

/// The face of a file that has the most of what is wanted, with the forms of the locale where it can choose.
fn best_face(path: &Path, wanted: &BTreeSet<char>, locale: &str) -> Option<(u32, BTreeSet<char>)> {
    let data = std::fs::read(path).ok()?;
    let mut best: Option<(usize, usize, u32, BTreeSet<char>)> = None;
    for index in 0.. {
        let Some(info) = FontInfo::new(&data, index) else { break };
        if info.is_last_resort() || info.variant.style != FontStyle::Normal {
            continue;
        }
        let has: BTreeSet<char> = wanted.iter().copied().filter(|c| info.coverage.contains(u32::from(*c))).collect();
        let fit = fitness(&info.family, locale);
        let better = best.as_ref().is_none_or(|(count, was, ..)| (has.len(), fit) > (*count, *was));
        if !has.is_empty() && better {
            best = Some((has.len(), fit, index, has));
        }
    }
    best.map(|(_, _, index, has)| (index, has))
}

/// How well a family of a collection suits a locale: families of Chinese collections end in their region.
fn fitness(family: &str, locale: &str) -> usize {
    let regions: &[&str] = match locale {
        l if l.contains("HK") || l.contains("MO") => &["HK", "TC"],
        l if l.contains("TW") || l.contains("Hant") => &["TC", "TW"],
        l if l.starts_with("zh") => &["SC", "CN", "GB"],
        l if l.starts_with("ja") => &["JP"],
        l if l.starts_with("ko") => &["KR"],
        _ => &[],
    };
    let place = regions.iter().position(|region| family.ends_with(region));
    place.map_or(0, |place| 2 * (regions.len() - place)) + usize::from(!family.contains("Mono"))
}

/// The font files below the directories, in the order in which to try them.
fn files(directories: &[PathBuf]) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for directory in directories {
        let mut here = Vec::new();
        walk(directory, DEPTH, &mut here);
        here.sort_by_cached_key(|path| (promise(path), path.clone()));
        all.append(&mut here);
    }
    // Names decide across the system's directories too; a stable sort keeps their order between equals.
    all.sort_by_key(|path| promise(path));
    all
}

fn walk(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    // A directory that is not there or may not be read has no fonts for us.
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            if depth > 0 {
                walk(&path, depth - 1, files);
            }
        } else if is_font(&path) {
            files.push(path);
        }
    }
}

fn is_font(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    ["ttf", "otf", "ttc", "otc"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Smaller is better: what the name promises, then regular before other weights.
fn promise(path: &Path) -> (usize, bool) {
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let rank = CHINESE.iter().position(|part| plain.contains(part)).unwrap_or(CHINESE.len());
    let styled = ["bold", "light", "black", "thin", "italic", "oblique", "medium", "mono"];
    (rank, styled.iter().any(|style| plain.contains(style)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serif_chinese_name_comes_before_a_sans_one_and_both_before_the_rest() {
        let mut names =
            ["DejaVuSans.ttf", "NotoSerifCJK-Bold.ttc", "NotoSansCJK-Regular.ttc", "NotoSerifCJK-Regular.ttc"]
                .map(PathBuf::from);
        names.sort_by_key(|path| promise(path));
        let order: Vec<_> = names.iter().map(|p| p.to_string_lossy().into_owned()).collect();
        assert_eq!(
            order,
            ["NotoSerifCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc", "NotoSansCJK-Regular.ttc", "DejaVuSans.ttf"]
        );
    }

    #[test]
    fn the_region_of_the_locale_chooses_the_face() {
        let best = |locale| {
            ["Noto Serif CJK JP", "Noto Serif CJK SC", "Noto Serif CJK TC", "Noto Serif CJK HK"]
                .into_iter()
                .max_by_key(|family| fitness(family, locale))
                .unwrap_or_default()
        };
        assert_eq!(best("zh-Hans"), "Noto Serif CJK SC");
        assert_eq!(best("zh-Hant"), "Noto Serif CJK TC");
        assert_eq!(best("zh-Hant-HK"), "Noto Serif CJK HK");
    }
}
