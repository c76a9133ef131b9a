//! One reader at a time: the overview, and pages of the list by filter and depth.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::ensure;

use super::connection::Connection;
use super::reads::{self, INDEXED, PERIODS, RARE};
use super::tenants::Tenant;
use super::{ApiOptions, Target};
use crate::times::Times;

/// Where in a list a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    First,
    Tenth,
    Deep,
}

impl Depth {
    /// In words.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::First => "first page",
            Self::Tenth => "10th page",
            Self::Deep => "deep cursor",
        }
    }
}

/// Times of pages of one filter at one depth.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) times: Times,
    /// Answers that broke off the search and gave a cursor to go on from.
    pub(crate) partial: u64,
}

/// What was measured.
#[derive(Debug)]
pub(crate) struct Pages {
    pub(crate) overviews: Vec<(&'static str, Times)>,
    pub(crate) indexed: BTreeMap<(&'static str, Depth), Page>,
    pub(crate) rare: BTreeMap<(&'static str, Depth), Page>,
    /// Sessions before the deep cursor.
    pub(crate) deep: usize,
}

/// Reads everything `options.rounds` times, after a few rounds that are not counted.
pub(crate) async fn measure(target: &Target<'_>, options: &ApiOptions) -> anyhow::Result<Pages> {
    let mut reader = Reader {
        connection: Connection::to(&target.api.url)?,
        rng: rand::rng(),
        depth: options.depth,
    };
    let mut overviews = Vec::new();
    for period in PERIODS {
        let mut times = Times::new()?;
        for round in 0..options.rounds * 2 + 10 {
            let tenant = target.tenants.draw(&mut reader.rng);
            let query = reads::period(period, tenant, &mut reader.rng);
            let path = format!("/api/v1/dashboard/overview?{query}");
            let time = reader.read(&path, tenant).await?;
            if round >= 10 {
                times.add(time)?;
            }
        }
        eprintln!("overview {period}: p95 {:.1} ms", times.at(0.95));
        overviews.push((period, times));
    }
    Ok(Pages {
        overviews,
        indexed: reader.all(target, &INDEXED, options.rounds).await?,
        rare: reader.all(target, &RARE, options.rounds).await?,
        deep: options.depth * 200,
    })
}

struct Reader {
    connection: Connection,
    rng: rand::rngs::ThreadRng,
    depth: usize,
}

impl Reader {
    async fn read(&mut self, path: &str, tenant: &Tenant) -> anyhow::Result<std::time::Duration> {
        let begun = Instant::now();
        let answer = self.connection.get(path, &tenant.key).await?;
        let time = begun.elapsed();
        let text = || String::from_utf8_lossy(self.connection.body()).into_owned();
        ensure!(answer.status == 200, "{path}: {} {}", answer.status, text());
        Ok(time)
    }

    async fn all(
        &mut self,
        target: &Target<'_>,
        filters: &[&'static str],
        rounds: usize,
    ) -> anyhow::Result<BTreeMap<(&'static str, Depth), Page>> {
        let mut pages = BTreeMap::new();
        for name in filters {
            for round in 0..rounds + 3 {
                let tenant = target.tenants.draw(&mut self.rng);
                let query = reads::filter(name, tenant, &mut self.rng);
                // A deep walk takes a while; one in ten rounds has one.
                let walks = round % 10 == 3;
                for (depth, time, partial) in self.walk(&query, tenant, walks).await? {
                    // The first rounds make connections, plans and caches.
                    if round >= 3 {
                        let page = pages.entry((*name, depth));
                        let page = page.or_insert(Page {
                            times: Times::new()?,
                            partial: 0,
                        });
                        page.times.add(time)?;
                        page.partial += u64::from(partial);
                    }
                }
            }
            for depth in [Depth::First, Depth::Tenth, Depth::Deep] {
                if let Some(page) = pages.get(&(*name, depth)) {
                    eprintln!(
                        "{name}, {}: p95 {:.1} ms",
                        depth.as_str(),
                        page.times.at(0.95)
                    );
                }
            }
        }
        Ok(pages)
    }

    /// The first page, the tenth if the list is so long, and pages behind a deep cursor.
    async fn walk(
        &mut self,
        query: &str,
        tenant: &Tenant,
        walks: bool,
    ) -> anyhow::Result<Vec<(Depth, std::time::Duration, bool)>> {
        let list = format!("/api/v1/dashboard/sessions?{query}");
        let mut seen = Vec::new();
        let mut path = list.clone();
        for number in 1..=10 {
            let time = self.read(&path, tenant).await?;
            let partial = self.connection.says("\"partial\":true");
            match number {
                1 => seen.push((Depth::First, time, partial)),
                10 => seen.push((Depth::Tenth, time, partial)),
                _ => {}
            }
            let Some(cursor) = self.connection.text("next_cursor") else {
                return Ok(seen);
            };
            path = format!("{list}&cursor={cursor}");
        }
        if walks {
            for _ in 0..self.depth {
                self.read(&format!("{path}&limit=200"), tenant).await?;
                let Some(cursor) = self.connection.text("next_cursor") else {
                    return Ok(seen);
                };
                path = format!("{list}&cursor={cursor}");
            }
            for _ in 0..10 {
                let time = self.read(&path, tenant).await?;
                seen.push((Depth::Deep, time, self.connection.says("\"partial\":true")));
                let Some(cursor) = self.connection.text("next_cursor") else {
                    return Ok(seen);
                };
                path = format!("{list}&cursor={cursor}");
            }
        }
        Ok(seen)
    }
}
