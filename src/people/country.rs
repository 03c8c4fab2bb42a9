//! Country codes.

/// ISO 3166-1 alpha-2 codes that are officially assigned, and `XK`, which post and telephone networks use for Kosovo.
/// In alphabetical order, two letters each.
const CODES: &str = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCV\
CWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKE\
KGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPK\
PLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVN\
VUWFWSXKYEYTZAZMZW";

/// Reads a country code, in either case; `None` when no country has it.
pub(super) fn parse(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    if bytes.len() != 2 {
        return None;
    }
    let wanted = [bytes[0].to_ascii_uppercase(), bytes[1].to_ascii_uppercase()];
    let (pairs, _) = CODES.as_bytes().as_chunks::<2>();
    let place = pairs.binary_search(&wanted).ok()?;
    CODES.get(place * 2..place * 2 + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_complete() {
        let (pairs, rest) = CODES.as_bytes().as_chunks::<2>();
        assert!(rest.is_empty());
        assert!(pairs.is_sorted());
        assert_eq!(pairs.len(), 250, "249 assigned codes and XK");
    }

    #[test]
    fn either_case_is_read_and_the_rest_is_refused() {
        assert_eq!(parse("de"), Some("DE"));
        assert_eq!(parse("ZW"), Some("ZW"));
        for bad in ["", "D", "DEU", "ZZ", "UK", "é"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
