//! `data fetch` against a server that breaks off, sends wrong bytes, ignores ranges, is busy, changes the file, and
//! offers archives that want out of the folder.

mod archives;
mod server;

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use crate::support::{expect, genrebench, says};
use archives::{corpus_zip, hostile_tar_gz, lying_zip, tar_gz, zip_of, zip_with_link};
use server::{Manners, Server, sha256};

fn fetch(server: &Server, name: &str, sha256: Option<&str>, out: &Path) -> Output {
    let mut command = genrebench();
    command.args(["data", "fetch", &server.address(name), "--tries", "4", "--out"]).arg(out);
    if let Some(hex) = sha256 {
        command.args(["--sha256", hex]);
    }
    command.env_remove("HTTP_PROXY").env_remove("http_proxy").output().unwrap()
}

fn unpacked(out: &Path) -> Vec<u8> {
    std::fs::read(out.join("corpus/rock/noise.bin")).unwrap()
}

/// Nothing but hidden records may be left.
fn visible(out: &Path) -> Vec<String> {
    let names =
        std::fs::read_dir(out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with('.')).collect()
}

#[test]
fn every_server_that_can_be_lived_with_gives_the_file() {
    let (archive, noise) = corpus_zip(1_500_000);
    let sum = sha256(&archive);
    let server = Server::with(vec![("corpus.zip", archive)]);
    for manners in [
        Manners::default(),
        Manners { ranges: false, ..Manners::default() },
        Manners { ranges: false, says_length: false, ..Manners::default() },
        Manners { breaks_after: Some(40_000), ..Manners::default() },
        Manners { ranges: false, breaks_after: Some(40_000), breaks_left: 2, ..Manners::default() },
        Manners { busy_left: 3, ..Manners::default() },
        Manners { changes_left: 1, ..Manners::default() },
    ] {
        server.behave(manners.clone());
        let out = tempfile::tempdir().unwrap();
        expect(&fetch(&server, "corpus.zip", Some(&sum), out.path()), 0);
        assert_eq!(unpacked(out.path()), noise, "{manners:?}");
        assert_eq!(visible(out.path()), ["corpus"], "{manners:?}");
        server.behave(Manners { gone: true, ..Manners::default() });
        let again = fetch(&server, "corpus.zip", Some(&sum), out.path());
        expect(&again, 0);
        says(&again, &["fetched and unpacked before"]);
    }
}

#[test]
fn every_other_server_is_named_with_what_is_wrong() {
    let (archive, _) = corpus_zip(300_000);
    let sum = sha256(&archive);
    let server = Server::with(vec![("corpus.zip", archive)]);
    let cases = [
        (Manners { gone: true, ..Manners::default() }, "no longer there"),
        (Manners { busy_left: 99, ..Manners::default() }, "it is busy"),
        (Manners { wrong_byte: true, ..Manners::default() }, "is not the file that was published"),
        (
            Manners { ranges: false, breaks_after: Some(9000), breaks_left: 99, ..Manners::default() },
            "broke off 4 times",
        ),
        (Manners { changes_left: 999_999, ..Manners::default() }, "another version of the file every time"),
    ];
    for (manners, words) in cases {
        server.behave(manners);
        let out = tempfile::tempdir().unwrap();
        let output = fetch(&server, "corpus.zip", Some(&sum), out.path());
        expect(&output, 1);
        says(&output, &[words]);
        assert!(visible(out.path()).is_empty(), "{words}");
        // Once the server has come to its senses the same command succeeds.
        server.behave(Manners::default());
        expect(&fetch(&server, "corpus.zip", Some(&sum), out.path()), 0);
    }
    server.behave(Manners { web_page: true, ..Manners::default() });
    let out = tempfile::tempdir().unwrap();
    let output = fetch(&server, "corpus.zip", None, out.path());
    expect(&output, 1);
    says(&output, &["a web page instead of a file"]);
}

/// Bytes that are sent again after a fetch was killed half way.
fn sent_after_a_kill(manners: &Manners, with_checksum: bool) -> (u64, u64) {
    let (archive, noise) = corpus_zip(3_000_000);
    let (sum, length) = (sha256(&archive), archive.len() as u64);
    let server = Server::with(vec![("corpus.zip", archive)]);
    server.behave(Manners { pause: Duration::from_millis(12), ..manners.clone() });
    let out = tempfile::tempdir().unwrap();
    let mut command = genrebench();
    command
        .args(["data", "fetch", &server.address("corpus.zip"), "--connections", "2", "--out"])
        .arg(out.path());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    while server.sent() < length / 2 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    server.behave(manners.clone());
    let before = server.sent();
    expect(&fetch(&server, "corpus.zip", with_checksum.then_some(sum.as_str()), out.path()), 0);
    assert_eq!(unpacked(out.path()), noise);
    (server.sent() - before, length)
}

