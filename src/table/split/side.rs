//! The sides of a division by the names that data sets and lists use for them.

use crate::datasets::side_of;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Train,
    Validation,
    Test,
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

pub(super) fn side(name: &str) -> Option<Side> {
    let called = side_of(name.trim())?;
    [Side::Train, Side::Validation, Side::Test].into_iter().find(|side| side.name() == called)
}
