//! What a broker answers, received while the interpreter goes on: it waits for the interpreter only at the end.

use std::io::{Error, ErrorKind};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::PyByteArray;

/// So long nothing may come before the event loop is asked what else there is.
const PAUSE_MS: i32 = 2;
const LONGEST: Duration = Duration::from_millis(20);

/// Receive what comes on the socket `fd`, which does not block, into `buffer` from `filled` on, and tell how far that
/// is filled then. Ends where the buffer does, where nothing comes for a while, and where the connection does, which
/// whoever reads next is told again. Nobody else may have the buffer.
#[pyfunction]
pub fn receive(py: Python<'_>, fd: i32, buffer: &Bound<'_, PyByteArray>, filled: usize) -> usize {
    // Safety: whoever calls does not touch it meanwhile, and so nobody does.
    let whole = unsafe { buffer.as_bytes_mut() };
    let Some(rest) = whole.get_mut(filled..) else {
        return filled;
    };
    filled + py.detach(|| fill_from(fd, rest))
}

fn fill_from(fd: i32, rest: &mut [u8]) -> usize {
    let until = Instant::now() + LONGEST;
    let mut done = 0;
    while done < rest.len() && Instant::now() < until {
        let room = &mut rest[done..];
        // Safety: it writes no more than there is room for.
        let count = unsafe { libc::recv(fd, room.as_mut_ptr().cast(), room.len(), libc::MSG_DONTWAIT) };
        match usize::try_from(count) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(_) => match Error::last_os_error().kind() {
                ErrorKind::Interrupted => {}
                ErrorKind::WouldBlock if comes(fd) => {}
                _ => break,
            },
        }
    }
    done
}

/// Whether something comes within the pause.
fn comes(fd: i32) -> bool {
    let mut asked = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // Safety: there is one of them.
    unsafe { libc::poll(&mut asked, 1, PAUSE_MS) > 0 }
}
