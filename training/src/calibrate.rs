//! Calibration: from scores of rows that were left out to probabilities.

use detection::model::Calibration;

use crate::boost::sigmoid;

/// Most points of a curve.
const MOST_POINTS: usize = 64;
/// Nothing is ever certain: a block of rows of one class stays this far from 0 and 1, in rows.
const DOUBT: f64 = 1.0;

/// One row that was left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Its log-odds.
    pub score: f64,
    /// Whether it is a bot.
    pub is_bot: bool,
    /// Its weight.
    pub weight: f64,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    scores: f64,
    bots: f64,
    weight: f64,
    rows: f64,
}

impl Block {
    fn mean(&self) -> f64 {
        self.bots / self.weight
    }

    fn join(&mut self, other: Self) {
        self.scores += other.scores;
        self.bots += other.bots;
        self.weight += other.weight;
        self.rows += other.rows;
    }
}

/// Isotonic regression by pooling adjacent violators (Ayer et al., 1955), as points at the blocks' mean scores. Small
/// blocks are pooled first, so that no point stands on a few rows.
pub fn isotonic(rows: &[Scored]) -> Calibration {
    let mut sorted = rows.to_vec();
    sorted.sort_by(|a, b| a.score.total_cmp(&b.score));
    let least = sorted.len().div_ceil(MOST_POINTS).max(1) as f64;
    let mut blocks: Vec<Block> = Vec::new();
    for row in sorted {
        let one = Block {
            scores: row.score * row.weight,
            bots: if row.is_bot { row.weight } else { 0.0 },
            weight: row.weight,
            rows: 1.0,
        };
        match blocks.last_mut() {
            Some(last) if last.rows < least => last.join(one),
            _ => blocks.push(one),
        }
    }
    let mut pooled: Vec<Block> = Vec::new();
    for block in blocks {
        pooled.push(block);
        while let [.., before, last] = pooled.as_mut_slice() {
            if before.mean() < last.mean() {
                break;
            }
            before.join(*last);
            pooled.pop();
        }
    }
    points(&pooled)
}

/// Points at the blocks; equal scores make one point, and probabilities are pulled in from 0 and 1.
fn points(blocks: &[Block]) -> Calibration {
    let (mut scores, mut probabilities): (Vec<f32>, Vec<f32>) = (Vec::new(), Vec::new());
    let mut highest = 0.0f32;
    for block in blocks {
        let score = (block.scores / block.weight) as f32;
        let probability = (block.mean() * block.rows + DOUBT / 2.0) / (block.rows + DOUBT);
        highest = highest.max(probability as f32);
        match scores.last() {
            Some(last) if *last >= score => {
                *probabilities.last_mut().unwrap_or(&mut highest) = highest
            }
            _ => {
                scores.push(score);
                probabilities.push(highest);
            }
        }
    }
    Calibration::Points {
        scores,
        probabilities,
    }
}

/// Platt's curve: slope and offset that lose least log-loss, by Newton's method with halved steps, on labels pulled in
/// from 0 and 1 as he proposes.
pub fn platt(rows: &[Scored]) -> Calibration {
    let count = |is_bot| rows.iter().filter(|row| row.is_bot == is_bot).count() as f64;
    let (bots, people) = (count(true), count(false));
    let target = |row: &Scored| {
        if row.is_bot {
            (bots + 1.0) / (bots + 2.0)
        } else {
            1.0 / (people + 2.0)
        }
    };
    let loss = |slope: f64, offset: f64| -> f64 {
        let of = |row: &Scored| {
            let odds = slope * row.score + offset;
            row.weight * (odds.max(0.0) - odds * target(row) + (-odds.abs()).exp().ln_1p())
        };
        rows.iter().map(of).sum()
    };
    let (mut slope, mut offset) = (1.0, 0.0);
    for _ in 0..100 {
        let (mut g1, mut g0, mut h11, mut h10, mut h00) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
        for row in rows {
            let p = sigmoid(slope * row.score + offset);
            let (error, curve) = (row.weight * (p - target(row)), row.weight * p * (1.0 - p));
            g1 += error * row.score;
            g0 += error;
            h11 += curve * row.score * row.score;
            h10 += curve * row.score;
            h00 += curve;
        }
        let determinant = h11 * h00 - h10 * h10;
        let (d1, d0) = (
            (h00 * g1 - h10 * g0) / determinant,
            (h11 * g0 - h10 * g1) / determinant,
        );
        let (held, mut step) = (loss(slope, offset), 1.0);
        while step > 1e-6 && loss(slope - step * d1, offset - step * d0) >= held {
            step /= 2.0;
        }
        if step <= 1e-6 {
            break;
        }
        (slope, offset) = (slope - step * d1, offset - step * d0);
    }
    Calibration::Platt {
        slope: slope.max(0.0) as f32,
        offset: offset as f32,
    }
}
