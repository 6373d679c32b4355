//! Unpadded Base64. <https://spec.matrix.org/v1.19/appendices/#unpadded-base64>

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Written without padding; read with or without it. Trailing bits are not looked at: the text
/// does not ask for it, and deployed decoders accept them.
const CONFIGURATION: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIGURATION);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIGURATION);

/// In the standard alphabet.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// In the URL-safe alphabet.
pub fn encode_url_safe(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE.encode(bytes)
}

/// From the standard alphabet; `None` if the text is not in it.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The same, when it must be `N` bytes.
pub fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode(text)?.try_into().ok()
}

/// `N` bytes from the standard or the URL-safe alphabet, where the text allows both: the public
/// keys of `m.room.third_party_invite`.
pub fn decode_array_of_either<const N: usize>(text: &str) -> Option<[u8; N]> {
    decode_array(text).or_else(|| URL_SAFE.decode(text).ok()?.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the appendix.
    #[test]
    fn the_examples_of_the_specification() {
        let examples =
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, encoded) in examples {
            assert_eq!(encode(plain), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(encode("foob"), "Zm9vYg");
        assert_eq!(decode("Zm9vYg==").as_deref(), Some(b"foob".as_slice()));
        assert_eq!(encode("fooba"), "Zm9vYmE");
        assert_eq!(decode("Zm9v!"), None);
    }

    #[test]
    fn the_url_safe_alphabet_is_read_only_where_both_are_allowed() {
        assert_eq!(decode_array::<3>("-_-_"), None);
        assert_eq!(decode_array_of_either::<3>("-_-_"), Some([0xfb, 0xff, 0xbf]));
        assert_eq!(decode_array_of_either::<3>("+/+/"), Some([0xfb, 0xff, 0xbf]));
        assert_eq!(decode_array_of_either::<3>("+_+_"), None);
    }
}
