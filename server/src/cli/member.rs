//! `reelgate member`: the operator helps a member who cannot sign in.

use std::path::PathBuf;

use clap::Subcommand;
use domain::{Backend, Secret, members, password_resets, second_factors};

use super::{explain, password, print};

#[derive(Debug, Subcommand)]
#[expect(
    clippy::enum_variant_names,
    reason = "they are the words of the command line"
)]
pub(super) enum MemberTask {
    /// Set a member's account password and end all sign-ins of the member
    #[command(
        after_help = "Asks for the new password, unless a file is given or one is generated.\n\nExample:\n  \
                            reelgate member reset-password ada@example.com --generate"
    )]
    ResetPassword {
        /// Address with which the member signs in
        email: String,
        /// File whose first line is the new password; - reads standard input
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Make up a password and print it
        #[arg(long, conflicts_with = "password_file")]
        generate: bool,
    },
    /// Make a link with which a member sets a new account password
    #[command(
        after_help = "The link is good for one hour and works once; an earlier one no longer works. Hand it over in a \
                      way that nobody else reads.\n\nExample:\n  reelgate member reset-link ada@example.com"
    )]
    ResetLink {
        /// Address with which the member signs in
        email: String,
    },
    /// Take a member's second factor away and end all sign-ins of the member
    #[command(
        after_help = "For somebody who lost the authenticator app or passkey and the recovery codes, where no owner or admin \
                      can help. Make sure that it is the member who asks. The account password stays.\n\nExample:\n  \
                      reelgate member reset-second-factor ada@example.com"
    )]
    ResetSecondFactor {
        /// Address with which the member signs in
        email: String,
    },
}

impl MemberTask {
    pub(super) async fn run(self, backend: &Backend) -> anyhow::Result<()> {
        match self {
            Self::ResetPassword {
                email,
                password_file,
                generate,
            } => reset_password(backend, &email, password_file, generate).await,
            Self::ResetLink { email } => reset_link(backend, &email).await,
            Self::ResetSecondFactor { email } => reset_second_factor(backend, &email).await,
        }
    }
}

async fn reset_link(backend: &Backend, email: &str) -> anyhow::Result<()> {
    match password_resets::actions::make_link(backend, email).await {
        Err(domain::Error::NotFound(_)) => anyhow::bail!("no member signs in with this address"),
        made => print(&format!("{}\n", made.map_err(explain)?.1.reveal())),
    }
}

async fn reset_second_factor(backend: &Backend, email: &str) -> anyhow::Result<()> {
    let member = match second_factors::reset::reset_by_operator(backend, email).await {
        Err(domain::Error::NotFound(_)) => anyhow::bail!("no member signs in with this address"),
        other => other.map_err(explain)?,
    };
    print(&format!(
        "The second factor of {} is reset, and all sign-ins have ended. The account password alone signs in from now on.\n",
        member.email
    ))
}

async fn reset_password(
    backend: &Backend,
    email: &str,
    password_file: Option<PathBuf>,
    generate: bool,
) -> anyhow::Result<()> {
    let password = if generate {
        password::generate()
    } else {
        password::read(password_file, "New password").await?
    };
    let member = match members::actions::reset_password(backend, email, &password).await {
        Err(domain::Error::NotFound(_)) => {
            anyhow::bail!("no member signs in with this address")
        }
        other => other.map_err(explain)?,
    };
    print(&format!(
        "The account password of {} is set, and all sign-ins have ended.\n",
        member.email
    ))?;
    if generate { show(&password) } else { Ok(()) }
}

fn show(password: &Secret) -> anyhow::Result<()> {
    print(&format!("{}\n", password.reveal()))
}
