//! `genrebench data fetch`: data sets and weights from their publishers, checked and unpacked.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::exit::Usage;
use super::print::{self, tell};
use crate::datasets;
use crate::download::{self, Checksum, Options, Packing, Publication, RemoteFile, Watch};
use crate::embeddings;
use crate::spelling;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench data fetch                            what there is, its size and licence
  genrebench data fetch fma-small --out ~/data
  genrebench data fetch gtzan --out ~/data --yes
  genrebench data fetch musicnn --out weights
  genrebench data fetch https://example.org/corpus.zip --sha256 ba78…15ad --out corpus

A fetch that breaks off continues when the same command is given again; it begins anew only where the server gives no \
part of a file alone, or neither it nor a checksum tells one version of the file from another. HTTPS_PROXY is heeded.")]
pub struct FetchArguments {
    /// A data set's or an embedding's name, or the address of an archive of your own
    #[arg(value_name = "NAME|URL")]
    what: Option<String>,
    /// The folder to fetch and unpack into
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// The SHA-256 (or SHA-1) that the file at URL must have
    #[arg(long, value_name = "HEX", requires = "what")]
    sha256: Option<String>,
    /// Connections at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=16))]
    connections: u8,
    /// How often in a row a connection may bring nothing before the fetch gives up
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    tries: u8,
    /// Keep the archive after unpacking it
    #[arg(long, requires = "what")]
    keep: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Print as JSON
    #[arg(long)]
    json: bool,
    /// No progress on stderr
    #[arg(long, short)]
    quiet: bool,
}

/// Data sets, then weights.
fn publications() -> impl Iterator<Item = &'static Publication> + Clone {
    datasets::PUBLICATIONS.iter().chain(embeddings::PUBLICATIONS)
}

impl FetchArguments {
    pub fn execute(self) -> anyhow::Result<()> {
        let Some(what) = &self.what else { return self.list() };
        let expected = match &self.sha256 {
            None => None,
            Some(text) => Some(Checksum::parse(text).ok_or_else(|| {
                Usage(format!("--sha256 \"{text}\" is not 64 (SHA-256) or 40 (SHA-1) hexadecimal digits"))
            })?),
        };
        let known = publications().find(|publication| publication.name == what);
        let files = match known {
            Some(_) if expected.is_some() => {
                return Err(Usage("--sha256 is for an address; a named data set has its own".into()).into());
            }
            Some(publication) => publication.files.to_vec(),
            None if what.contains("://") => {
                let file = RemoteFile::from_url(what).ok_or_else(|| {
                    Usage(format!("{what} is not an http(s) address that ends in a file's name"))
                })?;
                vec![RemoteFile { checksum: expected, ..file }]
            }
            None => {
                let names = publications().map(|publication| publication.name);
                let hint = spelling::hint(what, names.clone());
                let names = names.collect::<Vec<_>>().join(", ");
                return Err(
                    Usage(format!("nothing is published as \"{what}\"; there are {names}{hint}")).into()
                );
            }
        };
        self.announce(known, &files);
        if !self.agreed()? {
            return Ok(());
        }
        let mut results = Vec::new();
        for file in &files {
            results.push(self.bring(file)?);
        }
        // As an experiment anywhere can say it.
        let folder =
            std::path::absolute(&self.out).unwrap_or_else(|_| self.out.clone()).display().to_string();
        let use_as = known.map(|publication| publication.use_as.replace("{}", &folder));
        if self.json {
            print::json(&json!({ "name": what, "files": results, "use_as": use_as }))
        } else {
            for path in results.iter().flat_map(|result| result["in_place"].as_array().into_iter().flatten())
            {
                print::text(path.as_str().unwrap_or_default())?;
            }
            use_as.iter().filter(|_| !self.quiet).for_each(|line| tell!("use it as: {line}"));
            Ok(())
        }
    }

    fn list(&self) -> anyhow::Result<()> {
        if self.json {
            let of = |publication: &Publication| {
                let files: Vec<_> = publication.files.iter().map(described).collect();
                json!({ "name": publication.name, "summary": publication.summary,
                        "licence": publication.licence, "files": files })
            };
            return print::json(&publications().map(of).collect::<Vec<_>>());
        }
        let rows: Vec<_> = publications()
            .map(|known| {
                let sizes: Option<u64> = known.files.iter().map(|file| file.bytes).sum();
                let size = sizes
                    .map_or("size not fixed".to_string(), |bytes| indicatif::HumanBytes(bytes).to_string());
                [known.name.to_string(), format!("{} ({size}; licence: {})", known.summary, known.licence)]
            })
            .collect();
        Ok(print::text(&print::columns(&rows))?)
    }

