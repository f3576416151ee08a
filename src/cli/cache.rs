//! `--cache` and `--no-cache`, of every command that listens to clips.

use std::path::PathBuf;

use clap::Args;

use crate::experiment::FeatureCache;

#[derive(Debug, Args)]
pub struct CacheArguments {
    /// Where extracted features are kept between runs [default: $GENREBENCH_CACHE or the user's cache folder]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Extract everything anew and keep nothing
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
}

impl CacheArguments {
    /// Whether a folder is asked for by name.
    pub fn is_named(&self) -> bool {
        self.cache.is_some()
    }

    pub fn open(&self) -> Option<FeatureCache> {
        let folder = || self.cache.clone().unwrap_or_else(FeatureCache::default_folder);
        (!self.no_cache).then(|| FeatureCache::new(folder()))
    }
}
