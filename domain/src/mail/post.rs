//! The mail server, over SMTP.

use std::sync::Arc;
use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::Letter;
use crate::Secret;

/// A mail server that says nothing for so long counts as away.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends letters, or is not set up. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Post(Option<Arc<Server>>);

struct Server {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Without the transport, which holds a password.
impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// Why a letter did not go out.
#[derive(Debug)]
pub struct PostError {
    /// In the words of the mail server, without any secret of ours.
    pub why: String,
    /// Trying again would not help: the address does not exist, say.
    pub is_for_good: bool,
}

impl PostError {
    pub(super) fn for_good(why: impl std::fmt::Display) -> Self {
        Self {
            why: why.to_string(),
            is_for_good: true,
        }
    }
}

impl From<SmtpError> for PostError {
    fn from(error: SmtpError) -> Self {
        Self {
            why: error.to_string(),
            is_for_good: error.is_permanent(),
        }
    }
}

impl Post {
    /// `url`: `smtps://user:password@host` (TLS from the start), `smtp://host:587?tls=required` (STARTTLS) or
    /// `smtp://host` (no TLS). `from`: `name@example.com` or `Name <name@example.com>`. The error says what is wrong
    /// and repeats nothing.
    pub fn new(url: &Secret, from: &str) -> Result<Self, String> {
        let from = from.parse::<Mailbox>().map_err(|_| {
            "the sender is no address such as Reelgate <reelgate@example.com>".to_owned()
        })?;
        if is_careless(url.reveal()) {
            return Err(
                "the password would travel unencrypted: use smtps:// or add ?tls=required"
                    .to_owned(),
            );
        }
        let builder =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url.reveal()).map_err(|_| {
                "use smtps://user:password@host or smtp://host:587?tls=required".to_owned()
            })?;
        let transport = builder.timeout(Some(PATIENCE)).build();
        Ok(Self(Some(Arc::new(Server { transport, from }))))
    }

    /// Whether letters are sent at all.
    pub const fn is_set_up(&self) -> bool {
        self.0.is_some()
    }

    /// Hands a letter to the mail server.
    pub(super) async fn send(&self, recipient: &str, letter: &Letter) -> Result<(), PostError> {
        let Some(server) = &self.0 else {
            return Err(PostError::for_good("no mail server is set up"));
        };
        let to: Address = recipient
            .parse()
            .map_err(|_| PostError::for_good("this address cannot be sent to"))?;
        let message = Message::builder()
            .from(server.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&letter.subject)
            .multipart(MultiPart::alternative_plain_html(
                letter.text(),
                letter.html(),
            ))
            .map_err(PostError::for_good)?;
        server.transport.send(message).await?;
        Ok(())
    }
}

/// SECURITY: a password for another machine without TLS.
fn is_careless(url: &str) -> bool {
    let Some((_, host)) = url
        .strip_prefix("smtp://")
        .and_then(|rest| rest.rsplit_once('@'))
    else {
        return false;
    };
    let is_here = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|name| host.starts_with(name));
    !is_here && !host.contains("tls=required")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_mail_servers_are_judged_without_repeating_them() {
        let judge = |url: &str, from: &str| Post::new(&Secret::new(url), from);
        let from = "Reelgate <reelgate@example.com>";
        for good in [
            "smtps://me:secret@mail.example.com",
            "smtp://me:secret@mail.example.com:587?tls=required",
            "smtp://me:secret@localhost:2525",
            "smtp://mail.example.com",
        ] {
            assert!(judge(good, from).is_ok(), "{good}");
        }
        for bad in [
            "mail.example.com",
            "http://me:secret@mail.example.com",
            "smtp://me:secret@mail.example.com",
            "smtp://me:secret@mail.example.com?tls=opportunistic",
        ] {
            let why = judge(bad, from).unwrap_err();
            assert!(!why.contains("secret"), "{why}");
        }
        assert!(judge("smtp://mail.example.com", "nonsense").is_err());
        assert!(!format!("{:?}", judge("smtps://me:secret@a.example", from)).contains("secret"));
    }
}
