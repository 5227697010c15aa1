//! `reelgate config`: shows which settings are in effect and why.

use clap::Subcommand;

use super::print;
use crate::config::{Config, manual};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigTask {
    /// Print each setting's value and where it comes from; secrets are masked
    #[command(after_help = "Example:\n  REELGATE_LISTEN=127.0.0.1:8080 reelgate config print")]
    Print {
        /// Print the manual of all settings instead: docs/configuration.md
        #[arg(long)]
        markdown: bool,
    },
}

impl ConfigTask {
    pub(super) fn run(&self, config: &Config) -> anyhow::Result<()> {
        let Self::Print { markdown } = self;
        if *markdown {
            return print(&manual());
        }
        let values = config.values();
        let width = values
            .iter()
            .map(|value| value.setting.key.len())
            .max()
            .unwrap_or(0);
        let lines = values.iter().map(|value| {
            format!(
                "{:width$}  {value}  ({})\n",
                value.setting.key,
                value.source()
            )
        });
        print(&lines.collect::<String>())
    }
}
