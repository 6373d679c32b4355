//! Numbers of servers as arguments.

use std::str::FromStr;

/// `3` or `2-4`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Servers {
    fewest: u8,
    most: u8,
}

impl Servers {
    pub(crate) fn range(self) -> (u8, u8) {
        (self.fewest, self.most)
    }
}

impl FromStr for Servers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is no number of servers from 2 to 8, such as 3 or 2-4");
        let (fewest, most) = text.split_once('-').unwrap_or((text, text));
        let [fewest, most] = [fewest, most].map(|number| number.parse::<u8>().ok());
        let (Some(fewest), Some(most)) = (fewest, most) else { return Err(wrong()) };
        if fewest < 2 || most > 8 || fewest > most {
            return Err(wrong());
        }
        Ok(Self { fewest, most })
    }
}
