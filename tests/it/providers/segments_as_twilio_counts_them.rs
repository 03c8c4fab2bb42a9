//! Encodings and numbers of segments are those of Twilio's own calculator.

use candour::domain::segments::{self, Encoding};

use crate::support::node;
use crate::support::process::run;

fn corpus() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        "Hello",
        "line\nbreak",
        "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ",
        "^{}\\[~]|€",
        "¡ÄÖÑÜ§¿äöñüà",
        "ça va",
        "it\u{2019}s",
        "“quoted”",
        "中文短信",
        "Грошей",
        "ş ğ İ",
        "😀",
        "a😀",
        "Über Ihre Daten: https://example.org/n",
        "tab\there",
        "`backtick`",
    ]
    .map(String::from)
    .into();
    for letter in ["a", "€", "中", "😀", "ß", "ç"] {
        for count in [
            1, 34, 35, 36, 66, 67, 68, 69, 70, 71, 76, 77, 79, 80, 81, 134, 135, 152, 153, 154, 159, 160, 161, 305,
            306, 307, 460,
        ] {
            texts.push(letter.repeat(count));
            texts.push(format!("{}€", letter.repeat(count)));
            texts.push(format!("{}😀b", letter.repeat(count)));
        }
    }
    texts
}

#[test]
fn the_whole_corpus_is_counted_alike() {
    let texts = corpus();
    let script = "const { SegmentedMessage } = require('sms-segments-calculator');\
        const texts = JSON.parse(require('fs').readFileSync(0));\
        console.log(JSON.stringify(texts.map((t) => { const m = new SegmentedMessage(t, 'auto', false);\
        return [m.getEncodingName(), m.segmentsCount]; })));";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), serde_json::to_string(&texts).unwrap()).unwrap();
    let mut command = node::node();
    command.args(["-e", script]).stdin(std::fs::File::open(file.path()).unwrap());
    let theirs: Vec<(String, usize)> = serde_json::from_str(run(&mut command).trim()).unwrap();
    assert_eq!(theirs.len(), texts.len());
    for (text, (encoding, count)) in texts.iter().zip(theirs) {
        let ours = segments::measure(text);
        let name = match ours.encoding {
            Encoding::Gsm7 => "GSM-7",
            Encoding::Ucs2 => "UCS-2",
        };
        // It counts no segment for no text; a network carries one all the same.
        assert_eq!(
            (name, ours.segments),
            (encoding.as_str(), count.max(1)),
            "{} letters of {text:.12}",
            text.chars().count()
        );
    }
}
