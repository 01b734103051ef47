//! What hides a secret: names that say so, and the parts of a URL or a connection string that may be one.

/// Parts of names that are used for secrets and for hardly anything else.
const SECRET: [&str; 6] = [
    "token",
    "secret",
    "passw",
    "apikey",
    "api_key",
    "credential",
];
/// Parts of names that are used for secrets among others.
const MAYBE: [&str; 7] = ["pass", "key", "cred", "auth", "cert", "header", "user"];

/// Parts of names of attributes whose value is a secret, whatever a row about them says.
const VALUES: [&str; 8] = [
    "password",
    "passphrase",
    "private_key",
    "secret_key",
    "secret_string",
    "access_key",
    "auth_token",
    "connection_string",
];

/// Whether the value of an attribute with this name is a secret.
#[must_use]
pub(crate) fn is_secret(name: &str) -> bool {
    VALUES.iter().any(|part| name.contains(part))
}

/// Whether the value of an attribute with this name may be a secret.
pub(super) fn may_be_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().chain(&MAYBE).any(|part| name.contains(part))
}

/// Whether a step of a path calls itself a secret.
fn is_secret_step(step: &str) -> bool {
    let step = step.to_ascii_lowercase();
    SECRET.iter().any(|part| step.contains(part))
}

/// Whether a text starts as a URL does: a scheme and `://`.
pub(super) fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

/// A URL or a host without user, password, query and fragment. Where it is not clear where a password ends, everything before the last `@` is one.
pub(crate) fn without_secrets(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if is_url(text) => (Some(scheme), rest),
        _ => (None, text),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    // After a host stands a port: what else is behind a colon may be the start of a password with a slash in it.
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let whole = !host.contains('@') && !port.chars().all(|c| c.is_ascii_digit() || c == ']');
    let plain = if whole || (scheme.is_none() && path.contains('@')) {
        rest.rsplit('@').next().unwrap_or_default().to_owned()
    } else {
        format!("{}{path}", host.rsplit('@').next().unwrap_or_default())
    };
    scheme.map_or_else(|| plain.clone(), |scheme| format!("{scheme}://{plain}"))
}

/// A URL in which the steps of the path that call themselves a secret are only told apart: four digits of their digest. The last step is the state's name.
pub(super) fn masked(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let last = rest.matches('/').count();
    let steps = rest.split('/').enumerate().map(|(at, step)| {
        if at > 0 && at < last && is_secret_step(step) {
            let digest = crate::os::digest::sha256(step.as_bytes());
            format!("***{}", digest.get(..4).unwrap_or_default())
        } else {
            step.to_owned()
        }
    });
    let plain = steps.collect::<Vec<_>>().join("/");
    if scheme.is_empty() {
        plain
    } else {
        format!("{scheme}://{plain}")
    }
}

/// A name in a store without parameters that were pasted along, such as those of a signed link (`?sv=…&sig=…`).
pub(super) fn without_parameters(text: &str) -> &str {
    match text.split_once('?') {
        Some((name, rest)) if rest.contains('=') => name,
        _ => text,
    }
}

/// Host and database of a PostgreSQL connection string, in either of its forms; nothing else of it
/// (<https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING>).
pub(super) fn connection(text: &str) -> String {
    if is_url(text) {
        return without_secrets(text);
    }
    let mut told = Vec::new();
    let mut rest = text;
    while let Some((name, value, after)) = setting(rest) {
        rest = after;
        let value = match name {
            "host" | "hostaddr" | "dbname" => without_secrets(&value),
            "port" if value.chars().all(|c| c.is_ascii_digit() || c == ',') => value,
            "port" => String::new(),
            _ => continue,
        };
        // A blank or a quote is in no name of a host or a database that is meant: what is behind it may be anything.
        let plain = value
            .split(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '\\' | '='))
            .next()
            .unwrap_or_default();
        told.push(format!("{name}={plain}"));
    }
    told.join(" ")
}

/// The first `name = value` of a connection string and what comes after it. A value may be quoted, and a backslash takes the next character as it is.
fn setting(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = text.split_once('=')?;
    let name = name.trim();
    let rest = rest.trim_start();
    let (quoted, rest) = rest
        .strip_prefix('\'')
        .map_or((false, rest), |rest| (true, rest));
    let mut value = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next() {
            None if quoted => return None,
            None => break,
            Some('\'') if quoted => break,
            Some(c) if c.is_whitespace() && !quoted => break,
            Some('\\') => value.extend(chars.next()),
            Some(c) => value.push(c),
        }
    }
    Some((name, value, chars.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_their_secrets() {
        for (text, plain) in [
            ("https://user:p%40ss@host/x/y?token=1#f", "https://host/x/y"),
            (
                "postgres://u:p@db.example:5432/tf?sslmode=disable",
                "postgres://db.example:5432/tf",
            ),
            ("https://u:p@w@host", "https://host"),
        ] {
            assert_eq!(connection(text), plain);
            assert_eq!(without_secrets(text), plain);
        }
        for (text, plain) in [
            ("host:8500", "host:8500"),
            ("user:hunter2@consul.example:8500", "consul.example:8500"),
            ("u:hunter2@minio:9000", "minio:9000"),
            ("u:hunter/2@minio:9000", "minio:9000"),
            ("HTTPS://u:hunter2@h/x", "HTTPS://h/x"),
            ("https://u:hunter/2@h/x", "https://h/x"),
            ("u:hunter2://x@h", "h"),
            ("host:8500?token=hunter2", "host:8500"),
            ("https://host/@team/state", "https://host/@team/state"),
            (
                "https://host:8443/@team/state",
                "https://host:8443/@team/state",
            ),
            ("https://[::1]:8443/x", "https://[::1]:8443/x"),
            ("https://[::1]/x", "https://[::1]/x"),
        ] {
            assert_eq!(without_secrets(text), plain, "{text}");
        }
        let one = masked("https://token.example/hunter2-token/state");
        assert!(
            one.starts_with("https://token.example/***")
                && one.ends_with("/state")
                && !one.contains("hunter2")
                && one != masked("https://token.example/hunter3-token/state"),
            "{one}"
        );
        let gitlab = "https://gitlab.com/api/v4/projects/7/terraform/state/token-service";
        assert_eq!(masked(gitlab), gitlab);
        assert_eq!(without_parameters("k?sv=1&sig=hunter2"), "k");
        assert_eq!(without_parameters("what?/state"), "what?/state");
        assert_eq!(
            connection("host=db port=5 user=me password=secret dbname=tf"),
            "host=db port=5 dbname=tf"
        );
        for (text, plain) in [
            ("host=db password='a dbname=hunter2", "host=db"),
            ("host=db user=u password='a dbname=hunter2'", "host=db"),
            (
                "host=db password=x\\ port=hunter2 dbname=tf",
                "host=db dbname=tf",
            ),
            (
                "host=db password='it\\'s dbname=hunter2' port=5",
                "host=db port=5",
            ),
            ("host = db  port= 5 password =hunter2", "host=db port=5"),
            ("host=db port=hunter2", "host=db port="),
            ("host=u:hunter2@db password='x://y'", "host=db"),
            (
                "dbname='postgres://u:hunter2@db/tf password=x'",
                "dbname=postgres://db/tf",
            ),
            ("dbname='host=h password=hunter2'", "dbname=host"),
            ("postgres://u:hunter2@db", "postgres://db"),
            ("hunter2", ""),
        ] {
            assert_eq!(connection(text), plain, "{text}");
        }
    }
}
