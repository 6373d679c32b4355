//! Finding the bytes of a string that mean something, many at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// How many bytes at the start of `bytes` stand for themselves in a JSON string: everything but
/// the quotation mark, the reverse solidus and the control characters below U+0020.
#[inline]
pub(super) fn plain(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let special = specials(u64::from_le_bytes(*word));
        if special != 0 {
            return index * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    if let (false, Some(last)) = (rest.is_empty(), bytes.last_chunk::<8>()) {
        // The last eight bytes: those that were looked at already are plain.
        let special = specials(u64::from_le_bytes(*last));
        return match special {
            0 => bytes.len(),
            special => bytes.len() - 8 + special.trailing_zeros() as usize / 8,
        };
    }
    let is_special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    words.len() * 8 + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// The high bit of every byte that is special. Bits above the lowest one may be wrong (a borrow
/// runs upwards), the lowest one never is.
#[inline]
fn specials(word: u64) -> u64 {
    let zero_in = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let quotation = zero_in(word ^ (ONES * u64::from(b'"')));
    let solidus = zero_in(word ^ (ONES * u64::from(b'\\')));
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
    quotation | solidus | control
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn every_byte_at_every_place_is_seen_for_what_it_is() {
        for length in 1..20 {
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    for filler in [b'a', 0x20, 0x7f, 0x80, 0xff] {
                        let mut bytes = vec![filler; length];
                        bytes[place] = byte;
                        let special = byte < 0x20 || byte == b'"' || byte == b'\\';
                        assert_eq!(plain(&bytes), if special { place } else { length });
                    }
                }
            }
        }
    }
}
