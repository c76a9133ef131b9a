//! The compiled-in model.

use std::sync::{Arc, LazyLock};

use super::Model;

/// Version of the compiled-in model; no published one can take its name.
pub const BUILTIN_TREES: &str = "trees-1";

/// Its file, written by `candor train --version trees-1`; none until one has passed evaluation. To ship one:
/// `Some(include_bytes!("../../models/trees-1.json"))`.
const FILE: Option<&[u8]> = None;

static MODEL: LazyLock<Option<Arc<Model>>> = LazyLock::new(|| {
    FILE.and_then(|bytes| Model::decode(bytes).ok())
        .map(Arc::new)
});

impl Model {
    /// The compiled-in model, if this program carries one.
    pub fn builtin() -> Option<&'static Arc<Self>> {
        MODEL.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_is_compiled_in_can_be_used_and_has_its_version() {
        let decoded = FILE.map(|bytes| Model::decode(bytes).unwrap());
        assert_eq!(decoded.as_ref(), Model::builtin().map(Arc::as_ref));
        assert!(decoded.is_none_or(|model| model.version() == BUILTIN_TREES));
    }
}
