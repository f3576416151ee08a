//! A web server of this process with bad manners on request.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Manners {
    pub ranges: bool,
    pub says_length: bool,
    /// Whether answers carry an ETag.
    pub says_version: bool,
    /// Bytes of a body after which the connection is dropped, while breaks are left.
    pub breaks_after: Option<usize>,
    pub breaks_left: usize,
    pub busy_left: usize,
    /// Every block is refused: the first one at once and for good, the others for a while.
    pub refuses_blocks: bool,
    /// So many answers carry a new version of the file each.
    pub changes_left: usize,
    pub wrong_byte: bool,
    pub gone: bool,
    pub web_page: bool,
    /// Between pieces of 16 KiB.
    pub pause: Duration,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            ranges: true,
            says_length: true,
            says_version: true,
            breaks_after: None,
            breaks_left: usize::MAX,
            busy_left: 0,
            refuses_blocks: false,
            changes_left: 0,
            wrong_byte: false,
            gone: false,
            web_page: false,
            pause: Duration::ZERO,
        }
    }
}

struct State {
    files: Vec<(&'static str, Vec<u8>)>,
    manners: Mutex<Manners>,
    sent: AtomicU64,
}

pub struct Server {
    state: Arc<State>,
    port: u16,
}

impl Server {
    pub fn with(files: Vec<(&'static str, Vec<u8>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State { files, manners: Mutex::default(), sent: AtomicU64::new(0) });
        let shared = Arc::clone(&state);
        // Ends with the test process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || state.answer(stream));
            }
        });
        Self { state, port }
    }

    pub fn address(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}", self.port)
    }

    pub fn behave(&self, manners: Manners) {
        *self.state.manners.lock().unwrap() = manners;
    }

    /// Bytes of bodies sent so far.
    pub fn sent(&self) -> u64 {
        self.state.sent.load(Ordering::Relaxed)
    }
}

impl State {
    /// One request a connection; an error means that the other side went away.
    fn answer(&self, stream: TcpStream) -> Option<()> {
        let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
        let name = lines.next()?.ok()?.split(' ').nth(1)?.trim_start_matches('/').to_string();
        let mut range = None;
        let mut if_range = None;
        for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
            let (key, value) = line.split_once(": ")?;
            match key.to_ascii_lowercase().as_str() {
                "range" => range = value.strip_prefix("bytes=").map(str::to_string),
                "if-range" => if_range = Some(value.to_string()),
                _ => {}
            }
        }
        self.send(stream, &name, range, if_range)
    }

    fn send(
        &self,
        mut stream: TcpStream,
        name: &str,
        range: Option<String>,
        if_range: Option<String>,
    ) -> Option<()> {
        let (manners, version, breaks_after) = {
            let mut manners = self.manners.lock().unwrap();
            let version = format!("\"v{}\"", manners.changes_left);
            manners.changes_left = manners.changes_left.saturating_sub(1);
            let range_of_one = range.as_deref() == Some("0-0");
            let wait = if manners.busy_left > 0 {
                manners.busy_left -= 1;
                Some(0)
            } else if manners.refuses_blocks && !range_of_one {
                Some(if range.as_deref().is_some_and(|range| range.starts_with("0-")) { 0 } else { 2 })
            } else {
                None
            };
            if let Some(seconds) = wait {
                let head = format!("HTTP/1.1 503 Busy\r\nRetry-After: {seconds}\r\n");
                let rest = "Content-Length: 0\r\nConnection: close\r\n\r\n";
                return stream.write_all((head + rest).as_bytes()).ok();
            }
            let breaks =
                manners.breaks_after.filter(|_| manners.breaks_left > 0 && !(range_of_one && manners.ranges));
            manners.breaks_left -= usize::from(breaks.is_some());
            (manners.clone(), version, breaks)
        };
        let file = self.files.iter().find(|(known, _)| *known == name).filter(|_| !manners.gone);
        let Some((_, file)) = file else {
            return stream
                .write_all(b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .ok();
        };
        let mut file = file.clone();
        if manners.wrong_byte {
            let middle = file.len() / 2;
            file[middle] ^= 1;
        }
        let asked = range.filter(|_| manners.ranges && if_range.is_none_or(|wanted| wanted == version));
        let bounds = asked.and_then(|range| {
            let (first, last) = range.split_once('-')?;
            Some((first.parse::<usize>().ok()?, last.parse::<usize>().ok()?))
        });
        let total = file.len();
        let (status, body) = match bounds {
            Some((first, last)) => ("206 Part", &file[first..=last]),
            None => ("200 OK", &file[..]),
        };
        let mut head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
        if manners.says_version {
            head += &format!("ETag: {version}\r\n");
        }
        if let Some((first, last)) = bounds {
            head += &format!("Content-Range: bytes {first}-{last}/{total}\r\n");
        }
        if manners.says_length {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        if manners.web_page {
            head += "Content-Type: text/html; charset=utf-8\r\n";
        }
        stream.write_all((head + "\r\n").as_bytes()).ok()?;
        let until = breaks_after.map_or(body.len(), |bytes| bytes.min(body.len()));
        for piece in body[..until].chunks(16 << 10) {
            stream.write_all(piece).ok()?;
            self.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
            std::thread::sleep(manners.pause);
        }
        Some(())
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
