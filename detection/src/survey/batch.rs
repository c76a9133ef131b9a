//! A whole survey at once.

use super::{Coordinated, Limits, Survey};
use crate::sketch::SessionSketch;

/// What each of `sketches`, the sessions of one survey, has in common with the others; partners are their places in the
/// slice. The order of the sessions does not matter.
pub fn coordinated(sketches: &[SessionSketch]) -> Vec<Vec<Coordinated>> {
    // Numbered by content, so that even bounded looks see the same whatever the order.
    let mut places: Vec<usize> = (0..sketches.len()).collect();
    places.sort_by(|a, b| sketches[*a].cmp(&sketches[*b]));
    let mut survey = Survey::new(Limits {
        max_sessions: usize::MAX,
    });
    for (number, place) in (0u64..).zip(&places) {
        survey.add(number, sketches[*place].clone());
    }
    let mut found = vec![Vec::new(); sketches.len()];
    for (number, place) in (0u64..).zip(&places) {
        let mut coordinated = survey.coordinated(number);
        for partner in coordinated.iter_mut().flat_map(|found| &mut found.partners) {
            let index = usize::try_from(*partner).ok();
            let place = index.and_then(|index| places.get(index));
            *partner = place.map_or(*partner, |place| *place as u64);
        }
        found[*place] = coordinated;
    }
    found
}
