//! CSV as RFC 4180 has it, safe to open in a spreadsheet.

/// Adds a line of these fields.
pub(super) fn push_line<'a>(out: &mut String, fields: impl IntoIterator<Item = &'a str>) {
    for (place, field) in fields.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        push_field(out, field);
    }
    out.push_str("\r\n");
}

/// SECURITY: a spreadsheet computes what begins like a formula, also in full-width letters. Such a text gets an
/// apostrophe in front (R083).
fn push_field(out: &mut String, field: &str) {
    let is_formula = field.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠',
    ]);
    let is_quoted =
        field.contains(['"', ',', '\r', '\n']) || field.starts_with(' ') || field.ends_with(' ');
    if is_quoted {
        out.push('"');
    }
    if is_formula {
        out.push('\'');
    }
    for c in field.chars() {
        if c == '"' {
            out.push('"');
        }
        out.push(c);
    }
    if is_quoted {
        out.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::push_line;

    fn line(fields: &[&str]) -> String {
        let mut out = String::new();
        push_line(&mut out, fields.iter().copied());
        out
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(
            line(&["plain", "a,b", "say \"hi\"", "two\r\nlines", ""]),
            "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\",\r\n"
        );
    }

    /// R083.
    #[test]
    fn nothing_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            let written = line(&[formula]);
            assert!(
                written.trim_start_matches('"').starts_with('\''),
                "{written}"
            );
        }
        assert_eq!(
            line(&["=cmd|' /C calc'!A0,1"]),
            "\"'=cmd|' /C calc'!A0,1\"\r\n"
        );
        assert_eq!(line(&["a=1"]), "a=1\r\n");
    }
}
