//! How to read the report. A figure without this would claim more than was measured.

/// What stands on the first page.
pub(crate) const CAUTION: (&str, &str) = (
    "Nobody is proved to be human.",
    "Candor looks for signs of automation. A low risk says that none was found in what was seen, not that a person was there: \
     an automation that leaves no such signs looks the same.",
);

/// Notes, each a heading and a paragraph.
pub(crate) const NOTES: [(&str, &str); 5] = [
    (
        "A score is a probability, not a proof.",
        "It is calibrated on recorded sessions of people and machines. People with unusual devices, assistive technology or poor \
         connections may be suspected wrongly. Look at the reasons of a session before its answers are excluded or its payment is refused.",
    ),
    (
        "Risk is the effective risk.",
        "It is the higher of a session's own verdict and of what it shares with other sessions. Risks, classes and methods are \
         counted for sessions with a verdict; the others are shown as not yet judged.",
    ),
    (
        "A session may be counted by several methods.",
        "A method is counted where its score is one half or more. One method alone often has an innocent explanation; several that \
         agree rarely have.",
    ),
    (
        "Reasons are counted on a sample.",
        "Of the newest sessions of the period whose own verdict is of medium risk or more, at most 2000. The sentence is that of the newest session.",
    ),
    (
        "Times are UTC.",
        "The period covers whole hours, by when sessions began. Sessions that are still running may change.",
    ),
];
