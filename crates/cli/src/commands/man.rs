//! `symbolon man`: the manual, one page a command, generated from what `--help` says.

use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man as Page;
use serde_json::json;

use crate::{
    args::Cli,
    commands::{Context, Exit, Outcome},
    failure::Failure,
    output,
};

/// The arguments.
#[derive(Debug, clap::Args)]
pub struct Man {
    /// Writes the pages of all commands into this directory, instead of the main page to standard
    /// output.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self, context: &Context) -> Outcome {
        context.global.refuse_configuration()?;
        match self.dir {
            Some(dir) => write_all(&dir, context.global.json),
            None => print(context.global.json),
        }
    }
}

fn print(json: bool) -> Outcome {
    let page = rendered(&Page::new(Cli::command()))?;
    if json {
        output::json(&json!({"page": page}))?;
    } else {
        output::print(&page)?;
    }
    Ok(Exit::Success)
}

fn write_all(dir: &Path, json: bool) -> Outcome {
    let failed = |path: &Path, error: std::io::Error| {
        Failure::unreachable(format_args!("{}: {error}", path.display()))
    };
    std::fs::create_dir_all(dir).map_err(|error| failed(dir, error))?;
    let mut names = Vec::new();
    for page in pages() {
        let name = page.get_filename();
        let path = dir.join(&name);
        std::fs::write(&path, rendered(&page)?).map_err(|error| failed(&path, error))?;
        names.push(name);
    }
    if json {
        output::json(&json!({"dir": dir.display().to_string(), "pages": names}))?;
    } else {
        output::line(&format!("{} pages in {}", names.len(), dir.display()))?;
    }
    Ok(Exit::Success)
}

/// The page of every command that is shown.
fn pages() -> Vec<Page> {
    let mut command = Cli::command().disable_help_subcommand(true);
    // Gives every command the name of its page.
    command.build();
    let mut pages = Vec::new();
    collect(&command, &mut pages);
    pages
}

fn collect(command: &Command, pages: &mut Vec<Page>) {
    pages.push(Page::new(command.clone()));
    for below in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        collect(below, pages);
    }
}

fn rendered(page: &Page) -> Result<String, Failure> {
    let mut text = Vec::new();
    page.render(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
