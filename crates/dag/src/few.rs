//! A short list of numbers.

use crate::Number;

const CAPACITY: usize = 5;

/// The events that an event cites: nearly always at most five, and then without an allocation.
#[derive(Clone, Debug)]
pub(crate) enum Few {
    Inline { length: u8, numbers: [Number; CAPACITY] },
    Many(Box<[Number]>),
}

impl Few {
    pub(crate) fn new(list: &[Number]) -> Self {
        let mut numbers = [Number::default(); CAPACITY];
        match (numbers.get_mut(..list.len()), u8::try_from(list.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(list);
                Self::Inline { length, numbers }
            }
            _ => Self::Many(list.into()),
        }
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[Number] {
        match self {
            // The length is at most the capacity, so the default is never taken.
            Self::Inline { length, numbers } => {
                numbers.get(..usize::from(*length)).unwrap_or_default()
            }
            Self::Many(numbers) => numbers,
        }
    }
}

impl Default for Few {
    fn default() -> Self {
        Self::Inline { length: 0, numbers: [Number::default(); CAPACITY] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_any_length_comes_back() {
        assert_eq!(size_of::<Few>(), 24);
        for length in 0..12 {
            let list: Vec<_> = (0..length).map(Number::from_index).collect();
            assert_eq!(Few::new(&list).as_slice(), list);
        }
    }
}
