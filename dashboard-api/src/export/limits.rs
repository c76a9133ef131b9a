//! How many exports run at a time: in the process, and for each organisation.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus::Registry;
use runtime::config::Secret;
use schemas::ids::OrganisationId;

use crate::config::DashboardConfig;
use crate::error::ApiError;
use crate::export::ExportConfig;
use crate::export::metrics::ExportMetrics;
use crate::export::pseudonym::Pseudonyms;
use crate::export::report::{FontError, Fonts};
use crate::setup::SetupError;

/// The exports that run; clones share the count.
#[derive(Debug, Clone)]
pub(crate) struct Exports {
    config: Arc<ExportConfig>,
    fonts: Fonts,
    running: Arc<Mutex<HashMap<OrganisationId, usize>>>,
    secret: Secret,
    metrics: ExportMetrics,
}

/// The right to run one export; ends with its drop.
#[derive(Debug)]
pub(crate) struct Slot {
    exports: Exports,
    organisation: OrganisationId,
}

impl Exports {
    /// Reads the fonts of the settings and registers the metrics.
    pub(crate) fn register(
        config: &DashboardConfig,
        registry: &Registry,
    ) -> Result<Self, SetupError> {
        let metrics = ExportMetrics::register(registry)?;
        let exports = Self::new(config.exports.clone(), &config.session_secret, metrics)?;
        Ok(exports)
    }

    /// Reads the fonts of the settings; `secret` is the service's `CANDOR_SESSION_SECRET`.
    pub(crate) fn new(
        config: ExportConfig,
        secret: &Secret,
        metrics: ExportMetrics,
    ) -> Result<Self, FontError> {
        Ok(Self {
            fonts: Fonts::load(&config.fonts)?,
            config: Arc::new(config),
            running: Arc::default(),
            secret: secret.clone(),
            metrics,
        })
    }

    /// What replaces the respondents of an organisation.
    pub(crate) fn pseudonyms(&self, organisation: &OrganisationId) -> Pseudonyms {
        Pseudonyms::new(&self.secret, organisation)
    }

    /// The fonts of reports.
    pub(crate) fn fonts(&self) -> &Fonts {
        &self.fonts
    }

    pub(crate) fn config(&self) -> &ExportConfig {
        &self.config
    }

    pub(crate) fn metrics(&self) -> &ExportMetrics {
        &self.metrics
    }

    /// A slot for an export of `organisation`, or the refusal.
    pub(crate) fn begin(&self, organisation: &OrganisationId) -> Result<Slot, ApiError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let own = running.get(organisation).copied().unwrap_or_default();
        if own >= self.config.per_organisation {
            return Err(ApiError::TooManyExports);
        }
        if running.values().sum::<usize>() >= self.config.at_once {
            return Err(ApiError::ExportsBusy);
        }
        running.insert(organisation.clone(), own + 1);
        self.metrics.running.inc();
        Ok(Slot {
            exports: self.clone(),
            organisation: organisation.clone(),
        })
    }

    fn end(&self, organisation: &OrganisationId) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match running.get_mut(organisation) {
            Some(count) if *count > 1 => *count -= 1,
            // Organisations that export nothing take no room.
            _ => {
                running.remove(organisation);
            }
        }
        self.metrics.running.dec();
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.exports.end(&self.organisation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exports(at_once: usize, per_organisation: usize) -> Exports {
        let config = ExportConfig {
            at_once,
            per_organisation,
            ..ExportConfig::default()
        };
        Exports::new(
            config,
            &Secret::new("a-secret-of-this-test"),
            ExportMetrics::register(&Registry::new()).unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn an_organisation_has_its_own_bound_and_all_have_one_together() {
        let exports = exports(3, 2);
        let [one, two, three] = ["one", "two", "three"].map(|name| name.parse().unwrap());
        let held = [exports.begin(&one), exports.begin(&one)];
        assert!(held.iter().all(Result::is_ok));
        assert!(matches!(exports.begin(&one), Err(ApiError::TooManyExports)));
        let last = exports.begin(&two).unwrap();
        assert!(matches!(exports.begin(&three), Err(ApiError::ExportsBusy)));
        drop(last);
        assert!(exports.begin(&three).is_ok());
        drop(held);
        assert!(exports.begin(&one).is_ok());
        assert_eq!(exports.metrics.running.get(), 0);
    }
}
