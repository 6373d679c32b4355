//! Ed25519, with its validity criteria stated.
//!
//! Implementations agree on every signature that an honest signer makes. They differ on keys and
//! signatures made of points of small order or of points in non-canonical encoding. The reading
//! [`Ed25519`](exeunt_version::Ed25519) names the criterion:
//!
//! | criterion | non-canonical A or R | small-order A or R | S ≥ L | equation |
//! |---|---|---|---|---|
//! | `rfc8032` | invalid | valid | invalid | 8SB = 8R + 8kA |
//! | `cofactorless` | R invalid | valid | invalid | SB = R + kA |
//! | `strict` | R invalid | invalid | invalid | SB = R + kA |
//!
//! The default is [RFC 8032, section 5.1.7](https://www.rfc-editor.org/rfc/rfc8032#section-5.1.7).
//! Its equation with the cofactor is the only one that a batch can check with the verdict of the
//! single check for *every* signature: without the cofactor a batch of signatures with components
//! of small order may pass or fail by chance. So batches of the two other criteria are checked one
//! by one.

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity as _, VartimeMultiscalarMul as _};
use exeunt_version::Ed25519 as Criterion;
use sha2::{Digest as _, Sha512};

/// A public key that was decoded once, to check many signatures.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    bytes: [u8; 32],
    criterion: Criterion,
    /// −A, for the equation with the cofactor.
    minus_point: EdwardsPoint,
    dalek: ed25519_dalek::VerifyingKey,
}

/// One signature to check, with its key and the message it is over.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The key.
    pub key: &'a VerifyingKey,
    /// The message.
    pub message: &'a [u8],
    /// The signature.
    pub signature: &'a [u8; 64],
}

/// A signature that passed every check but the equation.
struct Prepared<'a> {
    key: &'a VerifyingKey,
    r: EdwardsPoint,
    s: Scalar,
    k: Scalar,
}

impl VerifyingKey {
    /// Decodes a key; `None` if the bytes are no key by the criterion.
    pub fn new(bytes: &[u8; 32], criterion: Criterion) -> Option<Self> {
        let point = CompressedEdwardsY(*bytes).decompress()?;
        let is_canonical = point.compress().0 == *bytes;
        let is_key = match criterion {
            Criterion::Rfc8032 => is_canonical,
            Criterion::Cofactorless => true,
            Criterion::Strict => !point.is_small_order(),
        };
        let dalek = ed25519_dalek::VerifyingKey::from_bytes(bytes).ok()?;
        is_key.then_some(Self { bytes: *bytes, criterion, minus_point: -point, dalek })
    }

    /// The key's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Whether the signature is valid.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let dalek_signature = || ed25519_dalek::Signature::from_bytes(signature);
        match self.criterion {
            Criterion::Rfc8032 => self.prepare(message, signature).is_some_and(|prepared| {
                let Prepared { r, s, k, .. } = prepared;
                let point =
                    EdwardsPoint::vartime_double_scalar_mul_basepoint(&k, &self.minus_point, &s);
                (point - r).mul_by_cofactor().is_identity()
            }),
            Criterion::Cofactorless => {
                ed25519_dalek::Verifier::verify(&self.dalek, message, &dalek_signature()).is_ok()
            }
            Criterion::Strict => self.dalek.verify_strict(message, &dalek_signature()).is_ok(),
        }
    }

    fn prepare(&self, message: &[u8], signature: &[u8; 64]) -> Option<Prepared<'_>> {
        let (r_bytes, s_bytes) = signature.split_first_chunk::<32>()?;
        let s_bytes: [u8; 32] = s_bytes.try_into().ok()?;
        let s = Option::from(Scalar::from_canonical_bytes(s_bytes))?;
        let r = CompressedEdwardsY(*r_bytes).decompress()?;
        // y in its range, and no sign on x = 0: the encoding is the one that encoding gives.
        if !is_canonical(*r_bytes, &r) {
            return None;
        }
        let hash = Sha512::new().chain_update(r_bytes).chain_update(self.bytes);
        let k = Scalar::from_bytes_mod_order_wide(&hash.chain_update(message).finalize().into());
        Some(Prepared { key: self, r, s, k })
    }
}

