//! How many files and sockets this process may have open.
//!
//! Systems start processes with a low soft limit (often 1,024) below a higher hard one, which the process may use by
//! itself. A server that bounds its connections must be able to open that many, or its bound is a lie.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit to `wanted`, as far as the hard limit allows; never lowers it. Returns the limit in force.
///
/// # Errors
/// The system's answer, when it refuses.
pub fn raise_to(wanted: u64) -> std::io::Result<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let possible = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    // No limit at all is the most there is.
    let Some(now) = current.filter(|now| *now < possible) else {
        return Ok(current.unwrap_or(u64::MAX));
    };
    debug_assert!(now < possible, "never lowered");
    let raised = Rlimit {
        current: Some(possible),
        maximum,
    };
    setrlimit(Resource::Nofile, raised)?;
    Ok(possible)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_rises_to_the_hard_one_at_most_and_never_falls() {
        let hard = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
        let low = raise_to(1).unwrap();
        assert!(low >= 1);
        assert_eq!(raise_to(low).unwrap(), low);
        let most = raise_to(u64::MAX).unwrap();
        assert_eq!(most, hard);
        assert_eq!(raise_to(1).unwrap(), most);
    }
}
