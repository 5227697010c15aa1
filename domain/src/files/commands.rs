//! Ready commands that fetch one session file from a program, written right for each language. Pure.
//!
//! - User name and password never stand in a command: each reads them from [`USERNAME`] and [`PASSWORD`], so that
//!   neither a history nor a ticket that somebody pastes it into gives them away.
//! - What can send the password at once does; that works under every [`Challenge`]. What waits for a 401 is told not
//!   to, where the account answers programs with 403 only.
//! - The name that a file is saved under is the file's own, with what no file system takes replaced.

use std::fmt::Write as _;

use crate::accounts::Challenge;

/// Environment variable of the access user name.
pub const USERNAME: &str = "REELGATE_USER";
/// Environment variable of the access password.
pub const PASSWORD: &str = "REELGATE_PASSWORD";

/// A program or language that a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Program {
    Curl,
    Wget,
    Requests,
    Urllib,
    Node,
    Java,
    DotNet,
    Php,
    Ffmpeg,
    Vlc,
}

impl Program {
    pub const ALL: [Self; 10] = [
        Self::Curl,
        Self::Wget,
        Self::Requests,
        Self::Urllib,
        Self::Node,
        Self::Java,
        Self::DotNet,
        Self::Php,
        Self::Ffmpeg,
        Self::Vlc,
    ];

    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Wget => "wget",
            Self::Requests => "Python, requests",
            Self::Urllib => "Python, standard library",
            Self::Node => "Node.js",
            Self::Java => "Java",
            Self::DotNet => ".NET",
            Self::Php => "PHP",
            Self::Ffmpeg => "ffmpeg",
            Self::Vlc => "VLC",
        }
    }

    /// Short and lower case, for addresses and ids.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Wget => "wget",
            Self::Requests => "requests",
            Self::Urllib => "urllib",
            Self::Node => "node",
            Self::Java => "java",
            Self::DotNet => "dotnet",
            Self::Php => "php",
            Self::Ffmpeg => "ffmpeg",
            Self::Vlc => "vlc",
        }
    }

    /// Plays or converts, so it has no use for chat and metadata.
    pub const fn needs_media(self) -> bool {
        matches!(self, Self::Ffmpeg | Self::Vlc)
    }

    /// What there is to know beside the command.
    pub const fn note(self, challenge: Challenge) -> Option<&'static str> {
        match (self, challenge) {
            (Self::Wget, Challenge::NeverPrograms) => Some(
                "wget waits for a challenge, and this account never challenges programs: --auth-no-challenge makes \
                 it send the password at once.",
            ),
            (Self::Requests, _) => Some("Needs the package requests."),
            (Self::Node, _) => Some("Save it as download.mjs. Needs Node.js 18 or later."),
            (Self::Java, _) => Some(
                "Save it as Download.java and run: java Download.java. Needs Java 11 or later.",
            ),
            (Self::DotNet, _) => Some("Program.cs of a console project. Needs .NET 6 or later."),
            (Self::Php, _) => {
                Some("Needs allow_url_fopen, which is on unless somebody turned it off.")
            }
            (Self::Ffmpeg, _) => Some("Copies the streams without converting them."),
            (Self::Vlc, _) => Some(
                "curl sends the password and hands the picture over, so VLC plays without asking. It cannot jump \
                 ahead of what has arrived; to seek freely, save the file first.",
            ),
            _ => None,
        }
    }

    /// The command, or the source of a program, that saves or plays the file at `url`.
    pub fn command(self, url: &str, file_name: &str, challenge: Challenge) -> String {
        let name = saved_as(file_name);
        let template = match self {
            Self::Curl => CURL,
            Self::Wget if challenge == Challenge::NeverPrograms => WGET_AT_ONCE,
            Self::Wget => WGET,
            Self::Requests => REQUESTS,
            Self::Urllib => URLLIB,
            Self::Node => NODE,
            Self::Java => JAVA,
            Self::DotNet => DOT_NET,
            Self::Php => PHP,
            Self::Ffmpeg => FFMPEG,
            Self::Vlc => VLC,
        };
        // In one go: what is put in is never looked at again.
        let mut command = String::with_capacity(template.len() + url.len() + name.len());
        let mut rest = template;
        while let Some(at) = rest.find(['\u{1}', '\u{2}']) {
            command.push_str(&rest[..at]);
            command.push_str(&if rest[at..].starts_with('\u{1}') {
                self.quoted(url)
            } else {
                self.quoted(&name)
            });
            rest = &rest[at + 1..];
        }
        command.push_str(rest);
        command
    }

    /// The text as a literal of the program's language.
    fn quoted(self, text: &str) -> String {
        match self {
            Self::Curl | Self::Wget | Self::Ffmpeg | Self::Vlc => shell_quoted(text),
            Self::Requests | Self::Urllib | Self::Node | Self::DotNet => {
                format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
            }
            // Java reads sources in the machine's own encoding before version 18: ASCII is the same in all.
            Self::Java => format!("\"{}\"", java_escaped(text)),
            Self::Php => format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")),
        }
    }
}

