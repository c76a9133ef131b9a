//! Which classes of keys a program presses for a text: words, spaces, now and then a number or a mark.

use crate::dice::Dice;

/// The classes of about `length` characters of running text; never characters.
pub(crate) fn classes(dice: &mut Dice, length: usize) -> Vec<&'static str> {
    let mut text = Vec::with_capacity(length + 12);
    while text.len() < length {
        let number = dice.chance(0.03);
        let letters = if number {
            dice.whole(1, 4)
        } else {
            // Short words are the frequent ones.
            1 + dice.below(5) + dice.below(6)
        };
        let class = if number { "digit" } else { "letter" };
        text.extend(std::iter::repeat_n(class, letters));
        if dice.chance(0.13) {
            text.push("punct");
        }
        text.push("space");
    }
    text.pop();
    text
}
