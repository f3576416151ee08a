//! The papers whose figures the binary carries, so that `genrebench audit iaml-2018` works from any folder.

/// A claims file that is part of the binary.
#[derive(Debug, Clone, Copy)]
pub struct BuiltInPaper {
    pub name: &'static str,
    pub text: &'static str,
}

/// A claims file to fill in.
pub const TEMPLATE: &str = include_str!("../../data/claims-template.toml");

/// By name.
pub const PAPERS: &[BuiltInPaper] = &[
    BuiltInPaper { name: "cntk-2020", text: include_str!("../../data/papers/cntk-2020.toml") },
    BuiltInPaper { name: "esc-2015", text: include_str!("../../data/papers/esc-2015.toml") },
    BuiltInPaper { name: "gtzan8-2020", text: include_str!("../../data/papers/gtzan8-2020.toml") },
    BuiltInPaper { name: "iaml-2018", text: include_str!("../../data/papers/iaml-2018.toml") },
    BuiltInPaper { name: "mipt-2020", text: include_str!("../../data/papers/mipt-2020.toml") },
    BuiltInPaper { name: "tuiasi-2018", text: include_str!("../../data/papers/tuiasi-2018.toml") },
];
