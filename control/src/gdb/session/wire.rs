//! The line to gdb: bytes into packets, answers out, and nothing that is no packet.
//!
//! The protocol's own crate gives up on a packet that it cannot read. Here such bytes are sorted out
//! before it sees them: what has a wrong checksum is asked for again, what is too long is refused.

use gdbstub::conn::Connection;
use parking_lot::Mutex;
use std::io;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;

/// Longest packet, in bytes, with its frame.
pub const LONGEST: usize = 16384;

/// What arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// A packet with a right checksum: `$`, its body, `#` and two digits.
    Packet(Vec<u8>),
    /// Ctrl-C.
    Interrupt,
    /// A packet whose checksum is wrong, or that is too long.
    Broken,
    /// gdb wants the last answer again.
    Again,
}

/// Cuts a stream of bytes into pieces.
#[derive(Default)]
pub struct Cutter {
    packet: Vec<u8>,
    /// Checksum digits that are still to come, once `#` was seen.
    digits: Option<u32>,
}

impl Cutter {
    /// Takes a byte; returns the piece that it completes.
    pub fn take(&mut self, byte: u8) -> Option<Piece> {
        if self.packet.is_empty() {
            match byte {
                b'$' => self.packet.push(byte),
                b'-' => return Some(Piece::Again),
                3 => return Some(Piece::Interrupt),
                _ => {}
            }
            return None;
        }
        match (byte, self.digits) {
            // A new packet begins: the end of the one before was lost.
            (b'$', _) => {
                self.packet.truncate(1);
                self.digits = None;
                return None;
            }
            (b'#', None) => self.digits = Some(2),
            (_, Some(left)) => self.digits = Some(left - 1),
            _ => {}
        }
        if self.packet.len() <= LONGEST {
            self.packet.push(byte);
        }
        if self.digits != Some(0) {
            return None;
        }
        self.digits = None;
        let packet = std::mem::take(&mut self.packet);
        let whole = packet.len() <= LONGEST && is_right(&packet);
        Some(if whole { Piece::Packet(packet) } else { Piece::Broken })
    }
}

fn is_right(packet: &[u8]) -> bool {
    let Some((frame, digits)) = packet.split_last_chunk::<2>() else { return false };
    let said = std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
    frame.len() >= 2 && said == Some(sum(&frame[1..frame.len() - 1]))
}

fn sum(body: &[u8]) -> u8 {
    body.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// A packet with this body, which holds none of the frame's characters.
pub fn packet(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    [b"$", body, format!("#{:02x}", sum(body)).as_bytes()].concat()
}

/// The body of a packet with a frame.
pub fn body(packet: &[u8]) -> &[u8] {
    packet.get(1..packet.len().saturating_sub(3)).unwrap_or_default()
}

/// Bytes as they may stand in a packet. [GDB manual, Overview, Binary Data]
pub fn escaped(bytes: &[u8]) -> Vec<u8> {
    let one = |byte: &u8| if b"#$}*".contains(byte) { vec![b'}', byte ^ 0x20] } else { vec![*byte] };
    bytes.iter().flat_map(one).collect()
}

/// The bytes that stand escaped in a packet.
pub fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut rest = bytes.iter();
    let mut one = || match rest.next()? {
        b'}' => rest.next().map(|byte| byte ^ 0x20),
        byte => Some(*byte),
    };
    std::iter::from_fn(&mut one).collect()
}

/// How bytes leave.
type Outlet = Box<dyn FnMut(&[u8]) -> io::Result<()> + Send>;

/// A connection and the answer being written to it.
pub struct Wire {
    to: Outlet,
    answer: Vec<u8>,
    last: Vec<u8>,
    /// Whether answers are dropped.
    muted: bool,
}

/// A handle on a [`Wire`]: the protocol has one, and whoever restarts the protocol another.
#[derive(Clone)]
pub struct Port(Arc<Mutex<Wire>>);

