//! Where the fields of scanned events go: the detector keeps them, the gateway only wants them judged.

use super::{Field, Value};

/// Where the fields of scanned events go.
pub(crate) trait FieldSink<'a> {
    /// Takes a field that keeps its rule.
    fn push(&mut self, field: Field, value: Value<'a>);
    /// How many fields there are.
    fn mark(&self) -> usize;
    /// Forgets all but the first `mark` fields.
    fn rewind(&mut self, mark: usize);
}

impl<'a> FieldSink<'a> for Vec<(Field, Value<'a>)> {
    #[inline]
    fn push(&mut self, field: Field, value: Value<'a>) {
        Vec::push(self, (field, value));
    }

    #[inline]
    fn mark(&self) -> usize {
        self.len()
    }

    #[inline]
    fn rewind(&mut self, mark: usize) {
        self.truncate(mark);
    }
}

/// For who judges events and forwards their bytes: keeps nothing.
#[derive(Debug)]
pub(crate) struct Discard;

impl<'a> FieldSink<'a> for Discard {
    #[inline]
    fn push(&mut self, _field: Field, _value: Value<'a>) {}

    #[inline]
    fn mark(&self) -> usize {
        0
    }

    #[inline]
    fn rewind(&mut self, _mark: usize) {}
}
