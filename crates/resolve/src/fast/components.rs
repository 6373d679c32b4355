//! Lists of numbers side by side, and the strongly connected components of a graph in that form.

/// A list of numbers for each number from 0 on.
#[derive(Debug, Default)]
pub(super) struct Lists {
    starts: Vec<u32>,
    entries: Vec<u32>,
}

impl Lists {
    pub(super) fn with_capacity(lists: usize, entries: usize) -> Self {
        let mut starts = Vec::with_capacity(lists + 1);
        starts.push(0);
        Self { starts, entries: Vec::with_capacity(entries) }
    }

    /// Ends the list that was being filled.
    pub(super) fn close(&mut self) {
        self.starts.push(index(self.entries.len()));
    }

    /// Adds to the list that is being filled.
    pub(super) fn push(&mut self, entry: u32) {
        self.entries.push(entry);
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    #[inline]
    pub(super) fn of(&self, at: u32) -> &[u32] {
        &self.entries[self.range(at)]
    }

    fn range(&self, at: u32) -> std::ops::Range<usize> {
        self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize
    }

    /// Each number's list of those that have it in theirs, where both are first mapped; what is
    /// mapped to itself has no place.
    pub(super) fn inverse(&self, map: impl Fn(u32) -> u32, bound: usize) -> Self {
        let edges = || {
            let all = 0..index(self.len());
            all.flat_map(|from| self.of(from).iter().map(move |to| (from, *to)))
                .map(|(from, to)| (map(from), map(to)))
                .filter(|(from, to)| from != to)
        };
        let mut starts = vec![0_u32; bound + 1];
        for (_, to) in edges() {
            starts[to as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut free = starts.clone();
        let mut entries = vec![0; starts.last().map_or(0, |end| *end as usize)];
        for (from, to) in edges() {
            let place = &mut free[to as usize];
            entries[*place as usize] = from;
            *place += 1;
        }
        Self { starts, entries }
    }

    /// The strongly connected component of each number, by the algorithm of Tarjan with a stack of
    /// its own; and how many there are.
    pub(super) fn components(&self) -> (Vec<u32>, usize) {
        let mut search = Search {
            order: vec![0; self.len()],
            low: vec![0; self.len()],
            component: vec![UNDECIDED; self.len()],
            ..Search::default()
        };
        for start in 0..index(self.len()) {
            search.from(start, self);
        }
        (search.component, search.components as usize)
    }
}

/// A length or place as a number: nothing here has as many as 2^32 - 1 entries.
pub(super) fn index(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

const UNDECIDED: u32 = u32::MAX;

#[derive(Default)]
struct Search {
    /// In which order the search came to each; from 1 on.
    order: Vec<u32>,
    /// The first in that order to which each is known to lead back.
    low: Vec<u32>,
    component: Vec<u32>,
    components: u32,
    met: u32,
    /// Those that have no component yet, in order.
    undecided: Vec<u32>,
    /// The way to where the search is, with the place of the edge that is next.
    way: Vec<(u32, usize)>,
}

impl Search {
    fn from(&mut self, start: u32, graph: &Lists) {
        self.meet(start);
        while let Some((at, next)) = self.way.last_mut() {
            let at = *at;
            if let Some(to) = graph.of(at).get(*next) {
                *next += 1;
                let to = *to;
                if self.order[to as usize] == 0 {
                    self.meet(to);
                } else if self.component[to as usize] == UNDECIDED {
                    self.leads_back(at, self.order[to as usize]);
                }
                continue;
            }
            self.way.pop();
            let low = self.low[at as usize];
            if let Some((before, _)) = self.way.last() {
                self.leads_back(*before, low);
            }
            if low == self.order[at as usize] {
                while let Some(member) = self.undecided.pop() {
                    self.component[member as usize] = self.components;
                    if member == at {
                        break;
                    }
                }
                self.components += 1;
            }
        }
    }

    fn meet(&mut self, at: u32) {
        if self.order[at as usize] == 0 {
            self.met += 1;
            self.order[at as usize] = self.met;
            self.low[at as usize] = self.met;
            self.undecided.push(at);
            self.way.push((at, 0));
        }
    }

    fn leads_back(&mut self, at: u32, to: u32) {
        let low = &mut self.low[at as usize];
        *low = to.min(*low);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(lists: &[&[u32]]) -> Lists {
        let mut graph = Lists::with_capacity(lists.len(), 0);
        for list in lists {
            list.iter().for_each(|entry| graph.push(*entry));
            graph.close();
        }
        graph
    }

    #[test]
    fn what_leads_to_one_another_is_one_component() {
        let graph = lists(&[&[1], &[2], &[0, 3], &[4], &[], &[5], &[4, 6, 7], &[6]]);
        let (of, count) = graph.components();
        assert_eq!(count, 5);
        assert!(of[0] == of[1] && of[1] == of[2] && of[6] == of[7]);
        let mut alone = vec![of[0], of[3], of[4], of[5], of[6]];
        alone.sort_unstable();
        alone.dedup();
        assert_eq!(alone.len(), 5);
    }

    #[test]
    fn a_chain_of_any_length_has_components_without_recursion() {
        let length = 300_000;
        let mut graph = Lists::with_capacity(length, length);
        for at in 0..length {
            graph.push(index((at + 1) % length));
            graph.close();
        }
        assert_eq!(graph.components().1, 1);
    }

    #[test]
    fn the_inverse_leads_back_between_groups() {
        let graph = lists(&[&[1, 2], &[2], &[2]]);
        let inverse = graph.inverse(|at| at, 3);
        assert_eq!([inverse.of(0), inverse.of(1), inverse.of(2)], [&[][..], &[0], &[0, 1]]);
        let grouped = graph.inverse(|at| at / 2, 2);
        assert_eq!([grouped.of(0), grouped.of(1)], [&[][..], &[0, 0]]);
    }
}
