//! One `/health` and one `/metrics` for services that share a process.
//!
//! Each service keeps a registry and a health of its own, as it has alone; names may occur in several.
//! Metrics are told apart by the label `service`; health shows one component per service.

use std::collections::HashMap;
use std::time::Duration;

use prometheus::Registry;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use runtime::CancellationToken;
use runtime::health::Health;

/// How soon a change of a service's health shows.
const WATCH: Duration = Duration::from_millis(200);

/// Where one service registers what it measures and how it is.
#[derive(Debug, Clone)]
pub(super) struct Instruments {
    pub(super) name: &'static str,
    pub(super) registry: Registry,
    pub(super) health: Health,
}

impl Instruments {
    /// Instruments of the service `name`.
    ///
    /// # Errors
    /// Never for the names used here: they are valid label values.
    pub(super) fn new(name: &'static str) -> prometheus::Result<Self> {
        let labels = HashMap::from([("service".to_owned(), name.to_owned())]);
        Ok(Self {
            name,
            registry: Registry::new_custom(None, Some(labels))?,
            health: Health::default(),
        })
    }
}

/// A registry that shows what all of `parts` hold.
///
/// # Errors
/// When the registry refuses the collector.
pub(super) fn registry(parts: &[&Instruments]) -> prometheus::Result<Registry> {
    let all = Registry::new();
    let registries = parts.iter().map(|part| part.registry.clone()).collect();
    all.register(Box::new(Gathered(registries)))?;
    Ok(all)
}

/// Everything other registries hold. It describes nothing: their metrics come and go.
struct Gathered(Vec<Registry>);

impl Collector for Gathered {
    fn desc(&self) -> Vec<&Desc> {
        Vec::new()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.0.iter().flat_map(Registry::gather).collect()
    }
}

/// Gives `all` a component for each of `parts`; the returned task keeps them true until `shutdown`.
/// They are there when this returns: a health without components would be ready.
pub(super) fn watch(
    all: &Health,
    parts: Vec<Instruments>,
    shutdown: CancellationToken,
) -> impl Future<Output = ()> + Send + 'static {
    let watched: Vec<_> = parts
        .into_iter()
        .map(|part| (all.required(part.name), part.health))
        .collect();
    async move {
        let mut ticks = tokio::time::interval(WATCH);
        loop {
            for (component, health) in &watched {
                if health.is_ready() {
                    component.up();
                } else {
                    component.down("not ready; the log says why");
                }
            }
            tokio::select! {
                _ = ticks.tick() => {}
                () = shutdown.cancelled() => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::{IntCounter, TextEncoder};

    #[test]
    fn metrics_of_one_name_stay_apart_by_service() {
        let parts = [
            Instruments::new("one").unwrap(),
            Instruments::new("two").unwrap(),
        ];
        for (part, count) in parts.iter().zip([1, 2]) {
            let counter = IntCounter::new("shared_total", "shared").unwrap();
            counter.inc_by(count);
            part.registry.register(Box::new(counter)).unwrap();
        }
        let all = registry(&[&parts[0], &parts[1]]).unwrap();
        let text = TextEncoder::new().encode_to_string(&all.gather()).unwrap();
        assert_eq!(text.matches("# TYPE shared_total").count(), 1, "{text}");
        assert!(text.contains("shared_total{service=\"one\"} 1"), "{text}");
        assert!(text.contains("shared_total{service=\"two\"} 2"), "{text}");
    }

    #[tokio::test]
    async fn readiness_needs_every_service() {
        let (all, part) = (Health::default(), Instruments::new("one").unwrap());
        let kafka = part.health.required("kafka");
        let shutdown = CancellationToken::new();
        let watching = tokio::spawn(watch(&all, vec![part], shutdown.clone()));
        assert!(!all.is_ready());
        kafka.up();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while !all.is_ready() {
            assert!(
                tokio::time::Instant::now() < deadline,
                "never ready: {all:?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        kafka.down("away");
        while all.is_ready() {
            assert!(
                tokio::time::Instant::now() < deadline,
                "still ready: {all:?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        shutdown.cancel();
        watching.await.unwrap();
    }
}
