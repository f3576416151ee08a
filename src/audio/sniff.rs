//! The format of a file, told by its first bytes and never by its name.

use super::adts_frames::{HEADER_BYTES, first_of_three, frame_bytes};
use super::{AudioProblem, mpeg_frames};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Mp3,
    Wav,
    Aiff,
    Au,
    Flac,
    Ogg,
    M4a,
    Aac,
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Self::Mp3 => "mp3",
            Self::Wav => "wav",
            Self::Aiff => "aiff",
            Self::Au => "au",
            Self::Flac => "flac",
            Self::Ogg => "ogg",
            Self::M4a => "m4a",
            Self::Aac => "aac",
        }
    }
}

/// Tells the format and where it begins, or what the file is instead.
pub(super) fn sniff(bytes: &[u8]) -> Result<(Format, usize), AudioProblem> {
    if bytes.is_empty() {
        return Err(AudioProblem::Empty);
    }
    // A tag of another kind of file's habit may stand before any format.
    let behind_tag = mpeg_frames::skip_id3v2(bytes);
    let rest = &bytes[behind_tag..];
    let has = |at: usize, magic: &[u8]| rest.get(at..at + magic.len()) == Some(magic);
    let form = |name: &[u8]| has(8, name);
    let waves: [&[u8]; 4] = [b"RIFF", b"RF64", b"BW64", b"RIFX"];
    let format = match () {
        () if waves.iter().any(|name| has(0, name)) && form(b"WAVE") => Format::Wav,
        () if has(0, b"FORM") && (form(b"AIFF") || form(b"AIFC")) => Format::Aiff,
        () if has(0, b".snd") || has(0, b"dns.") => Format::Au,
        () if has(0, b"fLaC") => Format::Flac,
        () if has(0, b"OggS") => Format::Ogg,
        () if has(4, b"ftyp") => Format::M4a,
        () if is_adts(rest) => Format::Aac,
        () if behind_tag == bytes.len() => Format::Mp3,
        () => match known_stranger(rest, behind_tag == 0) {
            Some(stranger) => return Err(AudioProblem::NotAudio { looks_like: stranger.into() }),
            None if mpeg_frames::starts_somewhere(rest) => Format::Mp3,
            None => match first_of_three(rest) {
                Some(at) => return Ok((Format::Aac, behind_tag + at)),
                // Whose tag is an mp3's habit.
                None if behind_tag > 0 => Format::Mp3,
                None => return Err(AudioProblem::NotAudio { looks_like: describe(bytes) }),
            },
        },
    };
    // The reader of mp3 frames looks at tags itself.
    Ok((format, if format == Format::Mp3 { 0 } else { behind_tag }))
}

/// AAC frames that follow each other: a header, and the next one where its length says.
fn is_adts(bytes: &[u8]) -> bool {
    let header = |at: usize| bytes.get(at..).and_then(frame_bytes).filter(|&length| length > HEADER_BYTES);
    header(0).is_some_and(|length| length == bytes.len() || header(length).is_some())
}

const STRANGERS: [(&[u8], &str); 20] = [
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-zip archive"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM film"),
    (b"\x7fELF", "a program"),
    (b"MThd", "a MIDI score"),
    (b"MAC ", "Monkey's Audio"),
    (b"wvpk", "WavPack"),
    (b"TTA1", "TTA"),
    (b"MPCK", "Musepack"),
    (b"MP+", "Musepack"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"PAR1", "a Parquet table"),
    (b"RIFF", "a RIFF file that is not WAVE"),
];

/// What else the bytes are; they may be text only where no tag stood before them.
fn known_stranger(bytes: &[u8], may_be_text: bool) -> Option<&'static str> {
    if let Some((_, name)) = STRANGERS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(name);
    }
    if !may_be_text {
        return None;
    }
    let head = &bytes[..bytes.len().min(512)];
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The cut may fall inside a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    if text.is_empty() || text.chars().any(|c| c.is_control() && !c.is_ascii_whitespace()) {
        return None;
    }
    Some(if text.trim_start().starts_with('<') { "an HTML or XML page" } else { "text" })
}

fn describe(bytes: &[u8]) -> String {
    if bytes.iter().all(|&byte| byte == 0) {
        return "nothing but zero bytes".into();
    }
    let head: Vec<String> = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("nothing known (it begins with the bytes {})", head.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_named() {
        let say = |bytes: &[u8]| sniff(bytes).unwrap_err().to_string();
        assert_eq!(say(b""), "is empty (0 bytes)");
        assert!(say(b"These are the lyrics of a song.\n").contains("looks like text"));
        assert!(say(b" <html><body>404</body>").contains("an HTML or XML page"));
        assert!(say(b"\x89PNG\r\n\x1a\n....").contains("a PNG image"));
        assert!(say(&[0; 4000]).contains("nothing but zero bytes"));
        assert!(say(&[1, 2, 3, 0xfe]).contains("the bytes 01 02 03 fe"));
        assert!(say("ä".repeat(300).as_bytes()).contains("text"));
        assert!(say(b"RIFF\x10\0\0\0AVI LIST").contains("not WAVE"));
    }

    #[test]
    fn the_magic_decides() {
        assert_eq!(sniff(b"RIFF\0\0\0\0WAVE").unwrap(), (Format::Wav, 0));
        assert_eq!(sniff(b"BW64\xff\xff\xff\xffWAVE").unwrap(), (Format::Wav, 0));
        assert_eq!(sniff(b"FORM\0\0\0\0AIFC").unwrap(), (Format::Aiff, 0));
        assert_eq!(sniff(b".snd").unwrap(), (Format::Au, 0));
        let tag = b"ID3\x04\0\0\0\0\0\x01-".to_vec();
        for (head, format) in [
            (b"fLaC".as_slice(), Format::Flac),
            (b"RIFF\0\0\0\0WAVE", Format::Wav),
            (b"FORM\0\0\0\0AIFF", Format::Aiff),
            (b"OggS", Format::Ogg),
            (b"\0\0\0\x20ftyp", Format::M4a),
        ] {
            assert_eq!(sniff(&[&tag, head].concat()).unwrap(), (format, tag.len()));
        }
        assert_eq!(sniff(&[&tag, b"....".as_slice()].concat()).unwrap(), (Format::Mp3, 0));
        let error = sniff(&[&tag, b"TTA1".as_slice()].concat()).unwrap_err().to_string();
        assert!(error.contains("TTA"), "{error}");
    }
}
