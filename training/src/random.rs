//! Chance from a seed: SplitMix64 (Steele, Lea and Flood, 2014).

#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to but not 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// About that share of `items`, in their order, and at least one.
    pub(crate) fn some<T: Copy>(&mut self, items: &[T], share: f64) -> Vec<T> {
        if share >= 1.0 {
            return items.to_vec();
        }
        let mut some: Vec<T> = Vec::with_capacity(items.len());
        some.extend(items.iter().filter(|_| self.unit() < share));
        if some.is_empty() {
            some.extend(items.first());
        }
        some
    }
}
