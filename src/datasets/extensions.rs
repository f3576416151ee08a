//! Which files are of sound, by the ends of their names.

use std::path::Path;

/// What counts as a sound file, whatever its case.
pub const AUDIO_EXTENSIONS: &[&str] =
    &["mp3", "flac", "ogg", "oga", "wav", "aiff", "aif", "aifc", "au", "snd", "m4a", "mp4", "aac"];

/// Sound that the decoder does not know.
const UNREAD_EXTENSIONS: &[&str] = &["opus", "wma", "ape", "wv", "mpc", "tta", "amr", "dsf", "dff"];

pub fn is_audio(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| AUDIO_EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension)))
}

/// The kind of a file of sound that is not read.
pub(super) fn unread_kind(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    UNREAD_EXTENSIONS.iter().copied().find(|known| known.eq_ignore_ascii_case(extension))
}
