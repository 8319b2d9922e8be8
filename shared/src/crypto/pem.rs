//! PEM, read leniently and written strictly (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize as _, Zeroizing};

/// The first block whose label ends in `PRIVATE KEY`: its label and its contents.
///
/// Other blocks (`EC PARAMETERS`), text between blocks, CRLF and odd line lengths are tolerated.
/// Encrypted keys are not: their headers are not base64.
pub(super) fn private_key(text: &str) -> Option<(&str, Zeroizing<Vec<u8>>)> {
    let mut rest = text;
    loop {
        let (_, after) = rest.split_once("-----BEGIN ")?;
        let (label, after) = after.split_once("-----")?;
        let (body, after) = after.split_once("-----END ")?;
        if label.ends_with("PRIVATE KEY") && after.strip_prefix(label)?.starts_with("-----") {
            let mut packed: Vec<u8> = body.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
            let der = STANDARD.decode(&packed).ok().map(Zeroizing::new);
            packed.zeroize();
            return Some((label, der?));
        }
        rest = after;
    }
}

/// One block: lines of 64 characters, line feeds only, one at the end.
pub(super) fn encode(label: &str, der: &[u8]) -> String {
    let mut body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    push_lines(&mut text, &body, 64);
    body.zeroize();
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

/// Appends ASCII `body` in lines of `width` characters, each ended by a line feed.
pub(super) fn push_lines(text: &mut String, body: &str, width: usize) {
    let mut rest = body;
    while !rest.is_empty() {
        let (line, tail) = rest.split_at_checked(width).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_private_key_among_other_blocks() {
        let text = "Bag Attributes\r\n-----BEGIN EC PARAMETERS-----\r\nBggq\r\n-----END EC PARAMETERS-----\r\n\
                    -----BEGIN EC PRIVATE KEY-----\r\nAQ\r\nID\r\n-----END EC PRIVATE KEY-----\r\n";
        let (label, der) = private_key(text).unwrap();
        assert_eq!((label, der.as_slice()), ("EC PRIVATE KEY", [1, 2, 3].as_slice()));
    }

    #[test]
    fn refuses_what_is_not_a_private_key() {
        for text in [
            "",
            "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nAQID\n",
            "-----BEGIN PRIVATE KEY-----\nAQID\n-----END PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY-----\nAQID\n-----END PUBLIC KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAQID\n-----END RSA PRIVATE KEY-----",
        ] {
            assert!(private_key(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn wraps_at_64_columns() {
        let text = encode("PRIVATE KEY", &[0; 96]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.iter().map(|l| l.len()).collect::<Vec<_>>(), [27, 64, 64, 25]);
        assert!(text.ends_with("-----END PRIVATE KEY-----\n"));
        assert_eq!(private_key(&text).unwrap().1.as_slice(), [0; 96]);
    }
}
