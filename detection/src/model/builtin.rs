//! The compiled-in model.

use std::sync::{Arc, LazyLock};

use super::Model;

/// Version of the compiled-in model; no published one can take its name.
pub const BUILTIN_TREES: &str = "trees-1";

/// Its file, written by `candor train DIR --simulated=40 --augment --seed 1 --version trees-1`: its metadata says what it has
/// learned from, and what it says of sources left out. It judges where settings or an experiment name it.
const FILE: &[u8] = include_bytes!("../../models/trees-1.json");

static MODEL: LazyLock<Option<Arc<Model>>> =
    LazyLock::new(|| Model::decode(FILE).ok().map(Arc::new));

impl Model {
    /// The compiled-in model.
    pub fn builtin() -> Option<&'static Arc<Self>> {
        MODEL.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_is_compiled_in_can_be_used_and_has_its_version() {
        let decoded = Model::decode(FILE).unwrap();
        assert_eq!(Some(&decoded), Model::builtin().map(Arc::as_ref));
        assert_eq!(decoded.version(), BUILTIN_TREES);
    }
}