#[test]
fn a_killed_fetch_goes_on_where_it_was() {
    let no_version = Manners { says_version: false, ..Manners::default() };
    for (manners, with_checksum) in [(Manners::default(), false), (no_version.clone(), true)] {
        let (again, length) = sent_after_a_kill(&manners, with_checksum);
        let blocks_in_flight = 3 * (length / 16);
        assert!(again <= length / 2 + blocks_in_flight, "{again} of {length} bytes were sent again");
    }
    // Half of one file and half of another would pass for a whole.
    let (again, length) = sent_after_a_kill(&no_version, false);
    assert!(again >= length, "{again} of {length} bytes were sent again");
}

#[test]
fn a_block_that_was_left_off_when_another_failed_is_fetched_again() {
    let (archive, noise) = corpus_zip(300_000);
    let sum = sha256(&archive);
    let server = Server::with(vec![("corpus.zip", archive)]);
    server.behave(Manners { refuses_blocks: true, ..Manners::default() });
    let out = tempfile::tempdir().unwrap();
    let output = fetch(&server, "corpus.zip", Some(&sum), out.path());
    expect(&output, 1);
    says(&output, &["broke off 4 times"]);
    server.behave(Manners::default());
    expect(&fetch(&server, "corpus.zip", Some(&sum), out.path()), 0);
    assert_eq!(unpacked(out.path()), noise);
}

#[test]
fn what_lies_behind_a_gzip_stream_is_no_part_of_it() {
    let (good, _) = corpus_zip(200_000);
    let padded = [tar_gz(&[("corpus/noise.bin", &good)]), vec![0; 512]].concat();
    let server = Server::with(vec![("padded.tar.gz", padded)]);
    let root = tempfile::tempdir().unwrap();
    expect(&fetch(&server, "padded.tar.gz", None, root.path()), 0);
}

#[test]
fn archives_that_want_out_link_or_burst_are_refused_whole() {
    let honest = ("corpus/a.txt", b"a".as_slice());
    let (good, _) = corpus_zip(200_000);
    let bomb = zip_of(&[("zeros.bin", vec![0; 90 << 20].as_slice())]);
    let server = Server::with(vec![
        ("dots.zip", zip_of(&[honest, ("../evil.txt", b"x")])),
        ("link.zip", zip_with_link()),
        ("more.zip", lying_zip(5)),
        ("less.zip", lying_zip(u32::MAX - 1)),
        ("absolute.tar.gz", hostile_tar_gz("/tmp/evil.txt", b'0')),
        ("dots.tar.gz", hostile_tar_gz("corpus/../../evil.txt", b'0')),
        ("link.tar.gz", hostile_tar_gz("corpus/link", b'2')),
        ("device.tar.gz", hostile_tar_gz("corpus/device", b'3')),
        ("bomb.zip", bomb),
        ("cut.zip", good[..good.len() / 2].to_vec()),
        ("text.zip", b"this is no zip".to_vec()),
        ("cut.tar.gz", {
            let whole = tar_gz(&[("corpus/noise.bin", &good)]);
            whole[..whole.len() / 2].to_vec()
        }),
        // Its last eight bytes are the checksum and the length of all before.
        ("damaged.tar.gz", {
            let mut whole = tar_gz(&[("corpus/noise.bin", &good)]);
            let checksum = whole.len() - 8;
            whole[checksum] ^= 1;
            whole
        }),
        ("tail.tar.gz", {
            let whole = tar_gz(&[("corpus/noise.bin", &good)]);
            whole[..whole.len() - 4].to_vec()
        }),
    ]);
    for (name, words) in [
        ("dots.zip", "\"../evil.txt\" would be written outside the folder"),
        ("link.zip", "\"corpus/link\" is a link"),
        ("more.zip", "is no archive that can be unpacked"),
        ("less.zip", "a bomb"),
        ("absolute.tar.gz", "has an absolute path"),
        ("dots.tar.gz", "would be written outside the folder"),
        ("link.tar.gz", "\"corpus/link\" is a link"),
        ("device.tar.gz", "is neither a file nor a folder"),
        ("bomb.zip", "a bomb"),
        ("cut.zip", "is no archive that can be unpacked"),
        ("text.zip", "is no archive that can be unpacked"),
        ("cut.tar.gz", "is no archive that can be unpacked"),
        ("damaged.tar.gz", "is no archive that can be unpacked"),
        ("tail.tar.gz", "it is cut off"),
    ] {
        let root = tempfile::tempdir().unwrap();
        let out = root.path().join("deep");
        let output = fetch(&server, name, None, &out);
        expect(&output, 1);
        says(&output, &[words, "nothing was unpacked"]);
        // The archive itself stays, for a look.
        assert_eq!(visible(&out), [name]);
        assert!(!root.path().join("evil.txt").exists() && !Path::new("/tmp/evil.txt").exists());
    }
}

