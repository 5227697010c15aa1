//! What the command line asks for, and the request that it makes of it.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// What to do.
#[derive(Debug)]
pub(crate) enum Task {
    Fast(Fast),
    Slow(Slow),
    /// Takes whatever is posted, until standard input ends.
    Sink,
    Post(Post),
}

/// As many requests as the server can answer.
#[derive(Debug)]
pub(crate) struct Fast {
    pub(crate) target: Target,
    pub(crate) connections: usize,
    pub(crate) duration: Duration,
    /// Bytes of each range and of the file they are taken from; None: the whole file.
    pub(crate) ranges: Option<(u64, u64)>,
}

/// Many answers that are read slowly, until standard input ends.
#[derive(Debug)]
pub(crate) struct Slow {
    pub(crate) target: Target,
    pub(crate) connections: usize,
    /// Bytes that each connection reads in each tick of 100 ms.
    pub(crate) bytes: usize,
}

/// A bare loop of POSTs with the body that stands on standard input.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) target: Target,
    pub(crate) connections: usize,
    /// Of all connections together.
    pub(crate) requests: usize,
}

/// Whom to ask, and for what.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    path: String,
    /// The value of `Authorization`, from the environment: arguments can be read by everyone on the machine.
    authorization: Option<String>,
}

impl Task {
    /// `fast|slow|sink|post --name value ...`
    #[expect(
        clippy::disallowed_methods,
        reason = "this program has no settings, and a secret is no argument"
    )]
    pub(crate) fn from_arguments(mut words: impl Iterator<Item = String>) -> io::Result<Self> {
        let task = words.next();
        let mut options = BTreeMap::new();
        while let Some(name) = words.next() {
            let value = words
                .next()
                .ok_or_else(|| wrong(&format!("{name} needs a value")))?;
            options.insert(name, value);
        }
        let mut options = Options(options);
        if task.as_deref() == Some("sink") {
            return options.nothing_else(Self::Sink);
        }
        let target = Target {
            address: options.number("--address")?,
            path: options.number("--path")?,
            authorization: std::env::var("LOAD_AUTHORIZATION").ok(),
        };
        let connections = options.number("--connections")?;
        let task = match task.as_deref() {
            Some("fast") => Self::Fast(Fast {
                target,
                connections,
                duration: Duration::from_millis(options.number("--milliseconds")?),
                ranges: if options.0.contains_key("--range") {
                    Some((options.number("--range")?, options.number("--size")?))
                } else {
                    None
                },
            }),
            Some("slow") => Self::Slow(Slow {
                target,
                connections,
                bytes: options.number("--bytes")?,
            }),
            Some("post") => Self::Post(Post {
                target,
                connections,
                requests: options.number("--requests")?,
            }),
            _ => return Err(wrong("the first word is fast, slow, sink or post")),
        };
        options.nothing_else(task)
    }
}

struct Options(BTreeMap<String, String>);

impl Options {
    fn number<T: std::str::FromStr>(&mut self, name: &str) -> io::Result<T> {
        let value = self
            .0
            .remove(name)
            .ok_or_else(|| wrong(&format!("{name} is missing")))?;
        value
            .parse()
            .map_err(|_| wrong(&format!("{name} cannot be {value}")))
    }

    fn nothing_else(&self, task: Task) -> io::Result<Task> {
        match self.0.keys().next() {
            Some(unknown) => Err(wrong(&format!("{unknown} is not known here"))),
            None => Ok(task),
        }
    }
}

fn wrong(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

impl Target {
    /// The request without its last line break, so that a `Range` can follow.
    pub(crate) fn head(&self) -> String {
        self.head_of("GET")
    }

    /// The same with another method.
    pub(crate) fn head_of(&self, method: &str) -> String {
        let Self { address, path, .. } = self;
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: load\r\n");
        if let Some(authorization) = &self.authorization {
            head = format!("{head}Authorization: {authorization}\r\n");
        }
        head
    }
}
