//! The sides of a division by the names that data sets and lists use for them.

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
    match name.trim().to_lowercase().as_str() {
        "train" | "training" => Some(Side::Train),
        "validation" | "valid" | "val" | "dev" => Some(Side::Validation),
        "test" | "testing" => Some(Side::Test),
        _ => None,
    }
}