#[test]
fn tar_gz_comes_out_as_it_went_in() {
    let long = format!("corpus/{}/a.wav", "deep".repeat(40));
    let server = Server::with(vec![("corpus.tar.gz", tar_gz(&[("corpus/b.wav", b"bb"), (&long, b"aaa")]))]);
    let out = tempfile::tempdir().unwrap();
    expect(&fetch(&server, "corpus.tar.gz", None, out.path()), 0);
    assert_eq!(std::fs::read(out.path().join("corpus/b.wav")).unwrap(), b"bb");
    assert_eq!(std::fs::read(out.path().join(long)).unwrap(), b"aaa");
}

#[test]
fn what_stands_in_the_way_is_left_alone() {
    let (archive, _) = corpus_zip(100_000);
    let server = Server::with(vec![("corpus.zip", archive)]);
    let out = tempfile::tempdir().unwrap();
    std::fs::create_dir(out.path().join("corpus")).unwrap();
    let output = fetch(&server, "corpus.zip", None, out.path());
    expect(&output, 1);
    says(&output, &["corpus stands already"]);
    std::fs::write(out.path().join("corpus.zip"), "mine").unwrap();
    let output = fetch(&server, "corpus.zip", Some(&"0".repeat(64)), out.path());
    expect(&output, 1);
    says(&output, &["is not the file that was published", "move it away"]);
}

#[test]
fn without_a_network_one_line_says_so() {
    let out = tempfile::tempdir().unwrap();
    let nobody_is_found = std::net::ToSocketAddrs::to_socket_addrs(&("nobody.invalid", 80)).is_err();
    for (address, words) in [
        // Port 9 of this machine: nobody listens.
        ("http://127.0.0.1:9/corpus.zip", "cannot reach 127.0.0.1:9: connection refused"),
        ("http://nobody.invalid/corpus.zip", "cannot reach nobody.invalid: its name is not known here"),
    ] {
        // Some networks answer any name with a page of theirs.
        if address.contains("nobody") && !nobody_is_found {
            continue;
        }
        let mut command = genrebench();
        // A proxy would be asked for the name.
        for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command.args(["data", "fetch", address, "--quiet", "--out"]).arg(out.path());
        let output = command.output().unwrap();
        expect(&output, 1);
        says(&output, &[words]);
        assert_eq!(crate::support::text(&output.stderr).lines().count(), 1);
    }
}

#[test]
fn wrong_requests_are_usage_errors() {
    for (arguments, words) in [
        (vec!["gtzam"], "did you mean"),
        (vec!["ftp://example.org/a.zip"], "is not an http(s) address"),
        (vec!["http://127.0.0.1:9/a.zip", "--sha256", "12"], "is not 64"),
        (vec!["gtzan", "--sha256", &"0".repeat(64)], "has its own"),
    ] {
        let output = genrebench().args(["data", "fetch"]).args(arguments).output().unwrap();
        expect(&output, 2);
        says(&output, &[words]);
    }
    let output = genrebench().args(["data", "fetch", "--json"]).output().unwrap();
    expect(&output, 0);
    let listed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(listed[0]["name"], "fma-small");
}

/// Also after it was fetched: a second command would clear away what the first has unpacked so far.
#[test]
fn two_commands_do_not_unpack_at_once() {
    let (archive, noise) = corpus_zip(100_000);
    let server = Server::with(vec![("corpus.zip", archive.clone())]);
    let out = tempfile::tempdir().unwrap();
    std::fs::write(out.path().join("corpus.zip"), archive).unwrap();
    let other = std::fs::File::create(out.path().join(".corpus.zip.lock")).unwrap();
    other.lock().unwrap();
    let output = fetch(&server, "corpus.zip", None, out.path());
    expect(&output, 1);
    says(&output, &["another"]);
    drop(other);
    expect(&fetch(&server, "corpus.zip", None, out.path()), 0);
    assert_eq!(unpacked(out.path()), noise);
    // What was unpacked is remembered wherever the folder lies.
    let moved = tempfile::tempdir().unwrap();
    let moved = moved.path().join("elsewhere");
    std::fs::rename(out.path(), &moved).unwrap();
    let output = fetch(&server, "corpus.zip", None, &moved);
    expect(&output, 0);
    says(&output, &["fetched and unpacked before"]);
}