/// As one word of a POSIX shell: nothing in it is looked at but its end.
pub fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The file's name as a name in the folder where the command runs, never a path or an option of the program.
fn saved_as(file_name: &str) -> String {
    let name: String = file_name
        .chars()
        .map(|c| {
            if c == '/' || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
                '_'
            } else {
                c
            }
        })
        .collect();
    match name.as_str() {
        "" | "." | ".." => "recording".to_owned(),
        _ if name.starts_with('-') => format!("_{}", &name[1..]),
        _ => name,
    }
}

fn java_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '"' => {
                out.push('\\');
                out.push(c);
            }
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out
}

// \u{1} is the address, \u{2} the name to save under.

const CURL: &str =
    "curl --fail --user \"$REELGATE_USER:$REELGATE_PASSWORD\" \\\n  --output \u{2} \\\n  \u{1}";

const WGET: &str = "wget --user=\"$REELGATE_USER\" --password=\"$REELGATE_PASSWORD\" \\\n  --output-document=\u{2} \\\n  \u{1}";

const WGET_AT_ONCE: &str = "wget --auth-no-challenge --user=\"$REELGATE_USER\" --password=\"$REELGATE_PASSWORD\" \\\n  --output-document=\u{2} \\\n  \u{1}";

const REQUESTS: &str = "import os
import requests

