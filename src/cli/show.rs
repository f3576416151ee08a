//! `genrebench show AUDIO`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::Usage;
use super::print::{self, tell};
use crate::audio::{LoadOptions, load};
use crate::report::{clip_pictures, write_picture};
use crate::spelling::counted;

/// What the features of the registry are computed at.
const RATE_HZ: u32 = 22_050;
/// A longer stretch would be no picture any more.
const MOST_SECONDS: f64 = 1800.0;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench show song.mp3
  genrebench show song.flac --offset 60 --seconds 10 --out pictures")]
pub struct ShowCommand {
    /// A sound file
    audio: PathBuf,
    /// Where the pictures go, each as SVG and PNG [default: pictures/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seconds to leave out at the start
    #[arg(long, default_value_t = 0.0, value_name = "SECONDS", allow_negative_numbers = true)]
    offset: f64,
    /// Seconds to show
    #[arg(long, default_value_t = 30.0, value_name = "SECONDS", allow_negative_numbers = true)]
    seconds: f64,
    /// Print what is known of the clip as JSON
    #[arg(long)]
    json: bool,
}

impl ShowCommand {
    pub fn execute(self) -> anyhow::Result<()> {
        if !(self.offset >= 0.0 && self.offset.is_finite()) {
            return Err(Usage(format!("--offset is {}: it must be 0 or more", self.offset)).into());
        }
        if !(self.seconds > 0.0 && self.seconds <= MOST_SECONDS) {
            let text =
                format!("--seconds is {}: it must be above 0 and at most {MOST_SECONDS}", self.seconds);
            return Err(Usage(text).into());
        }
        let options = LoadOptions {
            rate_hz: Some(RATE_HZ),
            offset_seconds: self.offset,
            max_seconds: Some(self.seconds),
            ..LoadOptions::default()
        };
        let loaded = load(&self.audio, &options)?;
        let name = self.audio.file_name().unwrap_or(self.audio.as_os_str()).to_string_lossy().into_owned();
        let (pictures, tempo) = clip_pictures(&name, &loaded.wave)
            .map_err(|error| anyhow::anyhow!("{}: {error}", self.audio.display()))?;
        let out = self.out.unwrap_or_else(|| {
            Path::new("pictures").join(self.audio.file_stem().unwrap_or(self.audio.as_os_str()))
        });
        for picture in &pictures {
            write_picture(picture, &out)?;
        }
        let names: Vec<&str> = pictures.iter().map(|picture| picture.name.as_str()).collect();
        let faults: Vec<String> = loaded.faults.iter().map(ToString::to_string).collect();
        if self.json {
            print::json(&serde_json::json!({
                "file": self.audio,
                "format": loaded.format,
                "channels": loaded.channels,
                "rate_hz": loaded.native_rate_hz,
                "seconds": loaded.native_seconds,
                "shown_from_seconds": self.offset,
                "shown_seconds": loaded.wave.seconds(),
                "tempo_bpm": tempo,
                "faults": faults,
                "pictures": names.iter().flat_map(|name| ["svg", "png"].map(|kind| out.join(format!("{name}.{kind}")))).collect::<Vec<_>>(),
            }))?;
        } else {
            print::text(&format!(
                "{name}: {}, {} Hz, {}, {:.1} s; shown: {:.1} s from {:.1} s, {tempo:.1} beats a minute\n{}",
                loaded.format,
                loaded.native_rate_hz,
                counted(loaded.channels, "channel"),
                loaded.native_seconds,
                loaded.wave.seconds(),
                self.offset,
                names
                    .iter()
                    .map(|name| format!("{}\n", out.join(format!("{name}.svg")).display()))
                    .collect::<String>(),
            ))?;
            tell!("each also as PNG");
        }
        for fault in faults {
            tell!("note: {name}: {fault}");
        }
        Ok(())
    }
}