    fn announce(&self, known: Option<&Publication>, files: &[RemoteFile]) {
        if self.quiet {
            return;
        }
        if let Some(publication) = known {
            tell!("{}\nlicence: {}", publication.summary, publication.licence);
        }
        for file in files {
            let size = file.bytes.map_or("size not fixed".to_string(), |bytes| {
                format!("{bytes} bytes ({})", indicatif::HumanBytes(bytes))
            });
            let checksum =
                file.checksum.as_ref().map_or("no published checksum".to_string(), Checksum::to_string);
            tell!("{}\n  {size}, {checksum}", file.url);
        }
        tell!("into {}", self.out.display());
    }

    /// Asks where a person can answer.
    fn agreed(&self) -> io::Result<bool> {
        if self.yes || self.quiet || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Ok(true);
        }
        write!(io::stderr(), "Fetch? [y/N] ")?;
        io::stderr().flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Fetches and unpacks one file, unless an earlier command did.
    fn bring(&self, file: &RemoteFile) -> anyhow::Result<serde_json::Value> {
        let mut result = described(file);
        let options = Options {
            connections: self.connections.into(),
            tries: self.tries.into(),
            pause: Duration::from_millis(500),
        };
        let hold = download::hold(file, &self.out)?;
        if let Some(top) = already_unpacked(&self.out, file) {
            self.say(&format!("{} was fetched and unpacked before", file.file_name));
            result["in_place"] = json!(top);
            return Ok(result);
        }
        let bar = ByteBar::new(&file.file_name, self.quiet);
        let fetched = download::fetch(&hold, file, &self.out, options, &bar)?;
        bar.clear();
        result["bytes"] = json!(fetched.bytes);
        let top = match file.packing {
            Packing::Plain => vec![fetched.path.clone()],
            packing => {
                let bar = ByteBar::new(&format!("unpacking {}", file.file_name), self.quiet);
                bar.total(None);
                let unpacked =
                    download::unpack(&fetched.path, packing, &self.out, &|bytes| bar.came(bytes as i64))?;
                bar.clear();
                self.say(&format!("{} files unpacked", unpacked.files));
                download::settle(&self.out);
                remember(&self.out, file, &unpacked.top)?;
                if !self.keep {
                    std::fs::remove_file(&fetched.path)?;
                }
                unpacked.top
            }
        };
        result["in_place"] = json!(top);
        Ok(result)
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            tell!("{text}");
        }
    }
}

fn described(file: &RemoteFile) -> serde_json::Value {
    let checksum = file.checksum.as_ref().map(Checksum::to_string);
    json!({ "url": file.url, "bytes": file.bytes, "checksum": checksum })
}

fn marker(folder: &Path, file: &RemoteFile) -> PathBuf {
    folder.join(format!(".{}.unpacked.json", file.file_name))
}

/// Leaves word that this file was unpacked here, so that the same command does not fetch it again.
fn remember(folder: &Path, file: &RemoteFile, top: &[PathBuf]) -> anyhow::Result<()> {
    // By name, so that the folder may be moved or called otherwise.
    let names: Vec<_> = top.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    let record = json!({ "source": described(file), "in_place": names });
    crate::disk::write_atomically(&marker(folder, file), |out| writeln!(out, "{record:#}"))?;
    Ok(())
}

fn already_unpacked(folder: &Path, file: &RemoteFile) -> Option<Vec<PathBuf>> {
    let record: serde_json::Value =
        serde_json::from_slice(&std::fs::read(marker(folder, file)).ok()?).ok()?;
    let names: Vec<PathBuf> = serde_json::from_value(record["in_place"].clone()).ok()?;
    let top: Vec<PathBuf> = names.iter().filter_map(|name| Some(folder.join(name.file_name()?))).collect();
    (record["source"] == described(file) && top.iter().all(|path| path.exists())).then_some(top)
}

/// A bar of bytes with speed and estimate on stderr.
struct ByteBar {
    bar: ProgressBar,
    name: String,
    quiet: bool,
    bytes: Mutex<i64>,
}

impl ByteBar {
    fn new(name: &str, quiet: bool) -> Self {
        Self { bar: ProgressBar::hidden(), name: name.to_string(), quiet, bytes: Mutex::new(0) }
    }

    fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for ByteBar {
    fn total(&self, bytes: Option<u64>) {
        if self.quiet {
            return;
        }
        let template = match bytes {
            Some(_) => "{msg:24} {wide_bar} {bytes}/{total_bytes}  {bytes_per_sec}, {eta} left",
            None => "{msg:24} {spinner} {bytes}  {bytes_per_sec}",
        };
        self.bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        self.bar.set_length(bytes.unwrap_or(0));
        self.bar.set_message(self.name.clone());
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
    }

    fn came(&self, bytes: i64) {
        let mut sum = self.bytes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *sum += bytes;
        self.bar.set_position((*sum).max(0) as u64);
    }

    fn says(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| tell!("{text}"));
        }
    }
}
