//! Which Ed25519 signatures are valid by each criterion, at the edges where libraries differ, and
//! that a batch gives each signature the verdict it has alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT as BASE, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity as _, IsIdentity as _};
use exeunt_event::signatures::SigningKey;
use exeunt_event::signatures::ed25519::{Signed, VerifyingKey, verify_batch};
use exeunt_version::Ed25519 as Criterion;
use proptest::prelude::*;
use rstest::rstest;
use sha2::{Digest as _, Sha512};

const CRITERIA: [Criterion; 3] = [Criterion::Rfc8032, Criterion::Cofactorless, Criterion::Strict];

/// L, the order of the base point, in little-endian bytes.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn bytes<const N: usize>(hexadecimal: &str) -> [u8; N] {
    let digit = |at: usize| u8::from_str_radix(&hexadecimal[2 * at..2 * at + 2], 16).unwrap();
    assert_eq!(hexadecimal.len(), 2 * N);
    std::array::from_fn(digit)
}

fn scalar(number: u64) -> Scalar {
    Scalar::from(number) * Scalar::from(0x9e37_79b9_7f4a_7c15_u64)
}

/// k: the hash over R, A and the message.
fn challenge(r: &[u8; 32], a: &[u8; 32], message: &[u8]) -> Scalar {
    let hash = Sha512::new().chain_update(r).chain_update(a).chain_update(message);
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

fn join(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(&s);
    signature
}

/// A signature with S = r + k·a, whatever points the encodings of R and A stand for.
fn sign(a: Scalar, a_bytes: &[u8; 32], r: Scalar, r_bytes: [u8; 32], message: &[u8]) -> [u8; 64] {
    join(r_bytes, (r + challenge(&r_bytes, a_bytes, message) * a).to_bytes())
}

/// The verdict of each criterion: RFC 8032, cofactorless, strict. What is no key verifies nothing.
fn verdicts(a: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> [bool; 3] {
    CRITERIA.map(|criterion| {
        let Some(key) = VerifyingKey::new(a, criterion) else { return false };
        assert_eq!(key.as_bytes(), a);
        let alone = key.verify(message, signature);
        // The same in a batch large enough for the batch equation.
        let one = Signed { key: &key, message, signature };
        assert_eq!(verify_batch(&[one; 7]), [alone; 7]);
        alone
    })
}

fn is_key(a: &[u8; 32]) -> [bool; 3] {
    CRITERIA.map(|criterion| VerifyingKey::new(a, criterion).is_some())
}

/// The first messages for which k·T is, and is not, the neutral element.
fn messages(r: [u8; 32], a: [u8; 32], torsion: EdwardsPoint) -> [Vec<u8>; 2] {
    [true, false].map(|wanted| {
        (0..=u8::MAX)
            .map(|byte| vec![byte])
            .find(|message| (torsion * challenge(&r, &a, message)).is_identity() == wanted)
            .unwrap()
    })
}

#[rstest]
#[case(
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    &[],
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
)]
#[case(
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    &[0x72],
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)]
#[case(
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    &[0xaf, 0x82],
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)]
fn the_vectors_of_rfc_8032_are_valid_by_every_criterion(
    #[case] seed: &str,
    #[case] key: &str,
    #[case] message: &[u8],
    #[case] signature: &str,
) {
    let (key, signature) = (bytes(key), bytes(signature));
    assert_eq!(SigningKey::from_seed("a", "ed25519:1", &bytes(seed)).public_bytes(), key);
    assert_eq!(verdicts(&key, message, &signature), [true; 3]);
    assert_eq!(verdicts(&key, &[message, &[0]].concat(), &signature), [false; 3]);
    for bit in 0..512 {
        let mut wrong = signature;
        wrong[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verdicts(&key, message, &wrong), [false; 3], "bit {bit}");
    }
}

#[test]
fn the_order_is_that_of_the_base_point() {
    assert!(bool::from(Scalar::from_canonical_bytes(ORDER).is_none()));
    let mut less = ORDER;
    less[0] -= 1;
    assert_eq!(Scalar::from_canonical_bytes(less).unwrap(), -Scalar::ONE);
}

