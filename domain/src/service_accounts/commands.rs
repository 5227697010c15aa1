//! Ready lines that open files with a service account, for the shell and for Python. Pure.
//!
//! - The file of the service account lies beside them; its private key stands in no line.
//! - They are run as they are: the address of the file comes from the environment.

/// What the file of a service account is called when it is downloaded, and where the lines look for it.
pub const KEY_FILE: &str = "service-account.json";

/// What the script is called that makes tokens.
pub const SCRIPT_FILE: &str = "token.sh";

/// The variable that holds the address of a file.
pub const VARIABLE: &str = "RECORDING";

/// The script: bash and openssl, nothing else. It prints a whole header line, as that of the hosted service does.
pub const SCRIPT: &str = include_str!("../../../docs/examples/token.sh");

/// Downloads with the script.
pub const CURL: &str = r#"curl --fail --remote-name --header "$(bash token.sh)" "$RECORDING""#;

/// Downloads with the Python client of the hosted service, unmodified.
pub fn python(public_url: &str) -> String {
    let host = public_url
        .split_once("://")
        .map_or(public_url, |(_, host)| host);
    format!(
        r#"import os
import shutil
import urllib.request

from voximplant.apiclient import VoximplantAPI

api = VoximplantAPI("{KEY_FILE}", "{host}")
address = os.environ["{VARIABLE}"]
request = urllib.request.Request(address, headers={{"Authorization": api.build_auth_header()}})
with urllib.request.urlopen(request) as answer, open(os.path.basename(address), "wb") as file:
    shutil.copyfileobj(answer, file)
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_name_the_same_file_and_variable() {
        let python = python("https://rec.example:8443");
        assert!(python.contains(r#"VoximplantAPI("service-account.json", "rec.example:8443")"#));
        assert!(python.contains(r#"os.environ["RECORDING"]"#));
        assert!(CURL.contains(&format!("${VARIABLE}")) && CURL.contains(SCRIPT_FILE));
        assert!(SCRIPT.contains(&format!("${{1:-{KEY_FILE}}}")));
    }
}
