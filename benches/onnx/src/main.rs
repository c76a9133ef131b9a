//! Learns trees on made-up rows, and asks the native predictor and, as ONNX, tract for the same rows.
//!
//! `cargo run --release`, and `cargo build --release --no-default-features` for the size and build without tract.

use std::hint::black_box;
use std::time::Instant;

use detection::model::{Metadata, ModelFile};
use detection::{Features, Model};
use training::{CalibrationKind, Options, Samples, fit};

#[cfg(feature = "tract")]
mod tract;

const ROWS: usize = 4000;
const ROUNDS: u32 = 20;
/// Rows that tract is asked for: it takes milliseconds for each.
#[cfg(feature = "tract")]
const FEW: usize = 50;

fn main() -> anyhow::Result<()> {
    let samples = samples();
    let options = Options {
        trees: 300,
        patience: 300,
        row_share: 1.0,
        column_share: 1.0,
        ..Options::default()
    };
    let file = fit(&samples, &options, CalibrationKind::Platt)?
        .into_file("bench-1", Metadata::default())?;
    let splits: usize = file.trees.iter().map(|tree| tree.feature.len()).sum();
    println!(
        "{} trees, {splits} splits, {} bytes as JSON",
        file.trees.len(),
        file.encode().len()
    );
    let model = Model::from_file(file.clone())?;
    let rows: Vec<Features> = (0..ROWS)
        .map(|row| samples.row(row).try_into().map(Features::from_values))
        .collect::<Result<_, _>>()?;
    println!(
        "native predict      {:>9.0} ns",
        per_row(&rows, |row| model.predict(row))
    );
    println!(
        "native with reasons {:>9.0} ns",
        per_row(&rows, |row| model.explain(row).probability)
    );
    compare(&file, &model, &rows)
}

fn per_row(rows: &[Features], mut predict: impl FnMut(&Features) -> f64) -> f64 {
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        for row in rows {
            black_box(predict(black_box(row)));
        }
    }
    begin.elapsed().as_secs_f64() * 1e9 / (f64::from(ROUNDS) * rows.len() as f64)
}

#[cfg(feature = "tract")]
fn compare(file: &ModelFile, model: &Model, rows: &[Features]) -> anyhow::Result<()> {
    let begin = Instant::now();
    let onnx = tract::Onnx::new(file)?;
    println!(
        "tract loads in      {:>9.0} us",
        begin.elapsed().as_secs_f64() * 1e6
    );
    let mut largest = 0.0f64;
    let rows = &rows[..FEW];
    for row in rows {
        largest = largest.max((onnx.score(row)? - model.score(row)).abs());
    }
    println!(
        "tract predict       {:>9.0} ns",
        per_row(rows, |row| onnx.score(row).unwrap_or(f64::NAN))
    );
    println!("largest difference of log-odds {largest:e}");
    Ok(())
}

#[cfg(not(feature = "tract"))]
fn compare(_: &ModelFile, _: &Model, _: &[Features]) -> anyhow::Result<()> {
    Ok(())
}

/// Rows of every feature, an eighth of them missing, with a label that depends on six.
fn samples() -> Samples {
    let mut state = 1u64;
    let mut unit = move || {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let mut samples = Samples {
        names: Features::NAMES.map(str::to_owned).to_vec(),
        ..Samples::default()
    };
    for row in 0..ROWS {
        let values: Vec<f32> = (0..Features::COUNT)
            .map(|_| if unit() < 0.125 { f32::NAN } else { unit() })
            .collect();
        let known = |place: usize| {
            if values[place].is_nan() {
                0.5
            } else {
                values[place]
            }
        };
        let truth =
            known(0) * known(1) + (known(2) - known(3)).abs() + known(4) * unit() - known(5) / 2.0;
        samples.push(&values, truth > 0.45, 1.0, (row % 5) as u32);
    }
    samples
}
