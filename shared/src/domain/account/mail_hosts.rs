//! Mail hosts whose addresses do not tell for whom somebody works (spec 02 §3.2 rule 4).

/// Hosts that give mailboxes to everybody.
const FREE: &[&str] = &[
    "126.com",
    "139.com",
    "163.com",
    "21cn.com",
    "abv.bg",
    "alice.it",
    "aliyun.com",
    "aol.com",
    "att.net",
    "bellsouth.net",
    "bigpond.com",
    "bluewin.ch",
    "bol.com.br",
    "btinternet.com",
    "centrum.cz",
    "comcast.net",
    "cox.net",
    "daum.net",
    "docomo.ne.jp",
    "duck.com",
    "earthlink.net",
    "email.cz",
    "ezweb.ne.jp",
    "fastmail.com",
    "fastmail.fm",
    "foxmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hanmail.net",
    "hey.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.es",
    "hotmail.fr",
    "hotmail.it",
    "hushmail.com",
    "icloud.com",
    "inbox.lv",
    "inbox.ru",
    "interia.pl",
    "juno.com",
    "laposte.net",
    "libero.it",
    "list.ru",
    "live.ca",
    "live.co.uk",
    "live.com",
    "live.de",
    "live.fr",
    "live.nl",
    "mac.com",
    "mail.com",
    "mail.ru",
    "mailbox.org",
    "me.com",
    "msn.com",
    "naver.com",
    "netscape.net",
    "netzero.net",
    "o2.pl",
    "onet.pl",
    "op.pl",
    "optonline.net",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "outlook.es",
    "outlook.fr",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.ch",
    "protonmail.com",
    "qq.com",
    "rambler.ru",
    "rediffmail.com",
    "rocketmail.com",
    "runbox.com",
    "sapo.pt",
    "sbcglobal.net",
    "seznam.cz",
    "sfr.fr",
    "shaw.ca",
    "sina.cn",
    "sina.com",
    "sky.com",
    "sohu.com",
    "t-online.de",
    "talktalk.net",
    "telenet.be",
    "terra.com.br",
    "tiscali.it",
    "tuta.com",
    "tuta.io",
    "tutanota.com",
    "tutanota.de",
    "ukr.net",
    "uol.com.br",
    "verizon.net",
    "virgilio.it",
    "virginmedia.com",
    "volny.cz",
    "wanadoo.fr",
    "web.de",
    "wp.pl",
    "xs4all.nl",
    "xtra.co.nz",
    "yahoo.ca",
    "yahoo.co.in",
    "yahoo.co.jp",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.com.au",
    "yahoo.com.br",
    "yahoo.de",
    "yahoo.es",
    "yahoo.fr",
    "yahoo.in",
    "yahoo.it",
    "yandex.com",
    "yandex.ru",
    "yeah.net",
    "ymail.com",
    "zoho.com",
    "zohomail.com",
];

/// Whether addresses of a host (lower-case) may belong to anybody: free, disposable and educational
/// ones. `more` are further hosts that an operator knows of.
#[must_use]
pub fn is_public(host: &str, more: &[String]) -> bool {
    FREE.binary_search(&host).is_ok()
        || more.iter().any(|known| known == host)
        || is_educational(host)
        || is_disposable(host)
}

/// `.edu`, and `.edu.xx` or `.ac.xx` of a country.
fn is_educational(host: &str) -> bool {
    let mut labels = host.rsplit('.');
    match (labels.next(), labels.next(), labels.next()) {
        (Some("edu"), Some(_), _) => true,
        (Some(country), Some("edu" | "ac"), Some(_)) => country.len() == 2,
        _ => false,
    }
}

/// The crate's list judges whole addresses and refuses malformed ones too, so it is given a good one.
fn is_disposable(host: &str) -> bool {
    let well_formed = host
        .split('.')
        .all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    well_formed && host.contains('.') && !mailchecker::is_valid(&format!("somebody@{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(FREE.is_sorted());
    }

    #[test]
    fn hosts() {
        for host in ["gmail.com", "icloud.com", "mailinator.com", "mit.edu", "ox.ac.uk", "unimelb.edu.au"] {
            assert!(is_public(host, &[]), "{host}");
        }
        for host in ["harbor.dev", "example.com", "edu", "ac.uk", "tac.xx.org", "keygen.sh"] {
            assert!(!is_public(host, &[]), "{host}");
        }
        assert!(is_public("mail.example", &["mail.example".to_owned()]));
    }
}
