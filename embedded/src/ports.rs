//! Loopback ports: free ones, and the ones a data folder used before.
//!
//! Ports are taken from below the kernel's range for outgoing connections (from 32768 on Linux), so that a server
//! that is stopped for a while does not find its port taken by somebody's client connection when it comes back.

use std::net::TcpListener;
use std::path::Path;

use rand::RngExt;

use crate::error::EmbeddedError;

const FIRST_PORT: u16 = 20_000;
const LAST_PORT: u16 = 32_000;
const ATTEMPTS: u32 = 200;

/// A loopback port that nobody listens on at the moment of the call.
///
/// Nothing reserves it: start the listener soon, and be ready for the rare collision.
///
/// # Errors
/// [`EmbeddedError::NoFreePort`] when a few hundred random ports were all taken.
pub fn free_port() -> Result<u16, EmbeddedError> {
    let mut random = rand::rng();
    for _ in 0..ATTEMPTS {
        let port = random.random_range(FIRST_PORT..LAST_PORT);
        if is_free(port) {
            return Ok(port);
        }
    }
    Err(EmbeddedError::NoFreePort { attempts: ATTEMPTS })
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// The ports stored in `file` if they are `N` free ones, else new ones, which are stored.
///
/// # Errors
/// [`EmbeddedError::NoFreePort`], or [`EmbeddedError::File`] when they cannot be stored.
pub(crate) fn stored_ports<const N: usize>(file: &Path) -> Result<[u16; N], EmbeddedError> {
    if let Some(ports) = read_ports(file)
        && ports.iter().all(|port| is_free(*port))
    {
        return Ok(ports);
    }
    let mut ports = [0; N];
    for index in 0..N {
        let mut port = free_port()?;
        while ports.contains(&port) {
            port = free_port()?;
        }
        ports[index] = port;
    }
    let text = ports.map(|port| port.to_string()).join("\n");
    std::fs::write(file, text).map_err(EmbeddedError::file("write", file))?;
    Ok(ports)
}

fn read_ports<const N: usize>(file: &Path) -> Option<[u16; N]> {
    let text = std::fs::read_to_string(file).ok()?;
    let ports: Result<Vec<u16>, _> = text.lines().map(str::parse).collect();
    ports.ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn ports_are_kept_while_free_and_replaced_when_taken() {
        let folder = Folder::new();
        let file = folder.path().join("ports");
        let first: [u16; 2] = stored_ports(&file).unwrap();
        assert_ne!(first[0], first[1]);
        assert_eq!(stored_ports::<2>(&file).unwrap(), first);
        let _taken = TcpListener::bind(("127.0.0.1", first[1])).unwrap();
        let second: [u16; 2] = stored_ports(&file).unwrap();
        assert!(
            !second.contains(&first[1]),
            "{second:?} still holds the taken port {}",
            first[1]
        );
        assert_eq!(stored_ports::<2>(&file).unwrap(), second);
    }
}
