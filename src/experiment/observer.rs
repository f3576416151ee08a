//! What the runner tells while it works. Only the command line prints; the library is silent.

/// Hears of progress and remarks, from any thread.
pub trait Observer: Sync {
    /// A stretch of work of `total` like steps begins.
    fn begin(&self, what: &str, total: usize);
    /// One step of it is done.
    fn step(&self);
    /// How far the present step is.
    fn detail(&self, _text: &str) {}
    /// The stretch is over.
    fn end(&self);
    /// Something a reader of the result should know.
    fn note(&self, text: &str);
}

/// Hears nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Observer for Silent {
    fn begin(&self, _what: &str, _total: usize) {}
    fn step(&self) {}
    fn end(&self) {}
    fn note(&self, _text: &str) {}
}
