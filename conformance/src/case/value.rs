//! Numbers and byte strings of case files.

/// Reads a hexadecimal number of at most 64 bits, with optional sign and `_` between digits.
pub(super) fn number(text: &str) -> Result<u64, String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let plain: String = digits.chars().filter(|&c| c != '_').collect();
    let tidy = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    // from_str_radix would take a second sign.
    let hexadecimal = !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_hexdigit());
    if !tidy || !hexadecimal {
        return Err(format!("`{text}` is not a hexadecimal number"));
    }
    let value = u64::from_str_radix(&plain, 16).map_err(|_| format!("`{text}` is wider than 64 bits"))?;
    Ok(if negative { value.wrapping_neg() } else { value })
}

/// Reads bytes of two hexadecimal digits each, joined by dots.
pub(super) fn bytes(text: &str) -> Result<Vec<u8>, String> {
    text.split('.').map(|b| byte(b).ok_or_else(|| format!("`{b}` is not a byte of two digits"))).collect()
}

fn byte(text: &str) -> Option<u8> {
    let two_digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_hexdigit());
    u8::from_str_radix(text, 16).ok().filter(|_| two_digits)
}

#[cfg(test)]
mod tests {
    use super::{bytes, number};

    #[test]
    fn a_number_is_hexadecimal_with_sign_and_separators() {
        for (text, value) in [
            ("0", 0),
            ("1f", 31),
            ("8000_0000_0000_0000", 1 << 63),
            ("-1", u64::MAX),
            ("-8000_0000", 0xffff_ffff_8000_0000),
            ("FFFF_ffff_ffff_ffff", u64::MAX),
        ] {
            assert_eq!(number(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in ["", "-", "--1", "-+1", "+1", "_1", "1_", "1__0", "0x10", "xyz", "ä", "1 2"] {
            assert_eq!(number(text), Err(format!("`{text}` is not a hexadecimal number")));
        }
        assert_eq!(
            number("1_0000_0000_0000_0000"),
            Err("`1_0000_0000_0000_0000` is wider than 64 bits".into())
        );
    }

    #[test]
    fn bytes_have_two_digits_and_dots_between() {
        assert_eq!(bytes("01.fe.00"), Ok(vec![1, 0xfe, 0]));
        for (text, culprit) in
            [("1", "1"), ("", ""), ("01.", ""), ("01.+2", "+2"), ("01.002", "002"), ("é", "é")]
        {
            assert_eq!(bytes(text), Err(format!("`{culprit}` is not a byte of two digits")), "{text}");
        }
    }
}
