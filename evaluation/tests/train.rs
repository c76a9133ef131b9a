//! Training: the same bytes from the same seed, and only from sessions that may teach.

use detection::Model;
use evaluation::dataset::DataSet;
use evaluation::train::{Wanted, train};
use generators::Kind;

fn wanted(seed: u64) -> Wanted {
    Wanted {
        sources: Vec::new(),
        version: "test-1".to_owned(),
        seed,
    }
}

fn simulated() -> DataSet {
    let mut set = DataSet::default();
    let kinds = [
        Kind::MouseUser,
        Kind::Typist,
        Kind::MinimumJerk,
        Kind::LinearSteps,
        Kind::Spring,
    ];
    set.simulate_kinds(&kinds, 4, 3);
    set
}

#[test]
fn equal_seeds_give_equal_bytes_and_the_model_says_what_it_was_made_of() {
    let set = simulated();
    let one = train(&set, &wanted(3)).unwrap().file;
    let two = train(&simulated(), &wanted(3)).unwrap().file;
    assert_eq!(one.encode(), two.encode());
    assert!(Model::decode(&one.encode()).is_ok());
    let [data] = one.metadata.data.as_slice() else {
        panic!("one source: {:?}", one.metadata.data);
    };
    assert_eq!(
        (data.name.as_str(), data.licence.as_str()),
        ("candor_generators", "own")
    );
    assert!(data.people > 0 && data.bots > 0);
    assert_eq!(one.metadata.seed, 3);
    let figures = &one.metadata.metrics;
    assert!(
        figures.contains_key("recall, left out: linear_steps"),
        "{figures:?}"
    );
}

#[test]
fn sessions_whose_licence_forbids_it_do_not_teach() {
    let mut set = simulated();
    for (place, session) in set.sessions.iter_mut().enumerate() {
        session.licence =
            [Some("GPL-3"), Some("non-commercial"), None][place % 3].map(str::to_owned);
    }
    let failed = train(&set, &wanted(3)).unwrap_err();
    assert_eq!(failed.reason, "no session may teach");
    assert_eq!(failed.left_aside.len(), 3, "{:?}", failed.left_aside);
    for reason in ["GPL-3", "non-commercial", "no licence is stated"] {
        assert!(
            failed.left_aside.iter().any(|said| said.contains(reason)),
            "{reason}"
        );
    }
}
