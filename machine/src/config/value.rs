//! Numbers, sizes and switches as QEMU's options write them.

/// A number: decimal, hexadecimal after `0x`.
pub fn number(text: &str) -> Option<u64> {
    let digits = |text: &str, radix| {
        // `from_str_radix` accepts a sign.
        text.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u64::from_str_radix(text, radix).ok()).flatten()
    };
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => digits(hex, 16),
        None => digits(text, 10),
    }
}

/// A size in bytes: a number with `k`, `M`, `G` or `T` behind it (or `B` for bytes), or none of them.
pub fn size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() && !text.starts_with("0x"));
    let shift = match &text[digits.len()..] {
        "" | "b" | "B" => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        "t" | "T" => 40,
        _ => return None,
    };
    number(digits)?.checked_mul(1 << shift)
}

/// `on`, `yes`, `true` and `y` are true, `off`, `no`, `false` and `n` false, as in QEMU's `qapi_bool_parse`.
pub fn switch(text: &str) -> Option<bool> {
    match text {
        "on" | "yes" | "true" | "y" => Some(true),
        "off" | "no" | "false" | "n" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("65536", Some(65536))]
    #[case("0x20000", Some(0x2_0000))]
    #[case("64k", Some(64 << 10))]
    #[case("1G", Some(1 << 30))]
    #[case("3B", Some(3))]
    #[case("18446744073709551615M", None)]
    #[case("k", None)]
    #[case("", None)]
    #[case("-1", None)]
    #[case("+1", None)]
    #[case("1Gx", None)]
    #[case("é", None)]
    fn a_size_is_read(#[case] text: &str, #[case] bytes: Option<u64>) {
        assert_eq!(size(text), bytes);
    }
}
