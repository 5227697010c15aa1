//! A CSV (RFC 4180): its lines, which no spreadsheet takes for a formula, and the answer that carries them.

use axum::body::Body;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::gate::{Disposition, content_disposition};

/// The answer that a browser saves under this name.
pub(crate) fn attachment(name: &str, table: Body) -> Response {
    let mut response = Response::new(table);
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
    );
    headers.insert(
        CONTENT_DISPOSITION,
        content_disposition(Disposition::Attachment, name),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Excel takes a file without it for its own encoding of the country, and breaks every name with an accent.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The first line, which says what the columns are.
pub(crate) fn head<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    format!("{BYTE_ORDER_MARK}{}", line(names))
}

/// One line, with its end.
pub(crate) fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (place, text) in cells.into_iter().enumerate() {
        if place > 0 {
            line.push(',');
        }
        push_cell(&mut line, text);
    }
    line.push_str("\r\n");
    line
}

/// SECURITY: spreadsheets run what begins like a formula, in any column of any file they open; an apostrophe makes it
/// text (R083). Line breaks and control characters have no place in a name.
fn push_cell(line: &mut String, text: &str) {
    let is_formula = text.trim_start().starts_with([
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]) || text.starts_with(['\t', '\r', '\n']);
    let is_quoted = is_formula || text.contains(['"', ',', ';', '\t', '\r', '\n', ' ', '\'']);
    if is_quoted {
        line.push('"');
    }
    if is_formula {
        line.push('\'');
    }
    for c in text.chars() {
        match c {
            '"' => line.push_str("\"\""),
            _ if c.is_control() => line.push(' '),
            _ => line.push(c),
        }
    }
    if is_quoted {
        line.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    /// R083.
    #[test]
    fn what_begins_like_a_formula_is_text() {
        for (text, cell) in [
            (
                "=HYPERLINK(\"http://x\",1)",
                "\"'=HYPERLINK(\"\"http://x\"\",1)\"",
            ),
            ("+1", "\"'+1\""),
            ("-2", "\"'-2\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("  =1", "\"'  =1\""),
            ("\t=1", "\"' =1\""),
            ("\r=1", "\"' =1\""),
            ("\u{ff1d}1", "\"'\u{ff1d}1\""),
            ("room-1=2", "room-1=2"),
        ] {
            assert_eq!(line([text]), format!("{cell}\r\n"), "{text:?}");
        }
    }

    #[test]
    fn separators_quotes_and_line_breaks_stay_in_their_cell() {
        assert_eq!(
            line(["a,b", "say \"hi\"", "", "two\nlines", "plain", "Größe"]),
            "\"a,b\",\"say \"\"hi\"\"\",,\"two lines\",plain,Größe\r\n"
        );
    }
}
