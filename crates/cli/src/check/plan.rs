//! How much of a campaign is run, and by whom.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How many histories are one piece of work: pieces, not histories, are dealt out to threads and
/// shards.
pub(crate) const PIECE: u64 = 96;

/// The most parts that a campaign is divided into.
const MOST_PARTS: u64 = 1_000_000;

/// What is to be run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) limit: Limit,
    pub(crate) jobs: usize,
    pub(crate) shard: Shard,
}

/// When it ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    /// After so many histories of the whole campaign.
    Histories(u64),
    /// After so much time.
    Time(Duration),
    /// After so much time, or, if by then something was not seen that should be, when it has been or
    /// after so many histories of the whole campaign.
    Enough { time: Duration, histories: u64 },
}

impl Limit {
    /// After how much time it ends, if everything was seen by then that should be.
    pub(crate) fn time(self) -> Option<Duration> {
        match self {
            Self::Histories(_) => None,
            Self::Time(time) | Self::Enough { time, .. } => Some(time),
        }
    }

    /// Whether so many histories of the whole campaign are enough, whatever was seen.
    pub(crate) fn is_enough(self, done: u64) -> bool {
        match self {
            Self::Histories(most) => done >= most,
            Self::Time(_) => true,
            Self::Enough { histories, .. } => done >= histories,
        }
    }
}

/// One of several disjoint parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    /// Which, counted from 1.
    pub(crate) number: u64,
    /// Of how many.
    pub(crate) of: u64,
}

impl Default for Shard {
    fn default() -> Self {
        Self { number: 1, of: 1 }
    }
}

impl Shard {
    /// The place that a piece of it has among those of the whole campaign.
    pub(crate) fn whole(self, piece: u64) -> u64 {
        piece.saturating_mul(self.of).saturating_add(self.number - 1)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is no part such as 2/8");
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let [number, of] = [number, of].map(|number| number.parse::<u64>().ok());
        match (number, of) {
            (Some(number), Some(of @ ..=MOST_PARTS)) if (1..=of).contains(&number) => {
                Ok(Self { number, of })
            }
            _ => Err(wrong()),
        }
    }
}

impl Plan {
    /// The n-th piece of the shard, as the numbers of its histories; `None` if it is past the end.
    pub(crate) fn piece(&self, n: u64) -> Option<std::ops::Range<u64>> {
        let piece = n.checked_mul(self.shard.of)?.checked_add(self.shard.number - 1)?;
        let start = piece.checked_mul(PIECE)?;
        let end = start.checked_add(PIECE)?;
        match self.limit {
            Limit::Histories(most) if start >= most => None,
            Limit::Histories(most) => Some(start..end.min(most)),
            Limit::Time(_) | Limit::Enough { .. } => Some(start..end),
        }
    }

    /// How many histories there are, if that is known.
    pub(crate) fn histories(&self) -> Option<u64> {
        let Limit::Histories(most) = self.limit else { return None };
        let before = self.shard.number - 1;
        let pieces = most.div_ceil(PIECE).saturating_sub(before).div_ceil(self.shard.of);
        let Some(last) = pieces.checked_sub(1) else { return Some(0) };
        let of_last = self.piece(last).map_or(0, |numbers| numbers.end - numbers.start);
        Some(last * PIECE + of_last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_have_every_history_once() {
        for most in [0, 1, 95, 96, 97, 300, 1_000] {
            for of in [1, 2, 3, 7, 20] {
                let mut numbers = Vec::new();
                for number in 1..=of {
                    let shard = Shard { number, of };
                    let plan = Plan { limit: Limit::Histories(most), jobs: 1, shard };
                    let before = numbers.len();
                    numbers.extend((0..).map_while(|n| plan.piece(n)).flatten());
                    let count = u64::try_from(numbers.len() - before).unwrap();
                    assert_eq!(plan.histories(), Some(count), "{most} {shard}");
                }
                numbers.sort_unstable();
                assert_eq!(numbers, (0..most).collect::<Vec<_>>(), "{most} in {of} parts");
            }
        }
    }
}