# As bytes: requests would send other letters than English ones wrong.
login = (os.environ[\"REELGATE_USER\"].encode(), os.environ[\"REELGATE_PASSWORD\"].encode())
with requests.get(\u{1}, auth=login, stream=True, timeout=60) as answer:
    answer.raise_for_status()
    with open(\u{2}, \"wb\") as file:
        for block in answer.iter_content(1024 * 1024):
            file.write(block)";

const URLLIB: &str = "import base64
import os
import shutil
import urllib.request

login = os.environ[\"REELGATE_USER\"] + \":\" + os.environ[\"REELGATE_PASSWORD\"]
proof = base64.b64encode(login.encode()).decode()
request = urllib.request.Request(\u{1}, headers={\"Authorization\": \"Basic \" + proof})
with urllib.request.urlopen(request, timeout=60) as answer, open(\u{2}, \"wb\") as file:
    shutil.copyfileobj(answer, file)";

const NODE: &str = "import { createWriteStream } from \"node:fs\";
import { Readable } from \"node:stream\";
import { pipeline } from \"node:stream/promises\";

const { REELGATE_USER, REELGATE_PASSWORD } = process.env;
const proof = Buffer.from(`${REELGATE_USER}:${REELGATE_PASSWORD}`).toString(\"base64\");
const answer = await fetch(\u{1}, { headers: { Authorization: `Basic ${proof}` } });
if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
await pipeline(Readable.fromWeb(answer.body), createWriteStream(\u{2}));";

const JAVA: &str = "import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Base64;

public class Download {
    public static void main(String[] args) throws Exception {
        String login = System.getenv(\"REELGATE_USER\") + \":\" + System.getenv(\"REELGATE_PASSWORD\");
        String proof = Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
        HttpRequest request = HttpRequest.newBuilder(URI.create(\u{1}))
            .header(\"Authorization\", \"Basic \" + proof)
            .build();
        HttpResponse<InputStream> answer = HttpClient.newHttpClient()
            .send(request, HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream content = answer.body()) {
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(\"HTTP \" + answer.statusCode());
            }
            Files.copy(content, Path.of(\u{2}), StandardCopyOption.REPLACE_EXISTING);
        }
    }
}";

const DOT_NET: &str = "using System;
using System.IO;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;

var login = Environment.GetEnvironmentVariable(\"REELGATE_USER\")
    + \":\" + Environment.GetEnvironmentVariable(\"REELGATE_PASSWORD\");
var proof = Convert.ToBase64String(Encoding.UTF8.GetBytes(login));
using var client = new HttpClient();
client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(\"Basic\", proof);
using var content = await client.GetStreamAsync(\u{1});
using var file = File.Create(\u{2});
await content.CopyToAsync(file);";

const PHP: &str = "<?php
$login = getenv('REELGATE_USER') . ':' . getenv('REELGATE_PASSWORD');
$headers = ['header' => 'Authorization: Basic ' . base64_encode($login)];
$context = stream_context_create(['http' => $headers]);
copy(\u{1}, \u{2}, $context) or exit(1);";

const FFMPEG: &str = "ffmpeg -headers \"Authorization: Basic $(printf '%s:%s' \"$REELGATE_USER\" \"$REELGATE_PASSWORD\" | base64 | tr -d '\\n')\" \\\n  -i \u{1} \\\n  -map 0 -c copy file:\u{2}";

const VLC: &str =
    "curl --fail --silent --user \"$REELGATE_USER:$REELGATE_PASSWORD\" \\\n  \u{1} | vlc -";

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://rec.example/files/a/b/it%27s%20%24HOME.mp4";
    const NAME: &str = r#"it's "$HOME" \`x` \u0041 Größe 🦀.mp4"#;

    /// The name, as each language's own reader would have it.
    #[test]
    fn a_name_is_one_literal_in_every_language() {
        let shell = r#"'it'\''s "$HOME" \`x` \u0041 Größe 🦀.mp4'"#;
        let double = r#""it's \"$HOME\" \\`x` \\u0041 Größe 🦀.mp4""#;
        let rows = [
            (Program::Curl, format!("--output {shell} ")),
            (Program::Wget, format!("--output-document={shell} ")),
            (Program::Requests, format!("open({double}, ")),
            (Program::Urllib, format!("open({double}, ")),
            (Program::Node, format!("createWriteStream({double})")),
            (
                Program::Java,
                r#"Path.of("it's \"$HOME\" \\`x` \\u0041 Gr\u00f6\u00dfe \ud83e\udd80.mp4")"#
                    .to_owned(),
            ),
            (Program::DotNet, format!("File.Create({double})")),
            (
                Program::Php,
                r#"'it\'s "$HOME" \\`x` \\u0041 Größe 🦀.mp4', $context"#.to_owned(),
            ),
            (Program::Ffmpeg, format!("-c copy file:{shell}")),
        ];
        for (program, expected) in rows {
            let command = program.command(URL, NAME, Challenge::Documented);
            assert!(command.contains(&expected), "{program:?}: {command}");
        }
    }

    #[test]
    fn every_command_has_the_address_and_no_placeholder_of_ours() {
        for program in Program::ALL {
            for challenge in Challenge::ALL {
                let command = program.command(URL, NAME, challenge);
                assert!(command.contains(URL), "{program:?}");
                assert!(
                    command.contains(PASSWORD) && command.contains(USERNAME),
                    "{program:?}"
                );
                assert!(!command.contains(['\u{1}', '\u{2}']), "{program:?}");
            }
        }
    }

    #[test]
    fn what_waits_for_a_challenge_is_told_not_to_where_there_is_none() {
        let wget = |challenge| Program::Wget.command(URL, NAME, challenge);
        assert!(wget(Challenge::NeverPrograms).contains("--auth-no-challenge"));
        assert!(Program::Wget.note(Challenge::NeverPrograms).is_some());
        for challenged in [Challenge::Documented, Challenge::Everyone] {
            assert!(!wget(challenged).contains("--auth-no-challenge"));
        }
    }

    #[test]
    fn a_name_is_neither_a_path_nor_an_option() {
        for (name, saved) in [
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("..", "recording"),
            ("", "recording"),
            ("-rf.mp4", "_rf.mp4"),
            ("a\nb\u{2028}.mp4", "a_b_.mp4"),
            ("plain.mp4", "plain.mp4"),
        ] {
            assert_eq!(saved_as(name), saved, "{name:?}");
        }
    }
}
