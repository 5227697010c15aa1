//! QR codes, drawn on the server: nothing of what they say goes to another site.

use qrcodegen::{QrCode, QrCodeEcc};

/// Modules of quiet around it, which readers need (ISO/IEC 18004 section 9.1).
const QUIET: i32 = 4;

/// Width and height in modules, and the path of the dark ones. None: the text is too long for any QR code.
pub(super) fn draw(text: &str) -> Option<(i32, String)> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let range = 0..code.size();
    let path = range
        .clone()
        .flat_map(|y| range.clone().map(move |x| (x, y)))
        .filter(|(x, y)| code.get_module(*x, *y))
        .map(|(x, y)| format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET))
        .collect();
    Some((code.size() + 2 * QUIET, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_three_corners_and_its_quiet_zone() {
        let (size, path) = draw("otpauth://totp/Reelgate:a?secret=GEZDGNBVGY3TQOJQ").unwrap();
        assert_eq!((size - 8 - 17) % 4, 0, "{size}");
        for corner in [
            "M4 4h1".to_owned(),
            format!("M{} 4h1", size - 5),
            format!("M4 {}h1", size - 5),
        ] {
            assert!(path.contains(&corner), "{corner}");
        }
        assert!(!path.contains("M3 ") && !path.contains(" 3h"));
        assert_eq!(draw(&"x".repeat(4000)), None);
    }
}
