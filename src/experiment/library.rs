//! The experiments the binary carries, so that `genrebench run demo` works from any folder.

/// An experiment file that is part of the binary.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    pub name: &'static str,
    pub text: &'static str,
}

/// In the order a newcomer would run them.
pub const EXPERIMENTS: &[BuiltIn] = &[
    BuiltIn { name: "demo", text: include_str!("../../experiments/demo.toml") },
    BuiltIn { name: "folder", text: include_str!("../../experiments/folder.toml") },
    BuiltIn { name: "esc10", text: include_str!("../../experiments/esc10.toml") },
    BuiltIn { name: "fma-small-26", text: include_str!("../../experiments/fma-small-26.toml") },
    BuiltIn { name: "mipt-2020-table-a", text: include_str!("../../experiments/mipt-2020-table-a.toml") },
    BuiltIn { name: "mipt-2020-ablation", text: include_str!("../../experiments/mipt-2020-ablation.toml") },
    BuiltIn { name: "mipt-2020-table-b", text: include_str!("../../experiments/mipt-2020-table-b.toml") },
    BuiltIn { name: "gtzan8-2020-table-1", text: include_str!("../../experiments/gtzan8-2020-table-1.toml") },
    BuiltIn { name: "gtzan8-2020-table-2", text: include_str!("../../experiments/gtzan8-2020-table-2.toml") },
    BuiltIn { name: "cntk-2020", text: include_str!("../../experiments/cntk-2020.toml") },
    BuiltIn { name: "iaml-2018", text: include_str!("../../experiments/iaml-2018.toml") },
    BuiltIn { name: "tuiasi-2018", text: include_str!("../../experiments/tuiasi-2018.toml") },
    BuiltIn { name: "networks", text: include_str!("../../experiments/networks.toml") },
    BuiltIn { name: "robustness", text: include_str!("../../experiments/robustness.toml") },
    BuiltIn { name: "engines", text: include_str!("../../experiments/engines.toml") },
    BuiltIn { name: "esc10-straight", text: include_str!("../../experiments/esc10-straight.toml") },
    BuiltIn { name: "esc10-cnn", text: include_str!("../../experiments/esc10-cnn.toml") },
    BuiltIn { name: "esc10-musicnn", text: include_str!("../../experiments/esc10-musicnn.toml") },
];

/// The built-in experiment of this name.
pub fn built_in(name: &str) -> Option<&'static BuiltIn> {
    EXPERIMENTS.iter().find(|experiment| experiment.name == name)
}
