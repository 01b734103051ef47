//! The forms of names of accounts and regions: what has none of them is not taken for one, and never printed.

/// `arn:partition:service:region:account:resource`.
pub(super) struct Arn<'a> {
    pub(super) service: &'a str,
    pub(super) region: Option<String>,
    pub(super) account: Option<String>,
}

impl<'a> Arn<'a> {
    /// Takes one ARN apart; a list of several is none.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        if arn != "arn"
            || !partition.starts_with("aws")
            || service.is_empty()
            || resource.is_empty()
            || resource.contains(",arn:")
        {
            return None;
        }
        Some(Self {
            service,
            region: aws_region(region),
            account: aws_account(account),
        })
    }
}

pub(super) fn aws_account(text: &str) -> Option<String> {
    (text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
}

/// `eu-west-1`, `us-gov-east-1`: words and a number.
pub(super) fn aws_region(text: &str) -> Option<String> {
    let mut parts = text.rsplit('-');
    let number = parts.next().is_some_and(|number| {
        matches!(number.len(), 1 | 2) && number.bytes().all(|b| b.is_ascii_digit())
    });
    let words: Vec<&str> = parts.collect();
    let plain = |word: &&str| {
        (2..=12).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase())
    };
    (number && (2..=4).contains(&words.len()) && words.iter().all(plain)).then(|| text.to_owned())
}

/// The id of a project; its number is another name of it, which cannot be compared.
pub(super) fn project(text: &str) -> Option<String> {
    let plain =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b':');
    let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
    (starts && (4..=63).contains(&text.len()) && text.bytes().all(plain)).then(|| text.to_owned())
}

pub(super) fn guid(text: &str) -> Option<String> {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    (groups == [8, 4, 4, 4, 12] && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'))
        .then(|| text.to_ascii_lowercase())
}

/// A region of Google or Azure in one way of writing: `EUROPE-WEST1`, `West Europe`, the zone `europe-west1-b`, the end of a link to one.
pub(super) fn place_word(text: &str) -> Option<String> {
    let text = text.rsplit('/').next().unwrap_or(text);
    let word: String = text
        .chars()
        .filter(|c| *c != ' ')
        .flat_map(char::to_lowercase)
        .collect();
    let (head, tail) = word.rsplit_once('-').unwrap_or((&word, ""));
    // `us-central1-a`, and `us-central1-ai1a`.
    let letter = tail.strip_prefix("ai").map_or(tail, |tail| {
        tail.trim_start_matches(|c: char| c.is_ascii_digit())
    });
    let zone = letter.len() == 1
        && letter.starts_with(|c: char| c.is_ascii_lowercase())
        && head.ends_with(|c: char| c.is_ascii_digit());
    let region = if zone { head } else { &word };
    let plain = region
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    ((2..=24).contains(&region.len())
        && region.starts_with(|c: char| c.is_ascii_lowercase())
        && plain)
        .then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns() {
        let arn =
            |text: &'static str| Arn::parse(text).map(|arn| (arn.service, arn.region, arn.account));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            arn("arn:aws:sns:eu-west-1:111122223333:a:b"),
            Some(("sns", some("eu-west-1"), some("111122223333")))
        );
        assert_eq!(arn("arn:aws-cn:s3:::bucket"), Some(("s3", None, None)));
        assert_eq!(arn("arn:aws:iam::aws:policy/x"), Some(("iam", None, None)));
        assert_eq!(
            arn("arn:aws:sns:eu-west-1:11112222333:a"),
            Some(("sns", some("eu-west-1"), None))
        );
        for text in [
            "",
            "arn",
            "arn:aws:sns:eu-west-1:111122223333",
            "arn:aws:sns:eu-west-1:111122223333:",
            "arn:gcp:sns:eu-west-1:111122223333:a",
        ] {
            assert_eq!(arn(text), None, "{text}");
        }
        assert_eq!(
            arn("arn:aws:wafv2:eu-west-1:111122223333:x,arn:aws:elb:eu-west-1:444455556666:y"),
            None,
            "two of them"
        );
    }

    #[test]
    fn names_of_places() {
        for text in [
            "eu-west-1",
            "ap-southeast-2",
            "us-gov-east-1",
            "us-iso-west-1",
            "eusc-de-east-1",
            "mx-central-1",
        ] {
            assert_eq!(aws_region(text).as_deref(), Some(text));
        }
        for text in [
            "",
            "eu",
            "eu-west",
            "eu-west-1a",
            "EU-WEST-1",
            "1-1",
            "a-b-1",
            "eu-west-123",
            "eu--1",
            "eu-west-1 ",
            "q-w-e-r-t-y-1",
            "x7-west-1",
        ] {
            assert_eq!(aws_region(text), None, "{text}");
        }
        for (text, region) in [
            ("EU", "eu"),
            ("West Europe", "westeurope"),
            ("europe-west1-b", "europe-west1"),
            ("us-central1-ai1a", "us-central1"),
            ("nam-eur-asia1", "nam-eur-asia1"),
            ("a/b/us-east1", "us-east1"),
        ] {
            assert_eq!(place_word(text).as_deref(), Some(region));
        }
        for text in [
            "",
            "/",
            "x",
            "x_y",
            "€uro",
            "a\nb",
            "this is far too long for a region",
            "7up",
        ] {
            assert_eq!(place_word(text), None, "{text}");
        }
        assert!(
            project("acme-prod").is_some()
                && project("example.com:acme").is_some()
                && project("123456").is_none()
                && project("A").is_none()
        );
        assert!(
            guid("0A000000-0000-0000-0000-00000000000b").is_some()
                && guid("0a000000-0000-0000-0000-00000000000").is_none()
                && guid("x").is_none()
        );
    }
}
