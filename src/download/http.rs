//! One request to a publisher: what came back, and whether trying again can help.

use std::io::{self, ErrorKind, Read};
use std::time::Duration;

use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body, Error};

/// Speaks to publishers; cheap to share between threads.
pub(super) struct Publisher {
    agent: Agent,
}

/// An answer that carries a body.
pub(super) struct Answer {
    /// Whether the body is the range that was asked for.
    pub partial: bool,
    /// Length of the whole file.
    pub total: Option<u64>,
    /// What the server calls this version of the file: an ETag or a date.
    pub version: Option<String>,
    pub web_page: bool,
    pub body: Box<dyn Read + Send>,
}

/// Why no answer came.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Trying again may help; the server may have said when.
    Passing {
        why: String,
        wait: Option<Duration>,
    },
    /// Nobody was reached.
    Unreachable {
        why: String,
    },
    Final {
        why: String,
    },
}

impl Trouble {
    pub fn why(&self) -> &str {
        match self {
            Self::Passing { why, .. } | Self::Unreachable { why } | Self::Final { why } => why,
        }
    }
}

impl Publisher {
    /// For a file at `url`; from https it follows no redirect to plain http.
    pub fn new(url: &str) -> Self {
        let config = Agent::config_builder()
            .https_only(url.starts_with("https://"))
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .timeout_per_read(Some(Duration::from_secs(60)))
            .user_agent(concat!("genrebench/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into() }
    }

    /// Asks for `first..=last` (or all); with a version only if the file is still that one.
    pub fn get(
        &self,
        url: &str,
        range: Option<(u64, u64)>,
        version: Option<&str>,
    ) -> Result<Answer, Trouble> {
        let mut request = self.agent.get(url).header("Accept-Encoding", "identity");
        if let Some((first, last)) = range {
            request = request.header("Range", format!("bytes={first}-{last}"));
        }
        if let Some(version) = version {
            request = request.header("If-Range", version);
        }
        let response = request.call().map_err(trouble)?;
        let partial = match response.status().as_u16() {
            200 => false,
            206 => true,
            status => return Err(of_status(status, response.headers())),
        };
        let headers = response.headers();
        let total = if partial { total_of_range(headers, range)? } else { number(headers, "content-length") };
        // A weak ETag does not promise the same bytes.
        let etag = text(headers, "etag").filter(|etag| !etag.starts_with("W/"));
        let version = etag.or_else(|| text(headers, "last-modified")).map(str::to_string);
        let web_page = text(headers, "content-type").is_some_and(|kind| kind.starts_with("text/html"));
        Ok(Answer { partial, total, version, web_page, body: reader(response) })
    }
}

fn reader(response: Response<Body>) -> Box<dyn Read + Send> {
    Box::new(response.into_body().into_with_config().limit(u64::MAX).reader())
}

/// `bytes 0-99/1234` → 1234, if it is the range that was asked for.
fn total_of_range(headers: &HeaderMap, range: Option<(u64, u64)>) -> Result<Option<u64>, Trouble> {
    let said = text(headers, "content-range").unwrap_or_default();
    let parsed = said.strip_prefix("bytes ").and_then(|rest| {
        let (place, total) = rest.split_once('/')?;
        let first: u64 = place.split_once('-')?.0.parse().ok()?;
        (Some(first) == range.map(|(first, _)| first)).then_some(total.parse().ok())
    });
    parsed.ok_or_else(|| Trouble::Final { why: format!("with a range that was not asked for (\"{said}\")") })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    text(headers, name)?.trim().parse().ok()
}

fn of_status(status: u16, headers: &HeaderMap) -> Trouble {
    let why = match status {
        401 | 403 => format!("with status {status}: it does not give this file to everybody"),
        404 | 410 => format!("with status {status}: the file is no longer there"),
        429 | 503 => format!("with status {status}: it is busy"),
        _ => format!("with status {status}"),
    };
    match status {
        408 | 425 | 429 | 500 | 502..=504 => {
            let wait = number(headers, "retry-after").map(|seconds| Duration::from_secs(seconds.min(120)));
            Trouble::Passing { why, wait }
        }
        _ => Trouble::Final { why },
    }
}

fn trouble(error: Error) -> Trouble {
    match error {
        Error::HostNotFound => Trouble::Unreachable { why: "its name is not known here".to_string() },
        Error::ConnectionFailed => Trouble::Unreachable { why: "no connection".to_string() },
        Error::Io(error) => of_io(&error),
        Error::Timeout(which) => Trouble::Passing { why: format!("no answer in time ({which})"), wait: None },
        Error::Protocol(error) => Trouble::Passing { why: format!("a broken answer ({error})"), wait: None },
        Error::RequireHttpsOnly(url) => {
            Trouble::Final { why: format!("with a redirect to plain http, which is not followed: {url}") }
        }
        error => Trouble::Final { why: format!("with an error: {error}") },
    }
}

fn of_io(error: &io::Error) -> Trouble {
    let why = match error.kind() {
        ErrorKind::ConnectionRefused => "connection refused",
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::NetworkDown => {
            "no connection"
        }
        // A name that is not found has no kind of its own.
        _ if error.to_string().starts_with("failed to lookup address") => "its name is not known here",
        _ => return Trouble::Passing { why: error.to_string(), wait: None },
    };
    Trouble::Unreachable { why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_a_network_reaches_nobody() {
        let lookup = "failed to lookup address information: Temporary failure in name resolution";
        for (error, expected) in [
            (io::Error::other(lookup), Some("its name is not known here")),
            (ErrorKind::NetworkUnreachable.into(), Some("no connection")),
            (ErrorKind::HostUnreachable.into(), Some("no connection")),
            (ErrorKind::ConnectionRefused.into(), Some("connection refused")),
            (ErrorKind::ConnectionReset.into(), None),
        ] {
            let found = match trouble(Error::Io(error)) {
                Trouble::Unreachable { why } => Some(why),
                _ => None,
            };
            assert_eq!(found.as_deref(), expected);
        }
    }

    /// A redirect is one more request of the same publisher.
    #[test]
    fn from_https_there_is_no_way_to_plain_http() {
        let plain = "http://127.0.0.1:9/a.zip";
        let refused = Publisher::new("https://127.0.0.1:9/a.zip").get(plain, None, None).err();
        let Some(Trouble::Final { why }) = &refused else { panic!("{refused:?}") };
        assert!(why.contains("plain http, which is not followed"), "{why}");
    }
}
