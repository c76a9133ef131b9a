//! Each test fires on its mechanism, and is silent on people of every kind.

mod drawings;
mod people;
mod presses;
mod script;
mod ways;