/// Whether `bytes` is the encoding of the point it decodes to. Encoding a point costs an inversion,
/// so that the encodings which cannot be anything else are told first.
fn is_canonical(bytes: [u8; 32], point: &EdwardsPoint) -> bool {
    // p = 2^255 − 19, so that y is out of range only if bits 8 to 254 are all set; and x = 0 only
    // if y is 1 or −1, and −1 has those bits set too.
    let (top, middle) = (bytes[31] & 0x7f, &bytes[1..31]);
    let may_differ = match (bytes[0], top) {
        (_, 0x7f) => middle.iter().all(|byte| *byte == 0xff),
        (1, 0) => middle.iter().all(|byte| *byte == 0),
        _ => false,
    };
    !may_differ || point.compress().0 == bytes
}

/// Checks many signatures, and gives each the verdict of [`VerifyingKey::verify`].
///
/// Fastest where few keys made many signatures.
pub fn verify_batch(batch: &[Signed<'_>]) -> Vec<bool> {
    let mut verdicts = vec![false; batch.len()];
    let mut prepared = Vec::with_capacity(batch.len());
    for (at, signed) in batch.iter().enumerate() {
        if signed.key.criterion == Criterion::Rfc8032 {
            let one = signed.key.prepare(signed.message, signed.signature);
            prepared.extend(one.map(|one| (at, one)));
        } else {
            verdicts[at] = signed.key.verify(signed.message, signed.signature);
        }
    }
    settle(&prepared, &mut verdicts);
    verdicts
}

/// Below this many, single checks cost less than the batch equation.
const SMALLEST_BATCH: usize = 4;

/// Decides those prepared: all at once, and by halves where something is wrong.
fn settle(prepared: &[(usize, Prepared<'_>)], verdicts: &mut [bool]) {
    if prepared.is_empty() {
        return;
    }
    if prepared.len() >= SMALLEST_BATCH && equation_holds(prepared) {
        for (at, _) in prepared {
            verdicts[*at] = true;
        }
    } else if prepared.len() <= SMALLEST_BATCH {
        for (at, one) in prepared {
            let minus_key = &one.key.minus_point;
            let point =
                EdwardsPoint::vartime_double_scalar_mul_basepoint(&one.k, minus_key, &one.s);
            verdicts[*at] = (point - one.r).mul_by_cofactor().is_identity();
        }
    } else {
        let (one, other) = prepared.split_at(prepared.len() / 2);
        settle(one, verdicts);
        settle(other, verdicts);
    }
}

/// Whether 8·Σ zᵢ(sᵢB − kᵢAᵢ − Rᵢ) = 0 for coefficients zᵢ of 128 bits that depend on everything in
/// the batch. If one signature is invalid, it holds with a probability of about 2^−128.
///
/// The coefficients come from a hash, not from randomness, so that the same input gives the same
/// output on every machine.
fn equation_holds(prepared: &[(usize, Prepared<'_>)]) -> bool {
    let mut transcript = Sha512::new();
    for (_, one) in prepared {
        // k is a hash over R, A and the message.
        transcript.update(one.k.as_bytes());
        transcript.update(one.s.as_bytes());
    }
    let seed = transcript.finalize();
    let mut base = Scalar::ZERO;
    // One coefficient for each key, as the same key signs many events.
    let mut keys: Vec<(&VerifyingKey, Scalar)> = Vec::new();
    let mut coefficients = Vec::with_capacity(prepared.len());
    for (chunk, counter) in prepared.chunks(4).zip(0_u64..) {
        let hash = Sha512::new().chain_update(seed).chain_update(counter.to_le_bytes()).finalize();
        for ((_, one), half) in chunk.iter().zip(hash.as_chunks::<16>().0) {
            let z = Scalar::from(u128::from_le_bytes(*half));
            base += z * one.s;
            let zk = z * one.k;
            match keys.iter_mut().find(|(key, _)| key.bytes == one.key.bytes) {
                Some((_, sum)) => *sum += zk,
                None => keys.push((one.key, zk)),
            }
            coefficients.push(z);
        }
    }
    let scalars = keys.iter().map(|(_, sum)| *sum).chain(coefficients);
    let points = keys.iter().map(|(key, _)| key.minus_point);
    let minus_rs = prepared.iter().map(|(_, one)| -one.r);
    let sum = EdwardsPoint::vartime_multiscalar_mul(scalars, points.chain(minus_rs));
    (sum + EdwardsPoint::mul_base(&base)).mul_by_cofactor().is_identity()
}