#[test]
fn with_s_of_l_or_more_a_signature_is_invalid_by_every_criterion() {
    let (a, r) = (scalar(1), scalar(2));
    let (a_bytes, r_bytes) = ((BASE * a).compress().0, (BASE * r).compress().0);
    let signature = sign(a, &a_bytes, r, r_bytes, b"m");
    assert_eq!(verdicts(&a_bytes, b"m", &signature), [true; 3]);
    let mut s: [u8; 32] = signature[32..].try_into().unwrap();
    // S + L, S + 2L, ... up to 2^256 are the same number modulo L.
    for _ in 0..14 {
        let mut carry = 0;
        for (byte, order) in s.iter_mut().zip(ORDER) {
            carry += u16::from(*byte) + u16::from(order);
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        assert_eq!(carry, 0);
        assert_eq!(Scalar::from_bytes_mod_order(s).to_bytes(), signature[32..]);
        assert_eq!(verdicts(&a_bytes, b"m", &join(r_bytes, s)), [false; 3]);
    }
    // S = L, which is 0: with the neutral element as R and A the equation would hold.
    let neutral = EdwardsPoint::identity().compress().0;
    assert_eq!(verdicts(&neutral, b"m", &join(neutral, [0; 32])), [true, true, false]);
    assert_eq!(verdicts(&neutral, b"m", &join(neutral, ORDER)), [false; 3]);
}

/// A and R of small order, S = 0: the equation holds after multiplication by the cofactor always,
/// without it only if R = −kA.
#[test]
fn keys_of_small_order_are_keys_but_not_by_the_strict_criterion() {
    let mut cofactorless = [0, 0];
    for a in EIGHT_TORSION {
        for r in EIGHT_TORSION {
            let (a_bytes, r_bytes) = (a.compress().0, r.compress().0);
            assert_eq!(is_key(&a_bytes), [true, true, false]);
            for message in 0..16_u8 {
                let k = challenge(&r_bytes, &a_bytes, &[message]);
                let holds = (r + a * k).is_identity();
                cofactorless[usize::from(holds)] += 1;
                let signature = join(r_bytes, [0; 32]);
                assert_eq!(verdicts(&a_bytes, &[message], &signature), [true, holds, false]);
            }
        }
    }
    assert!(cofactorless[0] > 100 && cofactorless[1] > 100, "{cofactorless:?}");
}

#[test]
fn with_the_neutral_element_as_key_anybody_signs() {
    let a_bytes = EdwardsPoint::identity().compress().0;
    let r = scalar(3);
    let signature = join((BASE * r).compress().0, r.to_bytes());
    for message in [b"one", b"two"] {
        assert_eq!(verdicts(&a_bytes, message, &signature), [true, true, false]);
    }
}

#[test]
fn an_r_of_small_order_is_invalid_by_the_strict_criterion_alone() {
    let a = scalar(4);
    let a_bytes = (BASE * a).compress().0;
    assert_eq!(is_key(&a_bytes), [true; 3]);
    for torsion in EIGHT_TORSION {
        // R = T and S = ka: without the cofactor the equation holds only if T is neutral.
        let signature = sign(a, &a_bytes, Scalar::ZERO, torsion.compress().0, b"m");
        let neutral = torsion.is_identity();
        assert_eq!(verdicts(&a_bytes, b"m", &signature), [true, neutral, false]);
    }
}

#[test]
fn an_r_with_a_component_of_small_order_is_valid_with_the_cofactor_alone() {
    let (a, r) = (scalar(5), scalar(6));
    let a_bytes = (BASE * a).compress().0;
    for torsion in EIGHT_TORSION {
        let signature = sign(a, &a_bytes, r, (BASE * r + torsion).compress().0, b"m");
        let neutral = torsion.is_identity();
        assert_eq!(verdicts(&a_bytes, b"m", &signature), [true, neutral, neutral]);
    }
}

#[test]
fn under_a_key_with_a_component_of_small_order_it_is_chance_without_the_cofactor() {
    let (a, r) = (scalar(7), scalar(8));
    let r_bytes = (BASE * r).compress().0;
    for torsion in EIGHT_TORSION.into_iter().filter(|torsion| !torsion.is_identity()) {
        let a_bytes = (BASE * a + torsion).compress().0;
        assert_eq!(is_key(&a_bytes), [true; 3]);
        let [lucky, unlucky] = messages(r_bytes, a_bytes, torsion);
        let signature = sign(a, &a_bytes, r, r_bytes, &lucky);
        assert_eq!(verdicts(&a_bytes, &lucky, &signature), [true; 3]);
        let signature = sign(a, &a_bytes, r, r_bytes, &unlucky);
        assert_eq!(verdicts(&a_bytes, &unlucky, &signature), [true, false, false]);
    }
}

/// The encodings that decode to a point, but are not what encoding it gives: y of p or more, and a
/// sign on x = 0.
fn non_canonical() -> Vec<([u8; 32], EdwardsPoint)> {
    let mut encodings = Vec::new();
    for sign in [0, 0x80] {
        let mut beyond = [0xff; 32];
        beyond[31] = 0x7f | sign;
        for low in 0xed..=0xff {
            beyond[0] = low;
            encodings.push(beyond);
        }
    }
    let mut one = [0; 32];
    (one[0], one[31]) = (1, 0x80);
    let mut minus_one = [0xff; 32];
    minus_one[0] = 0xec;
    encodings.extend([one, minus_one]);
    let decode = |encoding: [u8; 32]| {
        let point = CompressedEdwardsY(encoding).decompress()?;
        assert_ne!(point.compress().0, encoding);
        Some((encoding, point))
    };
    encodings.into_iter().filter_map(decode).collect()
}

#[test]
fn a_non_canonical_key_is_none_by_rfc_8032() {
    let (small, large): (Vec<_>, Vec<_>) =
        non_canonical().into_iter().partition(|(_, point)| point.is_small_order());
    assert!(small.len() >= 4 && large.len() >= 10, "{} and {}", small.len(), large.len());
    for (encoding, _) in &large {
        assert_eq!(is_key(encoding), [false, true, true], "{encoding:?}");
    }
    let (r, message) = (scalar(9), b"m");
    for (encoding, point) in &small {
        assert_eq!(is_key(encoding), [false, true, false], "{encoding:?}");
        // Valid where the encoding is not looked at, and hashed as it stands.
        let r_bytes = (BASE * r).compress().0;
        let [lucky, _] = if point.is_identity() {
            [message.to_vec(), Vec::new()]
        } else {
            messages(r_bytes, *encoding, *point)
        };
        let signature = sign(Scalar::ZERO, encoding, r, r_bytes, &lucky);
        assert_eq!(verdicts(encoding, &lucky, &signature), [false, true, false], "{encoding:?}");
    }
}

/// The equation holds for the point that R decodes to, but not for its encoding.
#[test]
fn a_non_canonical_r_is_invalid_by_every_criterion() {
    let a = scalar(10);
    let a_bytes = (BASE * a).compress().0;
    let mut seen = 0;
    for (encoding, point) in non_canonical() {
        if !point.is_small_order() {
            // Nobody knows its logarithm, so nobody can make the equation hold.
            continue;
        }
        seen += 1;
        let signature = sign(a, &a_bytes, Scalar::ZERO, encoding, b"m");
        let k = challenge(&encoding, &a_bytes, b"m");
        let s = Scalar::from_canonical_bytes(signature[32..].try_into().unwrap()).unwrap();
        assert!((BASE * s - point - BASE * (k * a)).mul_by_cofactor().is_identity());
        assert_eq!(verdicts(&a_bytes, b"m", &signature), [false; 3], "{encoding:?}");
    }
    assert!(seen >= 4);
}

#[test]
fn what_is_no_point_is_neither_a_key_nor_an_r() {
    let mut no_point = [0; 32];
    no_point[0] = 2;
    assert!(CompressedEdwardsY(no_point).decompress().is_none());
    assert_eq!(is_key(&no_point), [false; 3]);
    let a = scalar(11);
    let a_bytes = (BASE * a).compress().0;
    let signature = sign(a, &a_bytes, Scalar::ZERO, no_point, b"m");
    assert_eq!(verdicts(&a_bytes, b"m", &signature), [false; 3]);
}

/// Faults that add up to nothing must not hide one another in a batch.
#[test]
fn faults_that_cancel_are_still_faults_in_a_batch() {
    let a = scalar(12);
    let a_bytes = (BASE * a).compress().0;
    let torsion = EIGHT_TORSION[1];
    let honest = |number: u64| {
        let r = scalar(number);
        sign(a, &a_bytes, r, (BASE * r).compress().0, &number.to_le_bytes())
    };
    let shifted = |number: u64, by: Scalar| {
        let signature = honest(number);
        let (r, s) = signature.split_at(32);
        let s = Scalar::from_canonical_bytes(s.try_into().unwrap()).unwrap() + by;
        join(r.try_into().unwrap(), s.to_bytes())
    };
    let twisted = |number: u64, by: EdwardsPoint| {
        let r = scalar(number);
        sign(a, &a_bytes, r, (BASE * r + by).compress().0, &number.to_le_bytes())
    };
    let signatures = [
        (100_u64, honest(100), [true; 3]),
        (101, shifted(101, Scalar::ONE), [false; 3]),
        (102, shifted(102, -Scalar::ONE), [false; 3]),
        (103, honest(103), [true; 3]),
        (104, twisted(104, torsion), [true, false, false]),
        (105, twisted(105, -torsion), [true, false, false]),
        (106, honest(106), [true; 3]),
        (107, honest(107), [true; 3]),
    ];
    let messages: Vec<_> = signatures.iter().map(|(at, ..)| at.to_le_bytes()).collect();
    for (place, criterion) in CRITERIA.into_iter().enumerate() {
        let key = VerifyingKey::new(&a_bytes, criterion).unwrap();
        let batch: Vec<_> = signatures
            .iter()
            .zip(&messages)
            .map(|((_, signature, _), message)| Signed { key: &key, message, signature })
            .collect();
        let expected: Vec<_> = signatures.iter().map(|(.., expected)| expected[place]).collect();
        assert_eq!(verify_batch(&batch), expected, "{criterion:?}");
    }
}

#[test]
fn keys_of_different_criteria_may_share_a_batch() {
    let (a, r) = (scalar(13), scalar(14));
    let a_bytes = (BASE * a).compress().0;
    let signature = sign(a, &a_bytes, r, (BASE * r + EIGHT_TORSION[3]).compress().0, b"m");
    let keys = CRITERIA.map(|criterion| VerifyingKey::new(&a_bytes, criterion).unwrap());
    let batch: Vec<_> = (0..9)
        .map(|at| Signed { key: &keys[at % 3], message: b"m", signature: &signature })
        .collect();
    assert_eq!(verify_batch(&batch), [true, false, false].repeat(3));
    assert_eq!(verify_batch(&[]), [false; 0]);
}

/// What is done to an honest signature.
#[derive(Clone, Copy, Debug)]
enum Tweak {
    None,
    Bit(usize),
    Message,
    Torsion(usize),
}

fn tweaks() -> impl Strategy<Value = Vec<(usize, Tweak)>> {
    let mixed = prop_oneof![
        4 => Just(Tweak::None),
        1 => (0..512_usize).prop_map(Tweak::Bit),
        1 => Just(Tweak::Message),
        2 => (1..8_usize).prop_map(Tweak::Torsion),
    ];
    let mostly_good =
        prop_oneof![30 => Just(Tweak::None), 1 => (0..512_usize).prop_map(Tweak::Bit)];
    prop_oneof![
        prop::collection::vec((0..200_usize, mixed), 0..200),
        prop::collection::vec((0..200_usize, mostly_good), 0..200),
        prop::collection::vec((0..200_usize, Just(Tweak::None)), 0..200),
    ]
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 24))]

    #[test]
    fn a_batch_gives_each_signature_the_verdict_that_it_has_alone(
        tweaks in tweaks(),
        how_many_keys in prop_oneof![Just(1_usize), 2..6_usize, 100..200_usize],
        torsion_of_keys in 0..8_usize,
    ) {
        let made: Vec<_> = tweaks
            .iter()
            .zip(1_u64..)
            .map(|((key, tweak), number)| {
                let a = scalar(1000 + (key % how_many_keys) as u64);
                // Every third key has a component of small order.
                let twisted = if key % 3 == 0 { torsion_of_keys } else { 0 };
                let twist = EIGHT_TORSION[twisted];
                let a_bytes = (BASE * a + twist).compress().0;
                let r = scalar(number << 20);
                let mut message = number.to_le_bytes().to_vec();
                let r_point = match tweak {
                    Tweak::Torsion(index) => BASE * r + EIGHT_TORSION[*index],
                    _ => BASE * r,
                };
                let mut signature = sign(a, &a_bytes, r, r_point.compress().0, &message);
                match tweak {
                    Tweak::Bit(bit) => signature[bit / 8] ^= 1 << (bit % 8),
                    Tweak::Message => message.push(0),
                    Tweak::None | Tweak::Torsion(_) => {}
                }
                (a_bytes, message, signature, twist.is_identity())
            })
            .collect();
        for criterion in CRITERIA {
            let keys: Vec<_> = made
                .iter()
                .map(|(key, ..)| VerifyingKey::new(key, criterion).unwrap())
                .collect();
            let batch: Vec<_> = made
                .iter()
                .zip(&keys)
                .map(|((_, message, signature, _), key)| Signed { key, message, signature })
                .collect();
            let verdicts = verify_batch(&batch);
            prop_assert_eq!(verdicts.len(), batch.len());
            for (((signed, (_, tweak)), made), verdict) in
                batch.iter().zip(&tweaks).zip(&made).zip(verdicts)
            {
                prop_assert_eq!(verdict, signed.key.verify(signed.message, signed.signature));
                let with_cofactor = criterion == Criterion::Rfc8032;
                match tweak {
                    Tweak::Bit(_) | Tweak::Message => prop_assert!(!verdict, "{:?}", tweak),
                    _ if with_cofactor => prop_assert!(verdict, "{:?}", tweak),
                    // Under a key with a component of small order it is chance.
                    Tweak::None if made.3 => prop_assert!(verdict),
                    Tweak::Torsion(_) if made.3 => prop_assert!(!verdict),
                    Tweak::None | Tweak::Torsion(_) => {}
                }
            }
        }
    }
}
