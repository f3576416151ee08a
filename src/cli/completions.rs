//! `genrebench completions SHELL`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, print};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  genrebench completions bash > ~/.local/share/bash-completion/completions/genrebench
  genrebench completions zsh > ~/.zfunc/_genrebench
  genrebench completions fish > ~/.config/fish/completions/genrebench.fish")]
pub struct CompletionsCommand {
    /// Your shell
    shell: Shell,
}

impl CompletionsCommand {
    pub fn execute(self) -> anyhow::Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "genrebench", &mut script);
        Ok(print::text(&String::from_utf8_lossy(&script))?)
    }
}
