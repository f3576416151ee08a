//! A progress bar with an estimate on stderr, and silence where stderr is no terminal.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::print::tell;
use crate::experiment::Observer;

/// Draws what the runner tells.
#[derive(Debug)]
pub struct Bars {
    current: Mutex<Option<ProgressBar>>,
    quiet: bool,
}

impl Bars {
    pub fn new(quiet: bool) -> Self {
        Self { current: Mutex::new(None), quiet }
    }

    fn current(&self) -> Option<ProgressBar> {
        // A poisoned lock only means that another thread panicked while it drew.
        self.current.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn replace(&self, bar: Option<ProgressBar>) -> Option<ProgressBar> {
        std::mem::replace(&mut self.current.lock().unwrap_or_else(std::sync::PoisonError::into_inner), bar)
    }
}

impl Observer for Bars {
    fn begin(&self, what: &str, total: usize) {
        if self.quiet {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        let style =
            ProgressStyle::with_template("{msg:20} {wide_bar} {pos}/{len}  {elapsed} of about {duration}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what.to_string());
        bar.enable_steady_tick(Duration::from_millis(250));
        self.replace(Some(bar));
    }

    fn step(&self) {
        if let Some(bar) = self.current() {
            bar.inc(1);
        }
    }

    fn detail(&self, text: &str) {
        if let Some(bar) = self.current() {
            bar.set_message(text.to_string());
        }
    }

    fn end(&self) {
        if let Some(bar) = self.replace(None) {
            bar.finish_and_clear();
        }
    }

    fn note(&self, text: &str) {
        if self.quiet {
            return;
        }
        match self.current() {
            Some(bar) => bar.suspend(|| tell!("note: {text}")),
            None => tell!("note: {text}"),
        }
    }
}
