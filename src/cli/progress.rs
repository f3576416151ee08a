//! A progress bar with an estimate on stderr; where stderr is no terminal, a line a minute.

use std::io::{self, IsTerminal};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::print::{tell, to_stderr};
use crate::experiment::Observer;
use crate::spelling::plain;

/// Between two lines where no bar can be drawn: a log of days stays readable.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// Draws what the runner tells.
#[derive(Debug)]
pub struct Bars {
    current: Mutex<Option<ProgressBar>>,
    quiet: bool,
    /// When the last line was written, where lines stand for the bar.
    last_line: Option<Mutex<Instant>>,
}

impl Bars {
    pub fn new(quiet: bool) -> Self {
        let in_lines = !quiet && !io::stderr().is_terminal();
        let last_line = in_lines.then(|| Mutex::new(Instant::now()));
        Self { current: Mutex::new(None), quiet, last_line }
    }

    fn current(&self) -> Option<ProgressBar> {
        locked(&self.current).clone()
    }

    fn replace(&self, bar: Option<ProgressBar>) -> Option<ProgressBar> {
        std::mem::replace(&mut locked(&self.current), bar)
    }

    fn tell_in_lines(&self, bar: &ProgressBar) {
        let Some(last_line) = &self.last_line else { return };
        if is_due(&mut locked(last_line), Instant::now()) {
            to_stderr(&line(&bar.prefix(), bar.position(), bar.length().unwrap_or(0), &bar.message()));
        }
    }
}

/// A poisoned lock only means that another thread panicked while it drew.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether it is time for another line; then the next is due later.
fn is_due(last: &mut Instant, now: Instant) -> bool {
    let due = now.saturating_duration_since(*last) >= BETWEEN_LINES;
    if due {
        *last = now;
    }
    due
}

/// `fitting models 12/50: CNN: epoch 7 of 60`.
fn line(what: &str, done: u64, all: u64, detail: &str) -> String {
    let detail = if detail == what { String::new() } else { format!(": {detail}") };
    format!("{what} {done}/{all}{detail}")
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
        bar.set_message(plain(what));
        bar.set_prefix(plain(what));
        bar.enable_steady_tick(Duration::from_millis(250));
        self.replace(Some(bar));
    }

    fn step(&self) {
        if let Some(bar) = self.current() {
            bar.inc(1);
            self.tell_in_lines(&bar);
        }
    }

    fn detail(&self, text: &str) {
        if let Some(bar) = self.current() {
            bar.set_message(plain(text));
            self.tell_in_lines(&bar);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_once_a_minute_at_most() {
        let start = Instant::now();
        let mut last = start;
        let at = |seconds| start + Duration::from_secs(seconds);
        let due: Vec<bool> =
            [1, 59, 60, 61, 119, 121].into_iter().map(|second| is_due(&mut last, at(second))).collect();
        assert_eq!(due, [false, false, true, false, false, true]);
    }

    #[test]
    fn a_line_says_what_is_done_and_how_far_it_is() {
        assert_eq!(line("extracting features", 3, 8, "extracting features"), "extracting features 3/8");
        assert_eq!(line("fitting models", 12, 50, "CNN: epoch 7"), "fitting models 12/50: CNN: epoch 7");
    }
}