impl Port {
    /// A port on a stream of any family.
    pub fn to_stream(stream: Arc<TcpStream>) -> Self {
        Self::new(move |bytes| (&*stream).write_all(bytes))
    }

    /// A port whose answers leave by `to`.
    pub fn new(to: impl FnMut(&[u8]) -> io::Result<()> + Send + 'static) -> Self {
        let to = Box::new(to);
        Self(Arc::new(Mutex::new(Wire { to, answer: vec![], last: vec![], muted: false })))
    }

    /// Drops the answer being written and, until unmuted, all others.
    pub fn mute(&self, muted: bool) {
        let mut wire = self.0.lock();
        wire.answer.clear();
        wire.muted = muted;
    }

    /// Sends what was written.
    ///
    /// # Errors
    /// When the line is broken.
    pub fn send(&self) -> io::Result<()> {
        let mut wire = self.0.lock();
        let answer = std::mem::take(&mut wire.answer);
        if wire.muted || answer.is_empty() {
            return Ok(());
        }
        (wire.to)(&answer)?;
        wire.last = answer;
        Ok(())
    }

    /// Sends the last answer once more.
    ///
    /// # Errors
    /// When the line is broken.
    pub fn send_again(&self) -> io::Result<()> {
        let mut wire = self.0.lock();
        wire.answer = std::mem::take(&mut wire.last);
        drop(wire);
        self.send()
    }

    /// Writes and sends.
    ///
    /// # Errors
    /// When the line is broken.
    pub fn say(&self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().answer.extend_from_slice(bytes);
        self.send()
    }
}

impl Connection for Port {
    type Error = io::Error;

    fn write(&mut self, byte: u8) -> io::Result<()> {
        self.0.lock().answer.push(byte);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn pieces(bytes: &[u8]) -> Vec<Piece> {
        let mut cutter = Cutter::default();
        bytes.iter().filter_map(|byte| cutter.take(*byte)).collect()
    }

    fn whole(bytes: &[u8]) -> Piece {
        Piece::Packet(bytes.to_vec())
    }

    #[rstest]
    #[case(b"$?#3f", vec![whole(b"$?#3f")])]
    #[case(b"+$?#3F+", vec![whole(b"$?#3F")])]
    #[case(b"$?#40$?#3f", vec![Piece::Broken, whole(b"$?#3f")])]
    #[case(b"$?$?#3f", vec![whole(b"$?#3f")])]
    #[case(b"$?#$?#3f", vec![whole(b"$?#3f")])]
    #[case(b"$?#zz", vec![Piece::Broken])]
    #[case(b"$#00", vec![whole(b"$#00")])]
    #[case(b"noise\x03-", vec![Piece::Again, Piece::Interrupt].into_iter().rev().collect())]
    fn bytes_are_cut_into_pieces(#[case] bytes: &[u8], #[case] expected: Vec<Piece>) {
        assert_eq!(pieces(bytes), expected);
    }

    #[test]
    fn a_packet_that_is_too_long_is_broken_and_the_next_is_not() {
        let mut bytes = vec![b'$'];
        bytes.resize(2 * LONGEST, b'a');
        bytes.extend_from_slice(b"#00$?#3f");
        assert_eq!(pieces(&bytes), [Piece::Broken, whole(b"$?#3f")]);
    }

    #[test]
    fn bytes_survive_a_packet() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(unescaped(&escaped(&bytes)), bytes);
        let sent = packet(escaped(&bytes));
        assert_eq!(pieces(&sent), [whole(&sent)]);
        assert_eq!(unescaped(body(&sent)), bytes);
        assert_eq!(unescaped(b"a}"), b"a");
    }

    #[test]
    fn a_packet_of_ours_is_right() {
        assert_eq!(pieces(&packet("QStartNoAckMode")), [whole(b"$QStartNoAckMode#b0")]);
    }
}
